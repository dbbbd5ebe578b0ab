import { Fault, hostAndPort, mailAddress } from './rule.js'

/** What upstream's `mailcmd = minivm-send …` says. */
export interface MinivmSend {
  readonly host: string
  readonly port: number
  readonly security: 'none' | 'starttls' | 'tls'
  readonly user: string | undefined
  readonly password: string | undefined
  readonly from: string | undefined
}

/** As in the options of minivm-send: `tls` and `smtps` are the same. What it does not know it takes for plain SMTP; here that is refused, since it was hardly meant. */
const securities = { smtp: 'none', starttls: 'starttls', smtps: 'tls', tls: 'tls' } as const
/** RFC 8314, section 7.3, RFC 6409, and RFC 5321. */
export const smtpPorts = { none: 25, starttls: 587, tls: 465 } as const

export function isMinivmSend(command: string): boolean {
  return /^(\S*\/)?minivm-send(\s|$)/.test(command)
}

/**
 * Reads `minivm-send -H HOST[:PORT] [-P smtp|smtps|tls|starttls] [-u USER] [-p PASSWORD] [-f FROM] [-e]`, as getopts does: a value may touch its letter.
 * Words may be in quotes.
 * @returns a fault that never repeats the line, which may hold a password
 */
export function readMinivmSend(line: string): MinivmSend | Fault {
  const words = shellWords(line)
  if (words instanceof Fault) return words
  const options: Record<string, string> = {}
  for (let index = 1; index < words.length; index++) {
    const word = words[index]!
    if (word === '-e') continue
    const [, letter, attached] = /^-([HPupf])(.*)$/s.exec(word) ?? []
    if (letter === undefined) return new Fault('has a word that minivm-send does not know', 'It takes -H -P -u -p -f and -e.')
    const value = attached !== '' ? attached : words[++index]
    if (value === undefined) return new Fault(`has nothing behind -${letter}`)
    options[letter] = value
  }
  const { H: host = '', P: protocol = 'smtp', u: user, p: password, f: from } = options
  const security = Object.hasOwn(securities, protocol) ? securities[protocol as keyof typeof securities] : undefined
  if (security === undefined) return new Fault('has a -P that is none of smtp, smtps, tls, starttls')
  const checked = hostAndPort(host)
  if (checked instanceof Fault) return new Fault('has no -H HOST:PORT')
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(checked)!
  if (from !== undefined && mailAddress(from) instanceof Fault) return new Fault('has a -f that is no mail address')
  return {
    host: name.replace(/^\[|\]$/g, ''),
    port: port === undefined ? smtpPorts[security] : Number(port),
    security,
    user,
    password,
    from
  }
}

/** Words of a POSIX shell, without anything that it would evaluate. */
function shellWords(line: string): string[] | Fault {
  const words: string[] = []
  let word: string | undefined
  for (const [, single, double, escaped, blank, plain] of line.matchAll(
    /'([^']*)'|"([^"$`\\]*)"|\\(.)|(\s+)|([^\s'"\\$`;&|<>()]+)|./gs
  )) {
    if (blank !== undefined) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    const part = single ?? double ?? escaped ?? plain
    if (part === undefined) return new Fault('has a sign that a shell would evaluate')
    word = (word ?? '') + part
  }
  return word === undefined ? words : [...words, word]
}
