import fs from 'node:fs/promises'
import path from 'node:path'
import { AMI_ADMIN, AMI_LIMITED, type AsteriskPorts, defaultFiles, SIP_ALICE, SIP_BOB } from './asterisk-config.js'
import { type AsteriskVersion, prepareAsterisk } from './asterisk-root.js'
import { type KeyPair, selfSigned } from './certificate.js'
import { runInChroot } from './chroot.js'
import { CommandError } from './errors.js'
import { Instance, type RunningServer, type ServerOptions } from './instance.js'

/** The folder in the chroot that holds one folder per instance. */
const INSTANCES = 'lab'
/** Debian's folder of stock sounds, XML documentation and the like, in the chroot. */
const STOCK_DATA = '/usr/share/asterisk'
/** Debian's sample configuration, in the chroot: most modules refuse to load without theirs. */
const STOCK_ETC = '/etc/asterisk'

/** What the text of a configuration file may depend on. `dir` is the instance's folder as Asterisk sees it. */
export interface AsteriskPlace {
  readonly ports: AsteriskPorts
  readonly dir: string
}

export interface AsteriskOptions extends ServerOptions {
  /** Default 22. */
  readonly version?: AsteriskVersion
  /** Part of its id, to tell several apart in `lab status`. */
  readonly name?: string
  /** Files of its etc folder, by name, added to the default ones or instead of them. */
  readonly files?: Readonly<Record<string, string | ((place: AsteriskPlace) => string)>>
  /** 0 or undefined picks a free port. */
  readonly amiPort?: number
  readonly amiTlsPort?: number
  readonly sipPort?: number
  readonly httpPort?: number
  /** PEM text for AMI over TLS. Default: a self-signed one for localhost and 127.0.0.1. */
  readonly tls?: KeyPair
}

export interface RunningAsterisk extends RunningServer {
  readonly version: AsteriskVersion
  readonly amiPort: number
  readonly amiTlsPort: number
  readonly sipPort: number
  readonly httpPort: number
  /** The certificate of AMI over TLS, as PEM text, to be trusted by clients. */
  readonly certificate: string
  /** Runs a CLI command (`asterisk -rx`) and returns what it prints. */
  rx(command: string): Promise<string>
}

/**
 * Starts an Asterisk and resolves when it is fully booted. Its folder has etc, log, run, spool, lib, data and cache. A
 * configuration file comes from `files`, else from asterisk-config.ts, else from Debian. Makes the chroot first when it
 * is missing.
 * @throws StartError with the last lines of its log
 */
export async function startAsterisk(options: AsteriskOptions = {}): Promise<RunningAsterisk> {
  const version = options.version ?? 22
  const root = await prepareAsterisk(version)
  const server = [`asterisk${version}`, options.name].filter(Boolean).join('-')
  const inside = (dir: string): string => `/${path.relative(root, dir)}`
  const rx = (dir: string, command: string): Promise<string> =>
    runInChroot(root, ['asterisk', '-C', `${inside(dir)}/etc/asterisk.conf`, '-rx', command])
  let certificate = ''

  const instance = await Instance.start({
    server,
    detached: options.detached ?? false,
    parent: path.join(root, INSTANCES),
    ports: { ami: options.amiPort, amiTls: options.amiTlsPort, sip: options.sipPort, http: options.httpPort },
    configure: async ({ dir, ports }) => {
      await layOut(root, dir, inside(dir))
      const tls = options.tls ?? (await selfSigned(dir))
      certificate = tls.cert
      const place = { ports, dir: inside(dir) }
      const files = { 'asterisk.conf': asteriskConf(place.dir), ...defaultFiles(ports, place.dir), ...options.files }
      await writeFiles(path.join(dir, 'etc'), { ...files, 'tls.crt': tls.cert, 'tls.key': tls.key }, place)
    },
    command: ({ dir }) => ({
      title: `Asterisk ${version}`,
      command: ['chroot', root, 'asterisk', '-f', '-C', `${inside(dir)}/etc/asterisk.conf`],
      // waitfullybooted blocks until then, but cannot be asked before the control socket is there.
      ready: async () => /fully booted/i.test(await rx(dir, 'core waitfullybooted').catch(notYet))
    }),
    notes: ({ dir, ports }) => notes(ports, `chroot ${root} asterisk -C ${inside(dir)}/etc/asterisk.conf -r`)
  })
  const { ports } = instance
  return Object.assign(instance, {
    version,
    certificate,
    amiPort: ports.ami,
    amiTlsPort: ports.amiTls,
    sipPort: ports.sip,
    httpPort: ports.http,
    rx: (command: string) => rx(instance.dir, command)
  })
}

/** Debian's own file cannot serve: its section is `[directories](!)`, a template, which is ignored. */
function asteriskConf(dir: string): string {
  return `[directories]
astetcdir = ${dir}/etc
astvarlibdir = ${dir}/lib
astdbdir = ${dir}/lib
astkeydir = ${dir}/lib
astdatadir = ${dir}/data
astagidir = ${dir}/data/agi-bin
astspooldir = ${dir}/spool
astrundir = ${dir}/run
astlogdir = ${dir}/log
astcachedir = ${dir}/cache

[options]
nocolor = yes
`
}

/** Makes the folders. The data folder is its own, for the tests' AGI scripts, and links to the stock data. */
async function layOut(root: string, dir: string, inside: string): Promise<void> {
  await fs.cp(path.join(root, STOCK_ETC), path.join(dir, 'etc'), { recursive: true })
  const folders = ['lib/keys', 'run', 'log', 'cache', 'data/agi-bin', 'data/moh', 'spool/outgoing', 'spool/tmp', 'spool/monitor']
  for (const folder of folders) await fs.mkdir(path.join(dir, folder), { recursive: true })
  for (const name of await fs.readdir(path.join(root, STOCK_DATA))) {
    if (name !== 'agi-bin') await fs.symlink(`${STOCK_DATA}/${name}`, path.join(root, inside, 'data', name))
  }
}

async function writeFiles(etc: string, files: NonNullable<AsteriskOptions['files']>, place: AsteriskPlace): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(etc, name)
    await fs.mkdir(path.dirname(file), { recursive: true })
    await fs.writeFile(file, typeof content === 'string' ? content : content(place))
  }
}

function notYet(error: unknown): string {
  if (error instanceof CommandError) return ''
  throw error
}

function notes(ports: AsteriskPorts, console: string): string[] {
  return [
    `AMI      127.0.0.1:${ports.ami}, TLS 127.0.0.1:${ports.amiTls}`,
    `         user ${AMI_ADMIN.username} secret ${AMI_ADMIN.secret} (all), user ${AMI_LIMITED.username} secret ${AMI_LIMITED.secret} (call)`,
    `SIP      127.0.0.1:${ports.sip} (UDP, TCP)`,
    `         user ${SIP_ALICE.username} password ${SIP_ALICE.password}, user ${SIP_BOB.username} password ${SIP_BOB.password}`,
    `HTTP     http://127.0.0.1:${ports.http}/`,
    `console  ${console}`
  ]
}
