// Writes docs/pbxkit.1, the man page, from oclif.manifest.json. `--check` writes nothing and exits 1 when the committed page is not what the manifest gives.
import {
  commands,
  commonFlags,
  description,
  flagNames,
  flagText,
  flagValue,
  statuses,
  topics,
  version,
  writePages
} from './manifest.mjs'

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
  const value = flagValue(flag)
  return `.TP\n\\fB${flagNames(flag).map(roff).join('\\fR, \\fB')}\\fR${value === undefined ? '' : ` \\fI${roff(value)}\\fR`}\n${prose(flagText(flag))}`
}

function commandSection({ words, usage, args, summary, description: said, flags, examples }) {
  return [
    `.SS "pbxkit ${roff(words)}${usage.length > 0 ? ` ${roff(usage.join(' '))}` : ''}"`,
    prose(`${summary}\n\n${said}`),
    ...args.map(({ name, description: text = '' }) => `.TP\n\\fI${roff(name.toUpperCase())}\\fR\n${prose(text || name)}`),
    ...flags.map(flagEntry),
    ...(examples.length > 0
      ? ['.PP\nExamples:', '.PP', '.nf', '.RS 4', ...examples.map(({ line }) => roff(line)), '.RE', '.fi']
      : [])
  ].join('\n')
}

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
${topics.map(({ name, said }) => `.TP\n\\fB${roff(name)}\\fR\n${prose(said)}.`).join('\n')}
.PP
Data goes to standard output, everything else to standard error. A value that is missing is asked for on a terminal, never in a pipe.
A service stays in the foreground and says one line that begins with \\(lqready\\(rq; SIGHUP reloads it, SIGTERM and SIGINT end it.
.SH COMMON FLAGS
${commonFlags.map(flagEntry).join('\n')}
.TP
\\fB\\-h\\fR, \\fB\\-\\-help\\fR
show help
.SH COMMANDS
${commands.map(commandSection).join('\n')}
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

writePages({ 'docs/pbxkit.1': page })
