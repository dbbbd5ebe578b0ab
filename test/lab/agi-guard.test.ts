import fs from 'node:fs'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN, defaultFiles } from './servers/asterisk-config.js'
import { type AmiMessage, AmiSocket } from './support/ami-socket.js'
import { type GuardedBridge, startGuardedBridge } from './support/guarded-bridge.js'
import { describeLab } from './support/lab.js'
import { Watched } from './support/limit.js'

const dialplan = `
[agi]
exten => run,1,Answer()
 same => n,AGI(\${AGI_URL})
 same => n,UserEvent(AfterAGI,Status: \${AGISTATUS},Outcome: \${BRIDGE_OUTCOME},Reason: \${BRIDGE_REASON},Word: \${WORD})
 same => n,Hangup()
`

/** What an application has on its hands: a plain socket, on which it may do what it likes. */
class Application {
  readonly socket: net.Socket
  text = ''
  hasEnded = false
  readonly #watched = new Watched()

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.#watched.changed()
    })
    socket.on('error', () => {})
    socket.once('end', () => {
      this.hasEnded = true
      this.#watched.changed()
    })
  }

  /** @returns what came up to the text, and forgets it */
  async until(text: string): Promise<string> {
    const end = await this.#watched.until(
      () => {
        const at = this.text.indexOf(text)
        return at < 0 ? undefined : at + text.length
      },
      () => `${JSON.stringify(text)} in ${JSON.stringify(this.text.slice(-300))}`
    )
    const found = this.text.slice(0, end)
    this.text = this.text.slice(end)
    return found
  }

  async ask(line: string): Promise<string> {
    this.socket.write(line)
    return this.until('\n')
  }

  async ended(): Promise<void> {
    await this.#watched.until(
      () => this.hasEnded || undefined,
      () => 'the end of the connection'
    )
  }
}

