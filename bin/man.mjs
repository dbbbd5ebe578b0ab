// Writes docs/pbxkit.1, the man page, from oclif.manifest.json. `--check` writes nothing and exits 1 when the committed page is not what the manifest gives.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const read = (name) => JSON.parse(fs.readFileSync(path.join(root, name), 'utf8'))
const { commands } = read('oclif.manifest.json')
const { version, description, oclif } = read('package.json')

/** roff: a backslash is its escape, a point or a quote at the start of a line is a request, and a bare - is a hyphen that nobody can copy. */
function roff(text) {
  return text
    .replaceAll('\\', '\\(rs')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/^([.'])/gm, '\\&$1')
    .replace(/[^\x00-\x7f]/gu, (character) => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`)
}

/** Text of a description: its paragraphs filled, and the marks of code taken as they are. */
function prose(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) =>
      paragraph
        .split('\n')
        .map((line) => roff(line.trim()))
        .join('\n')
    )
    .join('\n.PP\n')
}

function flagEntry(flag) {
  const names = [
    ...(flag.char ? [`-${flag.char}`] : []),
    `--${flag.name}`,
    ...(flag.allowNo ? [`--no-${flag.name}`] : []),
    ...(flag.aliases ?? []).map((name) => `--${name}`)
  ]
  const value = flag.type === 'boolean' ? '' : ` \\fI${roff(String(flag.helpValue ?? (flag.options ? 'WORD' : 'VALUE')))}\\fR`
  const facts = [
    ...(flag.options ? [`One of ${flag.options.join(', ')}.`] : []),
    ...(flag.default !== undefined && flag.type !== 'boolean' ? [`Default: ${flag.default}.`] : [])
  ]
  const text = [flag.description ?? '', ...facts].filter(Boolean).join('. ').replaceAll('..', '.')
  return `.TP\n\\fB${names.map(roff).join('\\fR, \\fB')}\\fR${value}\n${prose(text)}`
}

const all = Object.values(commands)
  .filter(({ hidden }) => !hidden)
  .sort((a, b) => (a.id < b.id ? -1 : 1))
const shown = (flags) => Object.values(flags).filter(({ hidden }) => !hidden)
// What every command has is said once.
const common = shown(all[0].flags).filter(({ name, description: said }) =>
  all.every(({ flags }) => flags[name]?.description === said)
)
const isCommon = ({ name }) => common.some((flag) => flag.name === name)

function commandSection(command) {
  const words = command.id.replaceAll(':', ' ')
  const args = Object.values(command.args).map(({ name, required, multiple }) => {
    const shownName = `${name.toUpperCase()}${multiple ? '...' : ''}`
    return required ? shownName : `[${shownName}]`
  })
  const fill = (text) => text.replaceAll('<%= config.bin %>', 'pbxkit').replaceAll('<%= command.id %>', words)
  const examples = command.examples.map((example) => fill(typeof example === 'string' ? example : example.command))
  return [
    `.SS "pbxkit ${roff(words)}${args.length > 0 ? ` ${roff(args.join(' '))}` : ''}"`,
    prose(`${command.summary ?? ''}\n\n${fill(command.description ?? '')}`),
    ...Object.values(command.args).map(
      ({ name, description: said = '' }) => `.TP\n\\fI${roff(name.toUpperCase())}\\fR\n${prose(said || name)}`
    ),
    ...shown(command.flags)
      .filter((flag) => !isCommon(flag))
      .map(flagEntry),
    ...(examples.length > 0 ? ['.PP\nExamples:', '.PP', '.nf', '.RS 4', ...examples.map(roff), '.RE', '.fi'] : [])
  ].join('\n')
}

/** The exit statuses of sysexits that all commands share (src/lib/errors.ts). */
const statuses = [
  [0, 'Done.'],
  [1, 'Done, and the answer is "no": an error of Asterisk, findings of a check, accounts that are not registered.'],
  [64, 'The command line is wrong.'],
  [65, 'The data is wrong.'],
  [69, 'Nobody answers there.'],
  [70, 'A bug of pbxkit.'],
  [74, 'Reading or writing failed.'],
  [75, 'No answer in time; try again later.'],
  [76, 'The peer does not speak the protocol.'],
  [77, 'The login was refused, or the key is wrong.'],
  [78, 'The configuration is wrong.'],
  [130, 'Interrupted.']
]

const topics = Object.entries(oclif.topics).map(
  ([name, { description: said }]) => `.TP\n\\fB${roff(name.replaceAll(':', ' '))}\\fR\n${prose(said)}.`
)

const page = `.\\" Made by bin/man.mjs from oclif.manifest.json. Do not edit: npm run build
.TH PBXKIT 1 "" "pbxkit ${version}" "User Commands"
.SH NAME
pbxkit \\- ${roff(description)}
.SH SYNOPSIS
.B pbxkit
.I COMMAND
.RI [ ARGUMENT " ...]"
.RI [ FLAG " ...]"
.br
.B pbxkit help
.RI [ COMMAND ]
.br
.B pbxkit \\-\\-version
.SH DESCRIPTION
One command\\-line toolkit for Asterisk and the programs around it. Its commands are in topics:
${topics.join('\n')}
.PP
Data goes to standard output, everything else to standard error. A value that is missing is asked for on a terminal, never in a pipe.
A service stays in the foreground and says one line that begins with \\(lqready\\(rq; SIGHUP reloads it, SIGTERM and SIGINT end it.
.SH COMMON FLAGS
${common.map(flagEntry).join('\n')}
.TP
\\fB\\-h\\fR, \\fB\\-\\-help\\fR
show help
.SH COMMANDS
${all.map(commandSection).join('\n')}
.SH ENVIRONMENT
.TP
\\fBPBXKIT_\\fR\\fIFLAG\\fR
The value of a flag that was not typed: PBXKIT_LOG_LEVEL for \\-\\-log\\-level.
.TP
.B PBXKIT_SECRET
The secret to log in with.
.TP
.BR NO_COLOR ", " FORCE_COLOR
No colours, or colours in a pipe.
.TP
.B NOTIFY_SOCKET
Services tell systemd when they are ready, reload and stop.
.SH FILES
.TP
.I $XDG_CONFIG_HOME/pbxkit/config.ini
Settings by the names of flags; profiles are sections [profile NAME]. A flag goes before the environment, that before \\-\\-config, that before this file.
.TP
.I /etc/pbxkit/config.ini
The same for all users; read last.
.TP
.I $XDG_RUNTIME_DIR/pbxkit/
Control sockets of services, or /run/pbxkit/.
.SH EXIT STATUS
${statuses.map(([status, text]) => `.TP\n.B ${status}\n${prose(text)}`).join('\n')}
.SH SEE ALSO
.BR asterisk (8),
.BR systemd.service (5)
`

const file = path.join(root, 'docs/pbxkit.1')
if (!process.argv.includes('--check')) fs.writeFileSync(file, page)
else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== page) {
  console.error('docs/pbxkit.1 is stale. Run: npm run build')
  process.exitCode = 1
}
