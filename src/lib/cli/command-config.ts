import fs from 'node:fs'
import path from 'node:path'
import pjson from '../../../package.json'
import { type Command, Config, setLogger } from './oclif.js'

/** What a run of one command asks of oclif's configuration. The whole one reads half a megabyte of manifest, which only help and completion need. */
export class CommandConfig extends Config {
  /** @param root the folder of package.json and the manifest */
  constructor(root: string) {
    super({ root })
    this.root = root
    this.pjson = pjson as unknown as Config['pjson']
    this.name = pjson.name
    this.bin = pjson.oclif.bin
    this.version = pjson.version
    if (!process.env.DEBUG) setLogger({ root, logger: silent })
  }

  /** All commands with their flags, as the manifest has them. */
  override get commands(): Command.Loadable[] {
    const text = fs.readFileSync(path.join(this.root, 'oclif.manifest.json'), 'utf8')
    return Object.values((JSON.parse(text) as { commands: Record<string, Command.Loadable> }).commands)
  }

  /** We have none. */
  override async runHook(): Promise<{ failures: []; successes: [] }> {
    return { failures: [], successes: [] }
  }
}

const nothing = () => {}
/** Without DEBUG nobody reads what oclif has to say of itself, and its logger is a package with packages of its own. */
const silent = {
  ...{ debug: nothing, error: nothing, info: nothing, trace: nothing, warn: nothing },
  child: () => silent,
  namespace: 'oclif'
}
