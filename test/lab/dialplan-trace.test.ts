import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MemoryFiles } from '../../src/lib/asterisk-config/files.js'
import { loadTraceFiles, makeScene } from '../../src/lib/dialplan/trace/load-scene.js'
import { traceCall } from '../../src/lib/dialplan/trace/trace-call.js'
import { joinPrograms, type Program, programs } from '../fixtures/dialplan/programs.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'

/** The other side of the call: it presses digits once it is answered. */
const caller = `
[caller]
exten => s,1,Wait(20)
exten => _[0-9#*].,1,Wait(1)
 same => n,SendDTMF(\${EXTEN:1}ww,100,250)
 same => n,Wait(20)
`

await describeLab('traces as Asterisk 22 runs the calls', () => {
  let asterisk: RunningAsterisk
  let ami: AmiSocket
  let events: AmiSocket
  const { text, contextOf } = joinPrograms()
  const loaded = loadTraceFiles(
    new MemoryFiles({ 'extensions.conf': `${text}${caller}`, 'pjsip.conf': '[alice]\ntype = endpoint\n' })
  )

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'dialplan-trace' })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN, { events: 'off' })
    events = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
    writeFileSync(path.join(asterisk.dir, 'etc/extensions.conf'), `${text}${caller}`)
    await ami.ask('Action: Command\r\nCommand: dialplan reload\r\n')
  })

  afterAll(async () => {
    ami?.destroy()
    events?.destroy()
    await asterisk?.stop()
  })

  /** What ran in the channel of the call, step by step, and the cause of its end. */
  async function run(index: number, { number = 's', digits }: Program): Promise<{ steps: string[]; cause: string }> {
    const from = events.messages.length
    const id = `program-${index}`
    const origin = digits === undefined ? 's' : `0${digits}`
    await ami.ask(
      `Action: Originate\r\nChannel: Local/${number}@${contextOf(index)}/n\r\nChannelId: ${id}\r\nOtherChannelId: ${id}-b\r\nContext: caller\r\nExten: ${origin}\r\nPriority: 1\r\nAsync: true\r\n`
    )
    const end = await events.event({ Event: 'Hangup', Uniqueid: `${id}-b` }, from)
    const steps = events.messages
      .slice(from)
      .filter((message) => message.is({ Event: 'Newexten', Uniqueid: `${id}-b` }))
      .map((message) => {
        const field = (name: string) => message.get(name) ?? ''
        return `${field('Extension')}@${field('Context')}:${field('Priority')} ${field('Application')}(${field('AppData')})`
      })
    return { steps, cause: end.get('Cause') ?? '' }
  }

  function trace(index: number, { number = 's', digits }: Program): { steps: string[]; cause: string } {
    const result = traceCall(makeScene(loaded), { number, context: contextOf(index), ...(digits !== undefined && { digits }) })
    const steps = result.steps
      .filter(({ leg }) => leg === 0)
      .map(
        ({ extension, context, priority, application, appData }) =>
          `${extension}@${context}:${priority} ${application}(${appData})`
      )
    return { steps, cause: String(result.legs[0]!.hangupCause) }
  }

  it('has programs to compare', () => {
    expect(programs.length).toBeGreaterThan(50)
  })

  const safe = programs.map((program, index) => [program.name, index, program] as const).filter(([, , { isRisky }]) => !isRisky)
  it.each(safe)('%s', async (_, index, program) => {
    const actual = await run(index, program)
    const ours = trace(index, program)
    expect(ours.steps).toEqual(actual.steps)
    expect(actual.steps.length).toBeGreaterThan(0)
    expect(actual.steps.join(' ')).not.toContain('NoOp(no)')
  })
})
