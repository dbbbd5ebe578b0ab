import { csvOutput } from './csv.js'
import type { InputFormat, OutputFormat } from './format.js'
import { jsonInput } from './json-input.js'
import { jsonOutput } from './json-output.js'
import { standardInput, standardOutput } from './standard.js'
import { xmlInput } from './xml-input.js'
import { xml122Output, xmlOutput } from './xml-output.js'

export { sseOutput } from './sse.js'

const outputFormats: ReadonlyMap<string, OutputFormat> = new Map(
  [xmlOutput, csvOutput, standardOutput, jsonOutput].map((format) => [format.name, format])
)

/** What `OutputFormat:` may be, in the order of astmanproxy's ListIOHandlers. */
export const outputFormatNames: readonly string[] = [...outputFormats.keys()]

/** What a client's bytes may be, in the order of astmanproxy's ListIOHandlers. */
export const inputFormats = { xml: xmlInput, standard: standardInput, json: jsonInput } as const satisfies Record<
  string,
  InputFormat
>

/** @param name as a user writes it, in any case; the same object for the same format */
export function inputFormat(name: string): InputFormat | undefined {
  return Object.values<InputFormat>(inputFormats).find((format) => format.name === name.toLowerCase())
}

/**
 * @param name as in `OutputFormat:`, in any case
 * @param options.xmlCompat `1.22`: XML with astmanproxy's rule of 30 characters, a format of another name
 * @returns the same object for the same format; undefined for a name that is none
 */
export function outputFormat(name: string, { xmlCompat }: { xmlCompat?: '1.22' | undefined } = {}): OutputFormat | undefined {
  const format = outputFormats.get(name.toLowerCase())
  return format === xmlOutput && xmlCompat === '1.22' ? xml122Output : format
}
