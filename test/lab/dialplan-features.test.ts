import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { makeSite, makeTrunk, makeUser } from '../unit/support/sites.js'
import { choosePort } from './servers/ports.js'
import { isBound, waitUntil } from './servers/wait.js'
import { describeLabWith } from './support/debian-clients.js'
import { Phone } from './support/phone.js'
import { Program } from './support/program.js'
import { isReachable, providerHost, type RenderedPbx, startRendered } from './support/rendered-pbx.js'
import type { Speech } from './support/speech.js'

const externalAddress = '198.51.100.7'
/** Another provider. */
const otherHost = '127.0.0.3'

await describeLabWith(['sip-tester'], 'what a rendered site can do, in Asterisk 22', () => {
  let pbx: RenderedPbx
  let alice: Phone
  let bob: Phone
  let otherPort: number
  const open: Phone[] = []

  const phone = (name: string, options?: ConstructorParameters<typeof Phone>[2]) => {
    const one = new Phone(name, pbx.asterisk.sipPort, options)
    open.push(one)
    return one
  }
  const user = (name: string) => phone(name, { password: pbx.site.users.find((one) => one.name === name)!.secret })
  const provider = async (host = providerHost, port = pbx.providerPort) => {
    const one = phone('provider', { bind: { host, port } })
    await one.listen()
    return one
  }

  beforeAll(async () => {
    otherPort = await choosePort(undefined, new Set())
    const users = makeSite().users.map((one) => (one.name === 'bob' ? makeUser('bob', one.number, { trunk: 'other' }) : one))
    pbx = await startRendered(
      'plain',
      () => ({
        users,
        // Phones are on 127.0.0.1, providers elsewhere.
        nat: { externalAddress, localNet: ['127.0.0.1/32'] },
        voicemail: { ...makeSite().voicemail, mailCommand: '/usr/bin/tee /dev/null' }
      }),
      (site) => ({
        trunks: [...site.trunks, makeTrunk('other', { hosts: [`${otherHost}:${otherPort}`], match: [otherHost], dtmf: 'info' })]
      })
    )
  })
  afterAll(() => pbx?.asterisk.stop())
  beforeEach(async () => {
    alice = user('alice')
    bob = user('bob')
    expect([await alice.register(), await bob.register()]).toEqual([200, 200])
  })
  afterEach(async () => {
    await Promise.all([alice.register(0), bob.register(0)])
    for (const one of open.splice(0)) one.close()
  })

  it('tells providers the outside address, in Contact and SDP, and phones at home the one inside', async () => {
    const outside = await provider()
    expect(await alice.dial('+1202555016')).toBe(200)
    const [toProvider] = outside.invites
    expect(toProvider!.get('Contact')).toMatch(new RegExp(`@${externalAddress}:${pbx.asterisk.sipPort}`))
    expect(toProvider!.body.toString()).toContain(`c=IN IP4 ${externalAddress}\r\n`)
    // A call that was answered would have its ACK sent to the outside address, which is nobody's here.
    bob.onInvite = 486
    expect(await outside.dial('+46812340002')).toBe(486)
    const [toBob] = bob.invites
    expect(toBob!.get('Contact')).toMatch(new RegExp(`@127\\.0\\.0\\.1:${pbx.asterisk.sipPort}`))
    expect(toBob!.body.toString()).toContain('c=IN IP4 127.0.0.1\r\n')
    expect(toBob!.body.toString()).not.toContain(externalAddress)
  })

  it('has each user dial out through his own trunk', async () => {
    const [one, two] = [await provider(), await provider(otherHost, otherPort)]
    expect([await alice.dial('+1202555016'), await bob.dial('+1202555017')]).toEqual([200, 200])
    expect([one.invites, two.invites].map((list) => list.map(({ start }) => start.uri.split('@')[0]))).toEqual([
      ['sip:+1202555016'],
      ['sip:+1202555017']
    ])
    bob.onInvite = 486
    expect(await two.dial('+46812340002')).toBe(486)
    expect(bob.invites).toHaveLength(1)
  })

  it('works with a trunk that SIPp plays, out and in', async () => {
    const port = String(pbx.providerPort)
    const common = ['-i', providerHost, '-p', port, '-m', '1', '-nostdin', '-timeout', '20', '-timeout_error']
    const out = new Program(['-sn', 'uas', ...common], { command: ['sipp'] })
    expect(await waitUntil(() => isBound(pbx.providerPort), 10_000)).toBe(true)
    expect(await alice.dial('+1202555016')).toBe(200)
    expect(await out.end(20_000)).toMatchObject({ status: 0 })
    const into = new Program(['-sn', 'uac', ...common, '-s', '+46812340002', `127.0.0.1:${pbx.asterisk.sipPort}`], {
      command: ['sipp']
    })
    expect(await into.end(20_000)).toMatchObject({ status: 0 })
    expect(bob.invites).toHaveLength(1)
    expect(bob.invites[0]!.start.uri).toContain('sip:bob@')
  }, 60_000)

  it('negotiates video: what both phones know, among the codecs of the site', async () => {
    const description = (...formats: string[]) =>
      Buffer.from(
        [
          ...[
            'v=0',
            'o=- 0 0 IN IP4 127.0.0.1',
            's=-',
            'c=IN IP4 127.0.0.1',
            't=0 0',
            'm=audio 40000 RTP/AVP 0',
            'a=rtpmap:0 PCMU/8000'
          ],
          `m=video 40002 RTP/AVP ${formats.map((one) => one.split(' ')[0]).join(' ')}`,
          ...formats.map((one) => `a=rtpmap:${one}`)
        ]
          .map((line) => `${line}\r\n`)
          .join('')
      )
    bob.answerWith = description('97 H264/90000')
    const { answer } = await alice.call('+46812340002', { offer: description('96 H263/90000', '97 H264/90000', '98 VP8/90000') })
    const offered = bob.invites[0]!.body.toString()
    expect(offered).toMatch(/^m=video [1-9]\d* RTP\/AVP/m)
    expect([...offered.matchAll(/^a=rtpmap:\d+ (H26\w+|VP\d)/gm)].map(([, name]) => name).sort()).toEqual(['H264', 'VP8'])
    const answered = answer.reply.body.toString()
    expect(answered).toMatch(/^m=video [1-9]\d* RTP\/AVP/m)
    expect(answered).toMatch(/^a=rtpmap:97 H264\/90000/m)
    expect(answered).not.toContain('H263')
  })

  it('takes a key as SIP INFO, and hands it on so where the trunk wants that', async () => {
    const other = await provider(otherHost, otherPort)
    const infos: string[] = []
    other.agent.listen((message) => {
      if (message && 'method' in message.start && message.start.method === 'INFO')
        infos.push(`${message.get('Content-Type')} ${/Signal ?= ?(\S)/.exec(message.body.toString())?.[1]}`)
    })
    await isReachable(pbx, 'other')
    expect(await bob.pressByInfo('+12025550163', '5')).toBe(200)
    await vi.waitFor(() => expect(infos).toEqual(['application/dtmf-relay 5']), 5_000)
    await pbx.asterisk.rx('channel request hangup all')
  }, 20_000)

  it('shows who watches a number whether it is busy, by one hint for all', async () => {
    const states: string[] = []
    const watched = alice.watch('+46812340002', 6_000, (notify) => {
      states.push(/<state>(\w+)<\/state>/.exec(notify.body.toString())![1]!)
    })
    // Whatever made Asterisk look again at the phones may be told twice.
    await vi.waitFor(() => expect([...new Set(states)]).toEqual(['terminated']), 5_000)
    const carol = user('carol.in')
    const call = carol.call('+46812340002', { byeAfterMs: 500 })
    await vi.waitFor(() => expect(states).toContain('confirmed'), 5_000)
    expect((await call).answer.reply.start.status).toBe(200)
    await vi.waitFor(() => expect(states.at(-1)).toBe('terminated'), 5_000)
    expect(await watched).toBe(200)
    expect(await alice.watch('+46899999999', 100, () => {})).toBe(404)
  }, 20_000)

  it('lets a user record a greeting by keys (RFC 4733), which callers hear', async () => {
    let speech: Speech | undefined
    const channel = async () =>
      /^PJSIP\/alice-\S+?!(\w+)!\w+!\d+!\w+!(\w+)!/m.exec(await pbx.asterisk.rx('core show channels concise'))
    const application = (name: string) =>
      vi.waitFor(async () => expect((await channel())?.[2]).toBe(name), { timeout: 15_000, interval: 100 })
    const recorded = () => findFile(path.join(pbx.asterisk.dir, 'spool'), 'temp.WAV')
    const call = alice.speak('7', 60_000, (one) => {
      speech = one
    })
    await application('BackGround')
    speech!.press('1')
    await application('MinivmAccMess')
    // It is there once the prompt and the beep are over, and written when it is closed.
    await vi.waitFor(() => expect(recorded()).toBeDefined(), { timeout: 30_000, interval: 100 })
    const before = speech!.packets
    await vi.waitFor(() => expect(speech!.packets).toBeGreaterThan(before + 150), 10_000)
    speech!.press('#')
    // What was recorded is saved with 1, when the question is asked.
    await vi.waitFor(
      async () => {
        const isDone = (await channel())?.[2] !== 'MinivmAccMess'
        if (!isDone) speech!.press('1')
        expect(isDone).toBe(true)
      },
      { timeout: 30_000, interval: 1_500 }
    )
    await pbx.asterisk.rx('channel request hangup all')
    expect((await call).answer.reply.start.status).toBe(200)
    const file = recorded()!
    expect(fs.statSync(file).size).toBeGreaterThan(3_000)
    alice.onInvite = 486
    const left = bob.speak('+46812340001', 4_000)
    const played = await vi.waitFor(
      async () => {
        const line = /^PJSIP\/bob-\S+?!.*!Playback!(\S+?)!/m.exec(await pbx.asterisk.rx('core show channels concise'))
        expect(line).not.toBeNull()
        return line![1]!
      },
      { timeout: 5_000, interval: 50 }
    )
    expect(file).toContain(`${played}.WAV`)
    expect((await left).answer.reply.start.status).toBe(200)
  }, 90_000)
})

function findFile(folder: string, name: string): string | undefined {
  const found = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((file) => path.basename(file) === name)
  return found === undefined ? undefined : path.join(folder, found)
}
