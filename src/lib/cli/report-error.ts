import { ExitStatus, PbxkitError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { writeToStderr } from './stderr.js'
import { escapeControlsInLines, safeJson } from './terminal-text.js'

/** A failure as the command line reports it. */
export interface ErrorReport {
  code: string
  message: string
  exit: number
  details?: Record<string, unknown>
  hint?: string
}

/** Gives every error its code and exit status: ours as they are, oclif's as usage, what is left as our bug. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof PbxkitError) {
    return {
      code: error.code,
      message: plainReason(tidyOclifMessage(error.message)),
      exit: error.exit,
      ...(error.details && { details: error.details }),
      ...(error.hint && { hint: error.hint })
    }
  }
  const oclif = (error as { oclif?: { exit?: number } } | undefined)?.oclif
  if (error instanceof Error && oclif) {
    return {
      code: 'E_USAGE',
      message: tidyOclifMessage(error.message),
      exit: ExitStatus.usage,
      hint: nearestFlag(error) ?? 'See --help.'
    }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    code: 'E_BUG',
    message: `pbxkit failed in a way it should not: ${message}`,
    exit: ExitStatus.bug,
    hint: 'Please report this with the command that you ran.'
  }
}

/** oclif lays messages out over several lines, those that our own flags throw included. */
function tidyOclifMessage(message: string): string {
  return message
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^Expected (?:(--[\w-]+)=)?([\s\S]*) to be one of: (.*)/, (_, flag = '', value, options) =>
      [flag, `"${value}" is not one of ${options}`].filter(Boolean).join(': ')
    )
    .replace(/\n?See more help with --help(\n.*)?$/s, '')
    .replace(/^The following errors? occurred:\s*([\s\S]*)$/, (_, list: string) =>
      list
        .trim()
        .split(/\s*\n\s*/)
        .join('; ')
    )
    .replace(/(--[\w-]+)=true cannot also/g, '$1 cannot also')
}

/**
 * What Node says of a file, in plain words: "ENOENT: no such file or directory, open 'a.ini'" behind a text that names the file already.
 * A text that does not name it stays whole.
 */
function plainReason(message: string): string {
  const said = /^(.*)\bE[A-Z0-9]+: ([a-z][a-z ,-]*), [a-z_]+(?: '([^\n]*)')?$/s.exec(message)
  if (!said) return message
  const [, before = '', reason = '', file = ''] = said
  // What is written beside a file and renamed has its name and these endings.
  if (!before.includes(file.replace(/\.\d+\.tmp$|\/\.pbxkit-[\w-]+$/, ''))) return message
  return before + (reason === 'illegal operation on a directory' ? 'it is a folder' : reason)
}

/** A typo is answered with the nearest flag, as one in a command's name is with the nearest command. */
function nearestFlag(error: Error): string | undefined {
  const { flags, parse } = error as { flags?: readonly string[]; parse?: { input?: { flags?: object } } }
  const [typed] = flags ?? []
  // Without the dashes, which all have in common: they would make short names alike.
  const near = typed?.startsWith('--') ? suggestion(typed.slice(2), Object.keys(parse?.input?.flags ?? {})) : undefined
  return near?.replace(/([\w-]+)(?=,| or |\?)/g, '--$1')
}

/** Sets the exit status and says what happened: on stdout as JSON when `--json` was asked for, else on stderr. */
export function reportError(error: unknown, { json }: { json: boolean }): void {
  const report = describeError(error)
  process.exitCode = report.exit
  if (json) {
    const { hint, ...rest } = report
    process.stdout.write(`${safeJson({ error: { ...rest, details: { ...rest.details, ...(hint && { hint }) } } })}\n`)
    return
  }
  writeToStderr(`pbxkit: ${escapeControlsInLines(report.message)}\n`)
  if (report.hint) writeToStderr(`${escapeControlsInLines(report.hint)}\n`)
}
