import { loadCatalog } from '../../ami/catalog/catalog.js'
import { bashCompletion } from './bash.js'
import { fishCompletion } from './fish.js'
import { completionModel, type ManifestCommand, type ManifestTopic } from './model.js'
import { zshCompletion } from './zsh.js'

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** The completion script of a shell. @param config the commands and topics, as oclif has read them from the manifest */
export async function renderCompletion(
  shell: keyof typeof scripts,
  config: { commands: readonly ManifestCommand[]; topics: readonly ManifestTopic[] }
): Promise<string> {
  return scripts[shell](completionModel(config.commands, config.topics, await loadCatalog()))
}
