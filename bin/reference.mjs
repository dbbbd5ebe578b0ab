// Writes docs/commands.md and docs/reference/, the command reference, from oclif.manifest.json. `--check` writes nothing and exits 1 when the
// committed pages are not what the manifest gives.
import { commands, commonFlags, flagNames, flagText, flagValue, statuses, topics, writePages } from './manifest.mjs'

const made = '<!-- Made by bin/reference.mjs from oclif.manifest.json. Do not edit: npm run build -->'

/** Text between marks of code stays; elsewhere what Markdown would take for a mark or a tag is escaped. */
function markdown(text) {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replace(/(?<!^)\*/gm, '\\*')))
    .join('')
}

/** A cell of a table ends at a bar, in code too. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function flagRow(flag) {
  const value = flagValue(flag)
  const names = flagNames(flag).map((name) => `\`${name}\``)
  const last = value === undefined ? names.pop() : `${names.pop().slice(0, -1)} ${value}\``
  const bonds = [
    ...(flag.exclusive?.length ? [`Not with ${flag.exclusive.map((name) => `--${name}`).join(', ')}.`] : []),
    ...(flag.dependsOn?.length ? [`Needs ${flag.dependsOn.map((name) => `--${name}`).join(', ')}.`] : [])
  ]
  const text = [flagText(flag).replace(bonds.length > 0 ? /([^.])$/ : /$^/, '$1.'), ...bonds].join(' ')
  return `| ${cell([...names, last].join(', '))} | ${cell(markdown(text))} |`
}

const table = (rows, first = 'flag') => [`| ${first} | |`, '|---|---|', ...rows].join('\n')

/** Flags of one group under its name; those without a group come first. */
function flagTables(flags) {
  return [...grouped(flags)]
    .sort(([a], [b]) => Number(a !== '') - Number(b !== ''))
    .flatMap(([group, members]) => [
      ...(group === '' ? [] : [`${group[0]}${group.slice(1).toLowerCase()}:`]),
      table(members.map(flagRow))
    ])
}

/** Node 20 has no Map.groupBy. */
function grouped(flags) {
  const groups = new Map()
  for (const flag of flags) groups.set(flag.helpGroup ?? '', [...(groups.get(flag.helpGroup ?? '') ?? []), flag])
  return groups
}

const exampleLine = ({ said, line }) => `${said === undefined ? '' : `# ${said}\n`}${line}`

function section({ words, usage, args, summary, description, flags, examples }) {
  const given = args.filter(({ description: text }) => text)
  return [
    `## ${words}`,
    markdown(summary),
    `    pbxkit ${[words, ...usage, '[FLAG ...]'].join(' ')}`,
    markdown(description.trim()),
    ...(given.length > 0
      ? [
          table(
            given.map(({ name, description: text }) => `| \`${name.toUpperCase()}\` | ${cell(markdown(text))} |`),
            'argument'
          )
        ]
      : []),
    ...flagTables(flags),
    `\`\`\`sh\n${examples.map(exampleLine).join('\n')}\n\`\`\``
  ].join('\n\n')
}

const saidOf = (name) => topics.find((topic) => topic.name === name)?.said
const names = [...new Set(commands.map(({ topic }) => topic))]
const summaryOf = ({ words, summary, topic }) =>
  `| [\`${words}\`](reference/${topic}.md#${words.replaceAll(' ', '-')}) | ${cell(markdown(summary))} |`

const references = names.map((name) => {
  const own = commands.filter(({ topic }) => topic === name)
  const title = saidOf(name) ?? own[0].summary.replace(/\.$/, '')
  const intro = `${markdown(title)}. The flags that every command has, and the exit statuses: [commands](../commands.md).`
  return [`docs/reference/${name}.md`, `${[made, `# pbxkit ${name}`, intro, ...own.map(section)].join('\n\n')}\n`]
})

const index = `${made}

# Commands

Data goes to standard output, everything else to standard error. A value that is missing is asked for on a terminal, never in a pipe (status 64 says which flag it is). A service stays in the
foreground and says one line that begins with \`ready\`; SIGHUP reloads it, SIGTERM and SIGINT end it.

${names
  .map((name) => {
    const rows = commands.filter(({ topic }) => topic === name).map(summaryOf)
    return `## ${name}\n\n${saidOf(name) === undefined ? '' : `${markdown(saidOf(name))}.\n\n`}${table(rows, 'command')}`
  })
  .join('\n\n')}

## Flags of every command

${table([...commonFlags.map(flagRow), '| `-h`, `--help` | show help |'])}

## Where values come from

A flag that was typed, then the environment (\`PBXKIT_\` and its name: \`PBXKIT_LOG_LEVEL\` for \`--log-level\`), then the file of \`--config\`, \`$XDG_CONFIG_HOME/pbxkit/config.ini\`
(\`~/.config\`), \`/etc/pbxkit/config.ini\`. Within a file, the section \`[profile NAME]\` that \`--profile\` names goes before the rest. Secrets come from files, \`PBXKIT_SECRET\` and its like, standard
input or a prompt.

| variable | |
|---|---|
| \`PBXKIT_SECRET\` | the secret to log in with |
| \`NO_COLOR\`, \`FORCE_COLOR\` | no colours, or colours in a pipe |
| \`NOTIFY_SOCKET\` | services tell systemd when they are ready, reload and stop |
| \`XDG_RUNTIME_DIR\` | control sockets of services are in its folder \`pbxkit\`, else in \`/run/pbxkit\` |

## Exit status

| status | |
|---|---|
${statuses.map(([status, text]) => `| ${status} | ${cell(text)} |`).join('\n')}

With \`--warn\` or \`--crit\` a command is a Nagios plugin instead: 0, 1, 2, 3, and 2 when the peer cannot be reached.
`

writePages({ 'docs/commands.md': index, ...Object.fromEntries(references) }, 'docs/reference')
