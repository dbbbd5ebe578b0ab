import type { FunctionTable } from './evaluation.js'
import { channelFunctions } from './functions/channel.js'
import { dialplanFunctions } from './functions/dialplan.js'
import { listFunctions } from './functions/lists.js'
import { logicFunctions } from './functions/logic.js'
import { mathFunctions } from './functions/math.js'
import { pjsipFunctions } from './functions/pjsip.js'
import { stringFunctions } from './functions/strings.js'
import { timeFunctions } from './functions/time.js'

/** The functions whose values are worked out here. Case counts in their names, as in Asterisk. */
export const knownFunctions: FunctionTable = Object.assign(
  Object.create(null) as FunctionTable,
  channelFunctions,
  dialplanFunctions,
  listFunctions,
  logicFunctions,
  mathFunctions,
  pjsipFunctions,
  stringFunctions,
  timeFunctions
)
