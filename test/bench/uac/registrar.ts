import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type KamailioPlace, type RunningKamailio, startKamailio } from '../../lab/servers/kamailio.js'
import { waitUntil } from '../../lab/servers/wait.js'
import { cpuSecondsOfTree } from '../support/process-tree.js'

/** What the registrar grants, and how it can be told to be silent: `fixtures/sip/registrar.cfg`, shorter, with counters that two workers may raise. */
function config({ port, dir, modulesDir }: KamailioPlace): string {
  const modules = ['kex', 'tm', 'sl', 'pv', 'maxfwd', 'textops', 'siputils', 'usrloc', 'registrar', 'auth', 'htable', 'ctl']
  return `#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
tcp_children=2
auto_aliases=no
dns=off
rev_dns=off
dns_try_ipv6=off
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
tcp_max_connections=20000
tcp_conn_wq_max=67108864
tcp_wq_max=134217728
tcp_rd_buf_size=65536
mpath="${modulesDir}"
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("ctl", "binrpc", "unixs:${dir}/kamailio.ctl")
modparam("htable", "htable", "ctr=>size=4;")
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "hash_size", 14)
modparam("registrar", "default_expires", 3600)
modparam("registrar", "min_expires", 10)
modparam("registrar", "max_expires", 3600)
modparam("registrar", "max_contacts", 10)
modparam("auth", "nonce_expire", 3600)
modparam("auth", "auth_checks_register", 0)
modparam("auth", "secret", "bench-secret-for-nonces")

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (!is_method("REGISTER")) { sl_send_reply("200", "OK"); exit; }
  $var(n) = $shtinc(ctr=>rx);
  if ($sht(ctr=>drop) == 1) exit;
  if (!pv_www_authenticate("$td", "pw-$au", "0")) { www_challenge("$td", "1"); exit; }
  force_rport();
  if (!save("location")) { sl_reply_error(); exit; }
  $var(n) = $shtinc(ctr=>ok);
}
`
}

/** Kamailio 5.6 as the registrar of both sides. A user's password is `pw-USER`. */
export class Registrar {
  readonly #kamailio: RunningKamailio

  private constructor(kamailio: RunningKamailio) {
    this.#kamailio = kamailio
  }

  static async start(): Promise<Registrar> {
    const registrar = new Registrar(await startKamailio({ name: 'bench-registrar', config, args: ['-m', '1024', '-M', '32'] }))
    await registrar.reset()
    return registrar
  }

  get port(): number {
    return this.#kamailio.port
  }

  cpuSeconds(): number {
    return cpuSecondsOfTree(this.#kamailio.pid)
  }

  /** Forgets what it has counted. */
  async reset(): Promise<void> {
    for (const name of ['rx', 'ok', 'drop']) await this.#rpc('htable.seti', 'ctr', name, '0')
  }

  /** REGISTERs that reached it, and those of them that it granted. */
  async counts(): Promise<{ received: number; granted: number }> {
    return { received: await this.#count('rx'), granted: await this.#count('ok') }
  }

  /** It takes every REGISTER, and says nothing. */
  async beSilent(silent: boolean): Promise<void> {
    await this.#rpc('htable.seti', 'ctr', 'drop', silent ? '1' : '0')
  }

  /** @returns milliseconds since `startedAt`, when it had granted so many; undefined when it never did */
  async granted(count: number, startedAt: number, limitMs: number): Promise<number | undefined> {
    const isThere = await waitUntil(async () => (await this.#count('ok')) >= count, limitMs)
    return isThere ? performance.now() - startedAt : undefined
  }

  stop(): Promise<void> {
    return this.#kamailio.stop()
  }

  async #count(name: string): Promise<number> {
    return Number(/value: (\d+)/.exec(await this.#rpc('htable.get', 'ctr', name))?.[1] ?? 0)
  }

  async #rpc(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('kamcmd', ['-s', `unixs:${this.#kamailio.dir}/kamailio.ctl`, ...words])
    return stdout
  }
}
