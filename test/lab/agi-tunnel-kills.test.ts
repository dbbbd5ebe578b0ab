import fs from 'node:fs'
import net from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { waitUntil } from './servers/wait.js'
import { describeLab } from './support/lab.js'
import { outcomeRows } from './support/outcome-rows.js'
import type { Program } from './support/program.js'
import { type LabCall, TunnelLab } from './support/tunnel-lab.js'

type Party = 'client' | 'server' | 'application' | 'script'
type Stage = 'before it is reached' | 'before its first command' | 'during a command' | 'between two commands'

/** What the application does when it is to be killed there. */
const behaviours: Readonly<Record<Exclude<Stage, 'before it is reached'>, string>> = {
  'before its first command': 'silent',
  'during a command': 'command',
  'between two commands': 'between'
}

await describeLab('kill -9 in a call through the AGI tunnel, as the dialplan of Asterisk 22 sees it', () => {
  let lab: TunnelLab

  beforeAll(async () => {
    lab = await TunnelLab.start('tunnel-kills')
  })

  afterAll(() => lab?.stop())

  afterEach(() => lab.endPrograms())

  // The guide says what we have measured, and here it is measured again.
  for (const { words, cells } of outcomeRows('kills')) {
    const [party, stage] = words as [Party, Stage]
    for (const [column, wanted] of cells.entries()) {
      const protocol = column === 0 ? '2' : '1'
      it(`${party}, ${stage}, by protocol ${protocol}: ${wanted}`, async () => {
        expect(wanted.split(' or ')).toContain(await killed(party, stage, protocol))
      })
    }
  }

  async function killed(party: Party, stage: Stage, protocol: '1' | '2'): Promise<string> {
    await lab.serve()
    if (stage === 'before it is reached') return killedAtConnect(party, protocol)
    const behaviour = behaviours[stage]
    const application = party === 'script' ? undefined : await lab.application()
    const target = application ? ['--app', application.port] : ['--exec', lab.script()]
    const client = await lab.connect(protocol, ...target)
    const from = lab.ami.messages.length
    const call = await lab.call(behaviour)
    // A script's stderr is that of the client.
    const [, pid] = await (application?.program ?? client).says(new RegExp(`^stage ${behaviour} (\\d+)$`, 'm'))
    if (stage === 'during a command') await lab.runs('WAIT FOR DIGIT 4000', from)
    if (party === 'script') process.kill(Number(pid), 'SIGKILL')
    else ({ client, server: lab.server, application: application!.program })[party].kill('SIGKILL')
    return call.outcome
  }

  /** The application's machine does not answer, so that the client is still connecting. */
  async function killedAtConnect(party: Party, protocol: '1' | '2'): Promise<string> {
    const { program, port } = await lab.application()
    program.kill('SIGSTOP')
    const fillers = await fillBacklog(Number(port))
    try {
      const client = await lab.connect(protocol, '--app', port)
      const call: LabCall = await lab.call()
      expect(await waitUntil(() => isConnecting(client.child.pid!, Number(port)), 5_000)).toBe(true)
      const parties: Partial<Record<Party, Program>> = { client, server: lab.server, application: program }
      parties[party]!.kill('SIGKILL')
      return await call.outcome
    } finally {
      for (const socket of fillers) socket.destroy()
    }
  }
})

/** Connects to a server that accepts nobody, until its queue is full and the kernel drops who knocks. */
async function fillBacklog(port: number): Promise<net.Socket[]> {
  const sockets: net.Socket[] = []
  for (;;) {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
    const isIn = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      setTimeout(() => resolve(false), 300)
    })
    if (!isIn) return sockets
    if (sockets.length > 10) throw new Error('the queue does not fill')
  }
}

const synSent = '02'

/** Does a process of this machine wait for an answer of that port? Our own fillers do as well: one more than they. */
function isConnecting(pid: number, port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = fs
    .readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
  const inodes = new Set(rows.filter((row) => row[2]?.endsWith(wanted) && row[3] === synSent).map((row) => row[9]))
  return fs.readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return inodes.has(/^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1])
    } catch {
      return false
    }
  })
}
