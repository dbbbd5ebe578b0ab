import { type ConfigFiles, resolvePath } from '../../asterisk-config/files.js'
import { loadConfigStrictly } from '../../asterisk-config/load.js'
import { encode } from '../../asterisk-config/text.js'
import { ConfigError } from '../../errors.js'
import type { Dialplan } from '../dialplan.js'
import { readDialplan } from '../read-dialplan.js'
import type { EndpointDirectory } from '../variables/endpoint-directory.js'
import type { Scene } from '../variables/evaluation.js'
import { readConfigFiles } from '../variables/read-config.js'
import { loadEndpoints } from './load-endpoints.js'

/** What was read of a folder: it can play many calls. */
export interface LoadedDialplan {
  readonly dialplan: Dialplan
  readonly endpoints: EndpointDirectory
  readonly files: ConfigFiles
}

export interface SceneOptions {
  /** Values of functions, by the call as it is written. Those of `DB(family/key)` are AstDB's. */
  readonly given?: ReadonlyMap<string, string>
  readonly globals?: ReadonlyMap<string, string>
  /** Default: now. */
  readonly now?: Date
  readonly timeZone?: string
  readonly random?: () => number
}

/** Reads extensions.conf, with the hints of PJSIP's wizard, and PJSIP's endpoints. @throws ConfigError when extensions.conf is missing or cannot be read whole */
export function loadTraceFiles(files: ConfigFiles): LoadedDialplan {
  if (files.read(resolvePath(files, 'extensions.conf')) === undefined)
    throw new ConfigError(`There is no extensions.conf in ${files.folder}`, {
      hint: "Name the folder of Asterisk's configuration."
    })
  const config = loadConfigStrictly('extensions.conf', files)
  const { directory, hintSections } = loadEndpoints(files)
  const dialplan = readDialplan({ ...config, sections: [...config.sections, ...hintSections] })
  readConfigFiles(dialplan, files)
  return { dialplan, endpoints: directory, files }
}

/** What a call is played in; one for each call, since a call may change globals and AstDB. */
export function makeScene({ dialplan, endpoints, files }: LoadedDialplan, options: SceneOptions = {}): Scene {
  const given = new Map([...(options.given ?? [])].map(([name, value]) => [encode(name), encode(value)]))
  const database = new Map(
    [...given].flatMap(([name, value]) => (name.startsWith('DB(') ? [[name.slice(3, -1), value] as const] : []))
  )
  for (const key of database.keys()) given.delete(`DB(${key})`)
  const globals = [...dialplan.globals, ...(options.globals ?? [])].map(([name, value]) => [encode(name), encode(value)] as const)
  return {
    dialplan,
    endpoints,
    files,
    given,
    database,
    globals: new Map(globals),
    now: options.now ?? new Date(),
    timeZone: options.timeZone,
    random: options.random ?? Math.random
  }
}
