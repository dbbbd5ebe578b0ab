import { BaseCommand } from '../lib/cli/base-command.js'
import { Args } from '../lib/cli/oclif.js'

const shells = ['bash', 'zsh', 'fish'] as const

export default class Completion extends BaseCommand<typeof Completion> {
  static override summary = 'Print the script with which a shell completes pbxkit.'

  static override description =
    `Takes the place of a plugin that is asked at every Tab: the script holds the commands, flags and values of this release, and for \`ami send\` the actions and fields
of Asterisk's own documentation. A Tab starts no program. Print it anew after an upgrade.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> bash > ~/.local/share/bash-completion/completions/pbxkit',
    '<%= config.bin %> <%= command.id %> zsh > ~/.zsh/completions/_pbxkit',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/pbxkit.fish'
  ]

  static override args = {
    shell: Args.string({ description: 'bash, zsh or fish', options: [...shells], required: true })
  }

  protected override async execute(): Promise<void> {
    const { renderCompletion } = await import('../lib/cli/completion/render.js')
    const { HelpConfig } = await import('../lib/cli/help-config.js')
    const shell = this.args.shell as (typeof shells)[number]
    const script = await renderCompletion(shell, {
      commands: this.config.commands,
      topics: new HelpConfig(this.config.root, []).topics
    })
    await (this.flags.json ? this.out.json({ shell, script }) : this.out.write(script))
  }
}
