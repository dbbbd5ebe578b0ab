import chalk from 'chalk'
import pino, { type Logger } from 'pino'
import type { LogLevel } from './base-command.js'
import { logToStderr } from './stderr.js'
import { escapeControls, escapeJson } from './terminal-text.js'

/** Structured log: `log.info({ server: 'pbx-a' }, 'connected')`. */
export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'isLevelEnabled'>

/** Fields that never reach a log, whatever happens to be logged, and however deep they are. */
const secretNames = new Set(['secret', 'password', 'key', 'proxykey'])
const maybeSecret = /"(secret|password|key|proxykey)":/i

/** Looks for the names in the finished line first: pino's own redaction costs twice the logging, and goes two levels deep. */
function withoutSecrets(line: string): string {
  if (!maybeSecret.test(line)) return line
  const masked = (name: string, value: unknown) => (secretNames.has(name.toLowerCase()) ? '***' : value)
  return `${JSON.stringify(JSON.parse(line), masked)}\n`
}

const urgent = /^\{"level":"(warn|error|fatal)"/

/**
 * The log on stderr: what was logged before a crash is there. Control characters from the network are escaped in
 * both formats.
 */
export function createLog({ level, format }: { level: LogLevel; format: 'text' | 'json' }): Log {
  const write = (logged: string) => {
    const line = withoutSecrets(logged)
    logToStderr(format === 'json' ? escapeJson(line) : textLine(line), urgent.test(line))
  }
  return pino({ ...common, level }, { write })
}

/** The log in a file, a JSON object a line (NDJSON): who reads a file wants the date, and all fields. */
export function createFileLog({ level }: { level: LogLevel }, file: LineSink): Log {
  const safe = safeLines(file)
  return pino({ ...common, level }, { write: (line) => safe.write(withoutSecrets(line)) })
}

/** Who did what, as NDJSON: all of it, whatever the level of the log is. Secrets have to be masked already. */
export function createAuditLog(file: LineSink): (fields: object, message: string) => void {
  const log = pino({ ...common, level: 'info' }, safeLines(file))
  return (fields, message) => log.info(fields, message)
}

interface LineSink {
  write(line: string): void
}

function safeLines(file: LineSink): LineSink {
  return { write: (line) => file.write(escapeJson(line)) }
}

let lastTime = { ms: 0, text: '' }

/** pino's `isoTime`, rendered once for all lines of a millisecond. */
function isoTime(): string {
  const ms = Date.now()
  if (ms !== lastTime.ms) lastTime = { ms, text: `,"time":"${new Date(ms).toISOString()}"` }
  return lastTime.text
}

const common = {
  base: undefined,
  timestamp: isoTime,
  formatters: { level: (label: string) => ({ level: label }) }
}

const colors: Record<string, (text: string) => string> = {
  trace: chalk.gray,
  debug: chalk.gray,
  info: chalk.green,
  warn: chalk.yellow,
  error: chalk.red,
  fatal: chalk.bgRed
}

/** One log record as a person reads it: time, level, message, then the fields. */
function textLine(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as {
    level: string
    time: string
    msg?: string
    err?: { message: string }
  }
  const paint = colors[level] ?? ((text: string) => text)
  const rest = Object.entries(fields).map(
    ([name, value]) =>
      ` ${chalk.dim(`${escapeControls(name)}=`)}${escapeControls(typeof value === 'object' ? JSON.stringify(value) : String(value))}`
  )
  const message = [msg, err?.message].filter(Boolean).join(': ')
  return `${chalk.dim(time.slice(11, 23))} ${paint(level.toUpperCase().padEnd(5))} ${escapeControls(message)}${rest.join('')}\n`
}
