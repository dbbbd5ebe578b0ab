import type { ConfigFiles } from '../../asterisk-config/files.js'
import { type LoadedConfig, loadConfig } from '../../asterisk-config/load.js'
import type { Dialplan } from '../dialplan.js'

/** By where they were read: the files of a trace do not change while it lasts. */
const read = new WeakMap<ConfigFiles, Map<string, LoadedConfig>>()

/** A file that a dialplan reads at a call. It is read once for all calls that are traced: one with 10,000 numbers takes longer than all of the call. */
export function readConfigFile(file: string, files: ConfigFiles): LoadedConfig {
  const known = read.get(files) ?? new Map<string, LoadedConfig>()
  read.set(files, known)
  const config = known.get(file) ?? loadConfig(file, files)
  known.set(file, config)
  return config
}

const reading = /\bAST_CONFIG\(\s*([^,${}()\s]+)\s*,/g

/** Reads all that a dialplan names outright, before the first call. */
export function readConfigFiles(dialplan: Dialplan, files: ConfigFiles): void {
  const names = new Set<string>()
  for (const { extensions } of dialplan.contexts.values())
    for (const { priorities } of extensions)
      for (const { data } of priorities) for (const [, name] of data.matchAll(reading)) names.add(name!)
  for (const name of names) readConfigFile(name, files)
}
