import fs from 'node:fs'
import path from 'node:path'
import { type KamailioPlace, startKamailio } from '../../lab/servers/kamailio.js'
import { cpuSecondsOfTree, highestResidentKb, memoryKbOfTree } from '../support/process-tree.js'
import { startSide } from '../support/processes.js'
import type { Product } from '../support/product.js'

export type Transport = 'udp' | 'tcp'

export interface AccountsOrder {
  count: number
  port: number
  transport: Transport
  expiresS?: number
  /** Of Kamailio's module: how often it walks its table, and when it tries again. */
  timerS?: number
  retryS?: number
  /** Of ours: part of the granted time after which is refreshed. */
  ratio?: (account: number) => number
}

/** What keeps the accounts: ours, or Kamailio's uac module. */
export interface Client {
  pid: number
  /** On the clock of `performance.now()`: the files were written, the process is about to be there. */
  startedAt: number
  cpuSeconds: () => number
  /** The most that it has had so far: of ours resident, of Kamailio's processes what they share counted once. */
  memoryMb: () => number
  stop: () => Promise<void>
}

/** `uac register` as its users run it. */
export async function startOurs(product: Product, order: AccountsOrder, flags: readonly string[] = []): Promise<Client> {
  const file = writeAccounts(product, order)
  const args = ['uac', 'register', '--file', file, '--log-level', 'error', '--keep-bindings', '--bind', '127.0.0.1', ...flags]
  const startedAt = performance.now()
  const { pid, stop } = await startSide([product.program, ...args], { env: product.env })
  return { pid, startedAt, stop, cpuSeconds: () => cpuSecondsOfTree(pid), memoryMb: () => highestResidentKb(pid) / 1024 }
}

/** @returns the file */
export function writeAccounts(product: Product, { count, port, transport, expiresS = 3600, ratio }: AccountsOrder): string {
  const proxy = `sip:127.0.0.1:${port};transport=${transport}`
  const rows = Array.from(
    { length: count },
    (_, at) => `u${at},u${at},pbx.local,u${at},127.0.0.1,u${at},pw-u${at},${proxy},${expiresS},${ratio?.(at).toFixed(6) ?? ''}`
  )
  const head = 'l_uuid,l_username,l_domain,r_username,r_domain,auth_username,auth_password,auth_proxy,expires,refresh_ratio'
  return product.writeFile('accounts.csv', `${head}\n${rows.join('\n')}\n`)
}

/** Kamailio's uac module with the same accounts in db_text, its timers short where they are waited for. */
export async function startKamailios({
  count,
  port,
  transport,
  expiresS = 3600,
  timerS = 5,
  retryS = 40
}: AccountsOrder): Promise<Client> {
  const columns =
    'id(int,auto) l_uuid(string) l_username(string) l_domain(string) r_username(string) r_domain(string) realm(string,null) auth_username(string) ' +
    'auth_password(string) auth_ha1(string,null) auth_proxy(string) expires(int) flags(int) reg_delay(int) contact_addr(string,null) socket(string,null)'
  const rows = Array.from({ length: count }, (_, at) => {
    const proxy = `sip\\:127.0.0.1\\:${port};transport=${transport}`
    return `${at + 1}:u${at}:u${at}:pbx.local:u${at}:127.0.0.1:127.0.0.1:u${at}:pw-u${at}::${proxy}:${expiresS}:0:0::`
  })
  let startedAt = 0
  const config = (place: KamailioPlace) => {
    fs.writeFileSync(path.join(place.dir, 'version'), 'table_name(string) table_version(int)\nuacreg:5\n')
    fs.writeFileSync(path.join(place.dir, 'uacreg'), `${columns}\n${rows.join('\n')}\n`)
    startedAt = performance.now()
    return clientConfig(place, timerS, retryS)
  }
  const kamailio = await startKamailio({ name: 'bench-uac', config, args: ['-m', '512', '-M', '256'] })
  const { pid } = kamailio
  return {
    pid,
    startedAt,
    stop: () => kamailio.stop(),
    cpuSeconds: () => cpuSecondsOfTree(pid),
    memoryMb: () => memoryKbOfTree(pid) / 1024
  }
}

function clientConfig({ port, dir, modulesDir }: KamailioPlace, timerS: number, retryS: number): string {
  const modules = ['kex', 'tm', 'sl', 'rr', 'pv', 'db_text', 'uac', 'ctl']
  return `#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
tcp_children=2
tcp_conn_wq_max=67108864
tcp_wq_max=134217728
tcp_rd_buf_size=65536
auto_aliases=no
dns=off
rev_dns=off
dns_try_ipv6=off
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
mpath="${modulesDir}"
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("ctl", "binrpc", "unixs:${dir}/kamailio.ctl")
modparam("rr", "append_fromtag", 1)
modparam("uac", "reg_db_url", "text://${dir}")
modparam("uac", "reg_contact_addr", "127.0.0.1:${port}")
modparam("uac", "reg_timer_interval", ${timerS})
modparam("uac", "reg_retry_interval", ${retryS})
request_route { exit; }
`
}
