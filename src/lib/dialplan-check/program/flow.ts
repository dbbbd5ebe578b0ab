import type { Place, Resolution } from './resolve.js'
import type { Call, Step } from './step.js'
import { branchPair, conditionAndRest, type Target } from './targets.js'

/** A target with what it was resolved to. */
export interface Reference {
  readonly step: Step
  readonly target: Target
  readonly resolution: Resolution
}

/** Where a step may go on. */
export interface Flow {
  /** By a Goto, resolved. */
  readonly jumps: readonly Place[]
  /** Somewhere that is not known here. */
  readonly isOpen: boolean
  /** The next priority. */
  readonly fallsThrough: boolean
  /** It ends the call or the subroutine on purpose. */
  readonly isEnd: boolean
}

/** Applications behind which no step follows: the call ends, or goes elsewhere. Busy and Congestion return -1 whatever they are given (pbx_builtins.c). */
const ends = new Set(['hangup', 'return', 'busy', 'congestion'])
/** The same, and what comes then is beyond us. */
const leaves = new Set(['goto', 'continuewhile', 'exitwhile', 'raiseexception', 'macroexit', 'park', 'parkandannounce'])

/** @param references those of this step */
export function flowOf(step: Step, references: readonly Reference[], hasTimeout: () => boolean): Flow {
  const gotos = references.filter(({ target }) => target.kind === 'goto' && isJump(target.call))
  const jumps = gotos.flatMap(({ resolution }) => resolution.places)
  const isOpen = gotos.some(({ resolution }) => resolution.isOpen || resolution.missing !== undefined)
  const [outer, ...inner] = step.calls
  if (!outer) return { jumps, isOpen, fallsThrough: true, isEnd: false }
  if (ends.has(outer.key)) return { jumps, isOpen, fallsThrough: false, isEnd: true }
  if (leaves.has(outer.key)) return { jumps, isOpen: isOpen || outer.key !== 'goto', fallsThrough: false, isEnd: false }
  // Behind a StackPop nobody waits for a Return.
  if (outer.key === 'stackpop') return { jumps, isOpen: true, fallsThrough: true, isEnd: false }
  if (outer.key === 'waitexten') return { jumps, isOpen: true, fallsThrough: !hasTimeout(), isEnd: false }
  if (outer.key === 'gotoif' || outer.key === 'gotoiftime') {
    const { yes, no } = branchPair(step, outer)
    const always = constantOf(step, outer)
    const fallsThrough = always === undefined ? !yes || !no : always ? !yes : !no
    return { jumps, isOpen, fallsThrough, isEnd: false }
  }
  if (outer.key === 'execif' && inner.length === 2 && inner.every(({ key }) => ends.has(key) || key === 'goto')) {
    return { jumps, isOpen, fallsThrough: false, isEnd: jumps.length === 0 }
  }
  return { jumps, isOpen, fallsThrough: true, isEnd: false }
}

function isJump({ key }: Call): boolean {
  return key === 'goto' || key === 'gotoif' || key === 'gotoiftime'
}

/** `GotoIf(1?…)`. */
function constantOf(step: Step, call: Call): boolean | undefined {
  const text = conditionAndRest(step, call)[0]?.text.trim()
  if (call.key !== 'gotoif' || text === undefined || text.includes('$')) return undefined
  return text !== '' && text !== '0'
}
