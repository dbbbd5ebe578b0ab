import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pbxkit, temporaryFolder } from './support/pbxkit.js'

/** A folder with a small PBX: two phones, a trunk, a mailbox. */
function folder(): string {
  const dir = temporaryFolder()
  const write = (name: string, text: string) => fs.writeFileSync(path.join(dir, name), text)
  write(
    'extensions.conf',
    `[inside]
exten => _10X,1,Dial(PJSIP/\${IF($["\${EXTEN}" = "101"]?alice:bob)},20)
 same => n,Goto(s-\${DIALSTATUS},1)
exten => _+X.,1,Dial(PJSIP/\${EXTEN}@\${TRUNK})
exten => s-BUSY,1,VoiceMail(\${CALLERID(num)},b)
exten => h,1,NoOp(\${DIALSTATUS})
exten => 9,1,Goto(9,1)
`
  )
  const phone = (name: string, number: string) =>
    `[${name}]\ntype = endpoint\ncontext = inside\naors = ${name}\ncallerid = ${number}\nset_var = TRUNK=itsp\n[${name}]\ntype = aor\nmax_contacts = 1\n`
  write(
    'pjsip.conf',
    `${phone('alice', '101')}${phone('bob', '102')}[itsp]\ntype = endpoint\naors = itsp\n[itsp]\ntype = aor\ncontact = sip:itsp.example\n`
  )
  return dir
}

const trace = (...args: string[]) => pbxkit(['dialplan', 'trace', ...args])

describe('dialplan trace', () => {
  it('shows each step, what it does, and how the call ends', async () => {
    const { status, stdout } = await trace('101', '--from', 'bob', '--dir', folder(), '--dial', 'BUSY')
    expect(status).toBe(0)
    expect(stdout.replace(/ +/g, ' ')).toBe(`101@inside:1 Dial(PJSIP/alice,20) extensions.conf:2
 matched by _10X
 rings PJSIP/alice: BUSY
 DIALSTATUS is BUSY
101@inside:2 Goto(s-BUSY,1) extensions.conf:3
s-BUSY@inside:1 VoiceMail(102,b) extensions.conf:5
h@inside:1 NoOp(BUSY) extensions.conf:6

rings PJSIP/alice (BUSY)
ends no priority 2 of s-BUSY in inside: falls through with BUSY
`)
  })

  it('says all of it as JSON', async () => {
    const { stdout } = await trace('+461234', '--from', 'alice', '--dir', folder(), '--json')
    const { devices, steps, legs, context } = JSON.parse(stdout)
    expect(devices).toMatchObject([{ device: 'PJSIP/+461234@itsp', endpoint: 'itsp', status: 'ANSWER' }])
    expect(steps[0]).toMatchObject({ matched: '_+X.', line: 4, application: 'Dial' })
    expect([context, legs[0].end]).toEqual(['inside', 'hangup'])
  })

  it('ends with 1 when the call comes nowhere, or goes round for ever', async () => {
    const dir = folder()
    expect(await trace('55', '--context', 'inside', '--dir', dir)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('55 is no extension')
    })
    expect(await trace('9', '--context', 'inside', '--dir', dir)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('again and again')
    })
  })

  it('tests a table of expectations', async () => {
    const dir = folder()
    const file = path.join(dir, 'numbers.txt')
    fs.writeFileSync(file, '101 from=bob -> alice\n102 from=alice dial=BUSY -> bob & VoiceMail()\n+4612 @inside -> itsp\n')
    expect(await trace('--expect', file, '--dir', dir, '--set', 'TRUNK=itsp')).toMatchObject({
      status: 0,
      stdout: '3 expectations, 0 differ\n'
    })
    fs.appendFileSync(file, '101 from=alice -> bob\n')
    expect(await trace('--expect', file, '--dir', dir, '--set', 'TRUNK=itsp')).toMatchObject({
      status: 1,
      stdout: `${file}:4: 101 @inside: expected bob, got PJSIP/alice\n4 expectations, 1 differ\n`
    })
    const { stdout } = await trace('--expect', file, '--dir', dir, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ met: 2, differing: 2 })
  })

  it.each([
    [['101'], 64, 'needs a context'],
    [[], 64, 'Either a number or --expect'],
    [['101', '--from', 'nobody'], 64, 'There is no endpoint nobody'],
    [['101', '-c', 'inside', '--set', 'x'], 64, '--set: "x" is not NAME=VALUE'],
    [['101', '-c', 'inside', '--result', 'x=y'], 64, 'neither APP=VARIABLE:VALUE'],
    [['101', '-c', 'inside', '--now', 'soon'], 64, '"soon" is no time'],
    [['101', '-c', 'inside', '--timezone', 'Mars/Base'], 64, 'is no time zone'],
    [['--expect', '/none/such'], 74, 'Cannot read /none/such']
  ])('refuses %j', async (args, status, message) => {
    expect(await trace(...args, '--dir', folder())).toMatchObject({ status, stderr: expect.stringContaining(message) })
  })

  it('says with the file and the line that extensions.conf cannot be read', async () => {
    const dir = temporaryFolder()
    expect(await trace('1', '-c', 'x', '--dir', dir)).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('extensions.conf')
    })
    fs.writeFileSync(path.join(dir, 'extensions.conf'), '[a]\n[oops\n')
    expect((await trace('1', '-c', 'x', '--dir', dir)).stderr).toContain('extensions.conf:2')
  })
})
