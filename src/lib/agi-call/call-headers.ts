import { type AgiHeader, agiHeaderNames } from '../agi/header-block.js'

/** The call that an application is to believe in. What is left out is as Asterisk 22 says it of a Local channel without a caller. */
export interface CallHeaderOptions {
  /** As it stands in AGI(): `agi://host:port/path?query`. */
  url: string
  args?: readonly string[] | undefined
  /** Other values by header name, as in `agi_callerid`. A name that is not among the 22 goes behind them. */
  values?: Readonly<Record<string, string>> | undefined
}

const defaults: Readonly<Record<string, string>> = {
  agi_network: 'yes',
  agi_channel: 'Local/run@agi-00000000;2',
  agi_language: 'en',
  agi_type: 'Local',
  agi_uniqueid: '1795247331.1',
  agi_version: '22.10.1',
  agi_callerid: 'unknown',
  agi_calleridname: 'unknown',
  agi_callingpres: '0',
  agi_callingani2: '0',
  agi_callington: '0',
  agi_callingtns: '0',
  agi_dnid: 'unknown',
  agi_rdnis: 'unknown',
  agi_context: 'agi',
  agi_extension: 'run',
  agi_priority: '1',
  agi_enhanced: '0.0',
  agi_accountcode: '',
  agi_threadid: '140081670141632'
}

/** The headers in Asterisk's order; the script's is left out when the URL has no path, as Asterisk leaves it out. */
export function callHeaders({ url, args = [], values = {} }: CallHeaderOptions): AgiHeader[] {
  // Asterisk cuts at the first slash behind the host, and keeps what follows as it is.
  const script = /^[a-z]+:\/\/[^/]*\/(.+)$/i.exec(url)?.[1]
  const all: Record<string, string | undefined> = { ...defaults, agi_network_script: script, agi_request: url, ...values }
  const known = new Set<string>(agiHeaderNames)
  const names = [...agiHeaderNames, ...Object.keys(values).filter((name) => !known.has(name))]
  return [
    ...names.flatMap((name) => (all[name] === undefined ? [] : [{ name, value: all[name] }])),
    ...args.map((value, at) => ({ name: `agi_arg_${at + 1}`, value }))
  ]
}
