import { unwrapped } from './help-text.js'
import { Config } from './oclif.js'

/** All commands and topics, as oclif reads them from the manifest. @param root the folder of package.json and the manifest */
export async function loadWholeConfig(root: string): Promise<Config> {
  const config = await Config.load(root)
  for (const command of config.commands) if (command.description) command.description = unwrapped(command.description)
  return config
}
