import type { PbxkitError } from '../errors.js'
import type { Sensor } from '../sensors/sensor.js'
import { escapeControlsInLines } from './terminal-text.js'

/**
 * Says which sensors failed, on stderr, and sets the exit status of the first; where only one was asked, its failure is that of the command.
 * @throws that failure
 */
export function reportSensorFailures(
  outcomes: readonly { readonly sensor: Sensor; readonly error?: PbxkitError | undefined }[],
  { quiet = false, partly = false }: { quiet?: boolean; partly?: boolean } = {}
): void {
  for (const { sensor, error } of outcomes) {
    if (!error) continue
    if (outcomes.length === 1 && !partly) throw error
    process.exitCode ??= error.exit
    // Said even with --quiet: that something is missing is no remark.
    process.stderr.write(`pbxkit: ${escapeControlsInLines(`${sensor.name}: ${error.message}`)}\n`)
    if (error.hint && !quiet) process.stderr.write(`${escapeControlsInLines(error.hint)}\n`)
  }
}

/** A failure as JSON has it. */
export function errorObject({ code, message, exit }: PbxkitError): Record<string, unknown> {
  return { code, message, exit }
}

/** An answer as JSON has it: bytes that are no text stay exact as base64. */
export function replyObject(bytes: Buffer): Record<string, unknown> {
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? { reply: text } : { reply: text, replyBase64: bytes.toString('base64') }
}
