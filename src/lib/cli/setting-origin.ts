import fs from 'node:fs'

/** Where a flag's value comes from, when it is not the default. */
export type SettingOrigin =
  | { kind: 'flag' }
  | { kind: 'environment'; name: string }
  /** The name of a layer: the file, with its profile. */
  | { kind: 'file'; source: string }

/** The file and the section of a layer's name. */
export function placeOfSource(source: string): { file: string; section: string } {
  const match = /^(.*) \[(profile .*)\]$/.exec(source)
  return match ? { file: match[1]!, section: match[2]! } : { file: source, section: '' }
}

/** `file:line` of a setting, for messages; the name of its layer where its line is not to be found. */
export function placeOfSetting(source: string, key: string): string {
  const { file, section } = placeOfSource(source)
  const line = lineOfSetting(file, section, key)
  return line === undefined ? source : `${file}:${line}`
}

/**
 * The line of an ini file that has a setting, the last when there are several: it counts. Undefined when there is none.
 * @param section empty: the top of the file
 */
export function lineOfSetting(file: string, section: string, key: string): number | undefined {
  let title = ''
  let found: number | undefined
  for (const [index, line] of fs.readFileSync(file, 'utf8').split(/\r?\n/).entries()) {
    const heading = /^\s*\[([^\]]*)\]/.exec(line)
    if (heading) title = heading[1]!.trim()
    else if (title === section && /^\s*(?:"([^"]*)"|([^=]*?))(?:\[\])?\s*(?:=|$)/.exec(line)?.slice(1).includes(key))
      found = index + 1
  }
  return found
}
