import { MemoryFiles } from '../../../../../src/lib/asterisk-config/files.js'
import { loadTraceFiles, makeScene, type SceneOptions } from '../../../../../src/lib/dialplan/trace/load-scene.js'
import type { Trace } from '../../../../../src/lib/dialplan/trace/result.js'
import { type CallOptions, traceCall } from '../../../../../src/lib/dialplan/trace/trace-call.js'

/** Traces a call to `s` in the context `c` of a dialplan. */
export function play(
  files: string | Record<string, string>,
  options: Partial<CallOptions> = {},
  scene: SceneOptions = { now: new Date('2026-11-21T12:00:00Z'), timeZone: 'UTC', random: () => 0.5 }
): Trace {
  const all = typeof files === 'string' ? { 'extensions.conf': files } : files
  const context = options.from === undefined ? { context: 'c' } : {}
  return traceCall(makeScene(loadTraceFiles(new MemoryFiles(all)), scene), { number: 's', ...context, ...options })
}

/** The priorities of `s` in `c`. */
export function steps(...all: string[]): string {
  return `[c]\nexten => s,1,${all[0]}\n${all
    .slice(1)
    .map((one) => ` same => n,${one}\n`)
    .join('')}`
}

/** `s@c:1 NoOp(x)`, of the caller's leg. */
export function shown({ steps: all }: Trace): string[] {
  return all
    .filter(({ leg }) => leg === 0)
    .map(
      ({ extension, context, priority, application, appData }) => `${extension}@${context}:${priority} ${application}(${appData})`
    )
}

/** What a NoOp with this data shows. */
export function noOpOf(text: string, before: string[] = [], options: Partial<CallOptions> = {}, scene?: SceneOptions): string {
  return play(steps(...before, `NoOp(${text})`), options, scene).steps.at(-1)!.appData
}
