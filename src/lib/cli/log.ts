import fs from 'node:fs'
import chalk from 'chalk'
import pino, { type Logger } from 'pino'
import type { LogLevel } from './base-command.js'
import { escapeControls, escapeJson } from './terminal-text.js'

/** Structured log: `log.info({ server: 'pbx-a' }, 'connected')`. */
export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'isLevelEnabled'>

/** Field names that never reach a log, whatever happens to be logged. */
const secretPaths = [
  'secret',
  'Secret',
  'Key',
  'key',
  'password',
  'ProxyKey',
  '*.secret',
  '*.Secret',
  '*.Key',
  '*.key',
  '*.password',
  '*.ProxyKey'
]

/**
 * The log on stderr. Written at once: what was logged before a crash is there. Control characters from the network are escaped in
 * both formats.
 */
export function createLog({ level, format }: { level: LogLevel; format: 'text' | 'json' }): Log {
  const stream = { write: (line: string) => writeToStderr(format === 'json' ? escapeJson(line) : textLine(line)) }
  return pino({ ...common, level, redact: { paths: secretPaths, censor: '***' } }, stream)
}

/** The log in a file, a JSON object a line (NDJSON): who reads a file wants the date, and all fields. */
export function createFileLog({ level }: { level: LogLevel }, file: LineSink): Log {
  return pino({ ...common, level, redact: { paths: secretPaths, censor: '***' } }, safeLines(file))
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

const common = {
  base: undefined,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label: string) => ({ level: label }) }
}

function writeToStderr(text: string): void {
  try {
    fs.writeSync(2, text)
  } catch {
    // Nobody reads the log, or the pipe is full: the service matters more.
  }
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
