import type { Application, ApplicationTable } from './application.js'
import { callerApplications } from './applications/caller.js'
import { dialApplications } from './applications/dial.js'
import { flowApplications } from './applications/flow.js'
import { loopApplications } from './applications/loops.js'
import { serviceApplications } from './applications/services.js'
import { subroutineApplications } from './applications/subroutines.js'

const all: ApplicationTable = {
  ...serviceApplications,
  ...callerApplications,
  ...dialApplications,
  ...flowApplications,
  ...loopApplications,
  ...subroutineApplications
}

const byLowerCase = new Map(Object.entries(all).map(([name, run]) => [name.toLowerCase(), { name, run }]))

/** An application that is simulated, in Asterisk's spelling; names have no case. */
export function findApplication(name: string): { readonly name: string; readonly run: Application } | undefined {
  return byLowerCase.get(name.toLowerCase())
}
