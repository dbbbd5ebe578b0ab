import type { Scenario } from '../verdict.js'
import { answerScenarios } from './answers.js'
import { formatScenarios } from './formats.js'
import { loginScenarios } from './login.js'
import { proxyActionScenarios } from './proxy-actions.js'
import { serverScenarios } from './servers.js'

/** The recordings that are replayed exchange by exchange. */
export const scenarios: readonly Scenario[] = [
  ...loginScenarios,
  ...proxyActionScenarios,
  ...answerScenarios,
  ...formatScenarios,
  ...serverScenarios
]
