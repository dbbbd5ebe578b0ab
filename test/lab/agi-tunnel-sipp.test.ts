import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AsteriskPlace } from './servers/asterisk.js'
import { defaultFiles } from './servers/asterisk-config.js'
import { prepareAsterisk } from './servers/asterisk-root.js'
import { installPackages as installDebian } from './servers/packages.js'
import { choosePort } from './servers/ports.js'
import { type AgiLibrary, agiLibraries } from './support/agi-libraries.js'
import { describeLabWith } from './support/debian-clients.js'
import { installPackages } from './support/libraries.js'
import { dialplanOfGuide } from './support/outcome-rows.js'
import { Program, scratchFile } from './support/program.js'
import { TunnelLab } from './support/tunnel-lab.js'

/** As the guide has it; we only want to be told how it went. */
const dialplan = `
${dialplanOfGuide()}
exten => h,1,UserEvent(AfterSip,User: \${SANDBOX_USERNAME},Status: \${AGISTATUS},Outcome: \${BRIDGE_OUTCOME},Reason: \${BRIDGE_REASON},Word: \${WORD})

[globals]
GREETING=hello there
`

/** Takes calls of anybody who says to be `phone`. */
const endpoint = `
[phone]
type = endpoint
context = phones
disallow = all
allow = ulaw
aors = phone
`

/** A phone that calls, is answered, and waits to be hung up on; or one that is refused. */
const calls = (isAnswered: boolean) => `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="calls a user of the tunnel">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:phone@[local_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="${isAnswered ? 200 : 480}" rrs="true"/>
  <send><![CDATA[
ACK ${isAnswered ? '[next_url]' : 'sip:[service]@[remote_ip]:[remote_port]'} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch${isAnswered ? '' : '-2'}]
From: <sip:phone@[local_ip]>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>${
  isAnswered
    ? `
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>`
    : ''
}
</scenario>
`

const packages = [...new Set(Object.values(agiLibraries).flatMap(({ debian }) => debian))]

await describeLabWith(
  ['sip-tester', ...packages],
  'a SIP call through Asterisk 22 and the tunnel to AGI programs of others',
  () => {
    let lab: TunnelLab
    let sipPort: number

    beforeAll(async () => {
      await installDebian(['sip-tester', ...packages])
      lab = await TunnelLab.start('tunnel-sipp', {
        // The path is there for who has an application for each.
        more: (url) => dialplan.replace('agi://127.0.0.1:4574', `${url}ivr`),
        files: { 'pjsip.conf': ({ ports, dir }: AsteriskPlace) => defaultFiles(ports, dir)['pjsip.conf']! + endpoint }
      })
      sipPort = lab.asterisk.sipPort
    })

    afterAll(() => lab?.stop())

    afterEach(() => lab.endPrograms())

    /** SIPp calls a user. Its exit status says whether all came as the scenario wants. @returns what the dialplan found */
    async function sipCall(user: string, { isAnswered, count = 1 }: { isAnswered: boolean; count?: number }): Promise<string[]> {
      const from = lab.ami.messages.length
      const port = await choosePort(undefined, new Set())
      const limits = ['-m', String(count), '-l', String(count), '-r', '10', '-nostdin', '-timeout', '30', '-timeout_error']
      const place = ['-i', '127.0.0.1', '-p', String(port), `127.0.0.1:${sipPort}`, '-s', user]
      const phone = lab.run(
        new Program(['-sf', scratchFile('uac.xml', calls(isAnswered)), ...limits, ...place], { command: ['sipp'] })
      )
      const { status, stdout, stderr } = await phone.end(40_000)
      expect({ status, said: status === 0 ? '' : stdout.toString().slice(-1_500) + stderr }).toEqual({ status: 0, said: '' })
      const events = () => lab.ami.messages.slice(from).filter((message) => message.is({ UserEvent: 'AfterSip', User: user }))
      await expect.poll(() => events().length).toBe(count)
      return events().map((event) => ['Status', 'Outcome', 'Reason', 'Word'].map((name) => event.get(name) || '-').join(' '))
    }

    /** Makes the program run, or ready to be run. @returns the flag for the client */
    async function prepare(library: AgiLibrary): Promise<string[]> {
      let env: Record<string, string> = {}
      if (library.npm.length > 0) {
        const installed = await installPackages('agi-libraries', library.npm)
        if ('reason' in installed) throw new Error(installed.reason)
        env = { LAB_FROM: installed.from }
      }
      const file = scratchFile('library', library.program)
      if (library.form === 'script') {
        fs.chmodSync(file, 0o700)
        return ['--exec', file]
      }
      const port = String(await choosePort(undefined, new Set()))
      const server = lab.run(new Program([file, port], { command: library.command, env }))
      await server.prints((text) => text.includes('listening'), 'that it listens')
      return ['--app', port]
    }

    for (const [name, library] of Object.entries(agiLibraries)) {
      describe(name, () => {
        it.each(['2', '1'] as const)('answers a call that SIPp makes, by protocol %s', async (protocol) => {
          await lab.serve()
          const client = await lab.connect(protocol, ...(await prepare(library)))
          expect(await sipCall('alice', { isAnswered: true })).toEqual([
            `SUCCESS SUCCESS - alice ${library.greeting ?? 'hello there'}`
          ])
          const end = await client.prints((text) => /^(.*"event":"call-end".*)$/m.exec(text)?.[1], 'the end of the call')
          expect(JSON.parse(end!)).toMatchObject({ commands: 4 })
        })
      })
    }

    // Perl, 2004: no library, and nothing that we could have had in mind.
    it.each(['2', '1'] as const)("runs the test program of Asterisk's own authors, by protocol %s", async (protocol) => {
      await lab.serve()
      const file = path.join(await prepareAsterisk(22), 'usr/share/doc/asterisk-config/examples/agi-test.agi')
      const copy = scratchFile('agi-test.agi', fs.readFileSync(file, 'utf8'))
      fs.chmodSync(copy, 0o700)
      const client = await lab.connect(protocol, '--exec', copy)
      // It does not answer, which is the dialplan's affair here. It plays a file that it has not got: that is a failure for Asterisk.
      expect(await (await lab.call()).outcome).toBe('FAILURE SUCCESS -')
      // RECORD FILE is not permitted to those behind the tunnel.
      await client.says(/6\. {2}Testing 'record'\.\.\.FAIL \(unexpected result '510 /)
      await client.says(/7 tests completed, 6 passed, 1 failed/)
    })

    it('takes ten calls at the same time', async () => {
      await lab.serve()
      await lab.connect('2', ...(await prepare(Object.values(agiLibraries)[0]!)))
      const found = await sipCall('alice', { isAnswered: true, count: 10 })
      expect(new Set(found)).toEqual(new Set(['SUCCESS SUCCESS - alice hello there']))
    })

    it('refuses a call for somebody who is not connected', async () => {
      await lab.serve()
      expect(await sipCall('nobody', { isAnswered: false })).toEqual(['SUCCESS FAILED not-connected -'])
    })
  }
)
