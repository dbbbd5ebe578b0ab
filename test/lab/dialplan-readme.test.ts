import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { choosePort } from './servers/ports.js'
import { describeLab } from './support/lab.js'
import { Phone } from './support/phone.js'
import { binary, cleanEnv, Program, scratchFolder } from './support/program.js'
import { modules, providerHost } from './support/rendered-pbx.js'

/** The lines of the block under this heading, as they are printed. */
function readmeLines(heading: string): string[] {
  const text = fs.readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, block] = text.slice(text.indexOf(`### ${heading}`)).split('```')
  return block!
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
}

await describeLab('the first call, as the README has it', () => {
  let asterisk: RunningAsterisk
  let trunk: Program
  let folder: string
  const printed: Record<string, string> = {}
  const open: Phone[] = []

  beforeAll(async () => {
    folder = scratchFolder('readme')
    const sip = await choosePort(undefined, new Set())
    const provider = await choosePort(undefined, new Set([sip]))
    const shim = path.join(folder, 'bin')
    fs.mkdirSync(shim)
    fs.writeFileSync(path.join(shim, 'pbxkit'), `#!/bin/sh\nexec '${process.execPath}' '${binary}' "$@"\n`, { mode: 0o755 })
    const env = cleanEnv({ PATH: `${shim}:${process.env.PATH}` })
    for (const line of readmeLines('Three people and a trunk, up to a call')) {
      // The provider is SIPp on this machine.
      const command = line.replace('192.0.2.10', `${providerHost}:${provider}`)
      const { stdout } = await promisify(execFile)('sh', ['-e', '-c', command], { cwd: folder, env })
      printed[line] = stdout
      // Only what one machine with other servers needs: ports of this test's own.
      if (line.startsWith('pbxkit dialplan init')) {
        const ports = `\n[transport]\nudp.bind = 127.0.0.1\nudp.port = ${sip}\ntcp.enabled = no\ntls.enabled = no\n`
        fs.appendFileSync(path.join(folder, 'privatedial.ini'), ports)
      }
    }
    const etc = path.join(folder, 'etc')
    const files = fs.readdirSync(etc).filter((name) => name.endsWith('.conf'))
    const textOf = (name: string) => fs.readFileSync(path.join(etc, name), 'utf8')
    asterisk = await startAsterisk({
      name: 'readme',
      sipPort: sip,
      files: { 'modules.conf': modules, ...Object.fromEntries(files.map((name) => [name, textOf(name)])) }
    })
    // Asterisk asks every minute whether the trunk is there; -aa answers that.
    const where = [
      '-i',
      providerHost,
      '-p',
      String(provider),
      '-aa',
      '-nostdin',
      '-trace_msg',
      '-message_file',
      path.join(folder, 'sipp.log')
    ]
    trunk = new Program(['-sn', 'uas', ...where], { command: ['sipp'] })
  })
  afterAll(async () => {
    for (const phone of open) phone.close()
    trunk?.kill('SIGKILL')
    await asterisk?.stop()
  })

  const phone = (name: string) => {
    const site = fs.readFileSync(path.join(folder, 'privatedial.ini'), 'utf8')
    const password = new RegExp(`\\[user:${name}\\][^[]*\\nsecret = (\\S+)`).exec(site)![1]!
    const one = new Phone(name, asterisk.sipPort, { password })
    open.push(one)
    return one
  }

  it('says who would ring', () => {
    const traces = Object.entries(printed).filter(([line]) => line.startsWith('pbxkit dialplan trace'))
    expect(traces.map(([, text]) => /^rings +(\S+)/m.exec(text)?.[1])).toEqual([
      expect.stringContaining('PJSIP/bo/'),
      expect.stringContaining('PJSIP/+12025550160@itsp')
    ])
  })

  it('rings the other phone, and the trunk', async () => {
    const anna = phone('anna')
    const bo = phone('bo')
    expect(await anna.register()).toBe(200)
    expect(await bo.register()).toBe(200)
    expect(await anna.dial('0812340002')).toBe(200)
    expect(bo.invites).toHaveLength(1)
    expect(bo.invites[0]!.from.uriText).toContain('sip:+46812340001@')
    expect(await anna.dial('+12025550160')).toBe(200)
    expect(fs.readFileSync(path.join(folder, 'sipp.log'), 'latin1')).toMatch(/INVITE sip:\+12025550160@/)
  }, 30_000)
})