await describeLab('a hostile application behind the guard', () => {
  let asterisk: RunningAsterisk
  let ami: AmiSocket
  let applications: net.Server
  let bridge: GuardedBridge
  let onApplication: (application: Application) => void = () => {}
  const connected: net.Socket[] = []

  beforeAll(async () => {
    asterisk = await startAsterisk({
      name: 'agi-guard',
      files: { 'extensions.conf': ({ ports, dir }) => defaultFiles(ports, dir)['extensions.conf']! + dialplan }
    })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
    applications = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      connected.push(socket)
      onApplication(new Application(socket))
    })
    await new Promise<void>((resolve) => applications.listen(0, '127.0.0.1', resolve))
    bridge = await startGuardedBridge(applicationPort())
  })

  afterEach(() => {
    for (const socket of connected.splice(0)) socket.destroy()
  })

  afterAll(async () => {
    ami?.destroy()
    bridge?.close()
    applications?.close()
    await asterisk?.stop()
  })

  const applicationPort = () => (applications.address() as net.AddressInfo).port

  /** Makes a call that is sent to AGI. @returns the application, when it has all headers, and what the dialplan says afterwards */
  async function call(port = bridge.port): Promise<{ application: Application; after: Promise<AmiMessage> }> {
    const from = ami.messages.length
    const came = new Promise<Application>((resolve) => {
      onApplication = resolve
    })
    const url = `agi://127.0.0.1:${port}/hostile`
    await ami.ask(
      `Action: Originate\r\nChannel: Local/run@agi/n\r\nApplication: Wait\r\nData: 30\r\nAsync: true\r\nVariable: __AGI_URL=${url}\r\n`
    )
    const application = await came
    await application.until('\n\n')
    return { application, after: ami.event({ Event: 'UserEvent', UserEvent: 'AfterAGI' }, from) }
  }

  /** What Asterisk has used so far, in hundredths of a second of one core (100 ticks a second on every Linux that Debian makes). */
  function ticks(): number {
    const fields = fs.readFileSync(`/proc/${asterisk.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return Number(fields[11]) + Number(fields[12])
  }

  /** The share of one core that Asterisk uses in the next half second. What burns takes all it gets: more than `idle` also on a crowded machine. */
  async function load(): Promise<number> {
    const [before, start] = [ticks(), performance.now()]
    await delay(500)
    return (ticks() - before) / ((performance.now() - start) / 10)
  }

  const idle = 0.08

  const said = (message: AmiMessage) => ['Status', 'Outcome', 'Reason'].map((name) => message.get(name))

  it('burns a core with half a line when it is not there', async () => {
    const { application, after } = await call(applicationPort())
    application.socket.write('GET VARIABLE WORD')
    const before = ticks()
    await expect.poll(() => ticks() - before, { timeout: 20_000 }).toBeGreaterThan(50)
    expect(await load()).toBeGreaterThan(idle)
    application.socket.end('\n')
    expect(said(await after)).toEqual(['SUCCESS', '', ''])
    expect(await load()).toBeLessThan(idle)
  })

  it('lets Asterisk idle while half a line waits, and never sends it', async () => {
    const { application, after } = await call()
    application.socket.write('SET VARIABLE WORD half')
    expect(await load()).toBeLessThan(idle)
    application.socket.end()
    const message = await after
    expect(said(message)).toEqual(['SUCCESS', '', ''])
    expect(message.get('Word')).toBe('')
    expect(await load()).toBeLessThan(idle)
  })

  it.each([
    ['a line of 100 kB', `SET VARIABLE WORD "${'x'.repeat(100_000)}"\n`],
    ['100 kB without an end', 'x'.repeat(100_000)],
    ['600 quoted words, which would kill Asterisk', `NOOP${' "a"'.repeat(600)}\n`]
  ])('gives the call up for %s, and the dialplan is told', async (_, bytes) => {
    const { application, after } = await call()
    application.socket.write(bytes)
    expect(said(await after)).toEqual(['FAILURE', 'DROPPED', 'app-line-too-long'])
    await application.ended()
    expect(application.text).not.toContain('510')
    expect(await asterisk.rx('core show version')).toContain('Asterisk 22')
    expect(await load()).toBeLessThan(idle)
  })

  it('answers NUL, CR and forbidden commands, and the call goes on', async () => {
    const { application, after } = await call()
    expect(await application.ask('NOOP a\0b\n')).toBe('510 Invalid or unknown command\n')
    expect(await application.ask('NOOP\r\n')).toBe('200 result=0\n')
    expect(await application.ask('EXEC System true\n')).toBe('510 Invalid or unknown command\n')
    expect(await application.ask('GET VARIABLE SYSTEMSTATUS\n')).toBe('200 result=0\n')
    expect(await application.ask('EXEC NoOp "a b"\n')).toBe('200 result=0\n')
    application.socket.end()
    expect(said(await after)).toEqual(['SUCCESS', '', ''])
  })

  it('runs 1,000 commands that come in one go, each once and in its order', async () => {
    const { application, after } = await call()
    const numbers = Array.from({ length: 500 }, (_, i) => i)
    const commands = numbers.map((i) => `SET VARIABLE WORD ${i}\nGET VARIABLE WORD\n`).join('')
    application.socket.end(`${commands}SET VARIABLE WORD "the end"\nHALF`)
    const message = await after
    await application.ended()
    const replies = numbers.map((i) => `200 result=1\n200 result=1 (${i})\n`).join('')
    expect(application.text).toBe(`${replies}200 result=1\nHANGUP\n`)
    expect(said(message)).toEqual(['SUCCESS', '', ''])
    expect(message.get('Word')).toBe('the end')
  })

  it('tells the dialplan of an application that was killed, also while a command runs and others wait', async () => {
    const { application, after } = await call()
    expect(await application.ask('SET VARIABLE WORD before\n')).toBe('200 result=1\n')
    application.socket.write('WAIT FOR DIGIT 30000\nSET VARIABLE WORD never\nHALF')
    await expect.poll(() => bridge.outstanding()).toEqual(['WAIT FOR DIGIT 30000'])
    application.socket.resetAndDestroy()
    const message = await after
    expect(said(message)).toEqual(['FAILURE', 'DROPPED', 'app-lost'])
    expect(message.get('Word')).toBe('before')
    expect(await load()).toBeLessThan(idle)
  })
})
