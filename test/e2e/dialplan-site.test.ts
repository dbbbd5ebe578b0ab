import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { pbxkit, program, temporaryFolder, writeFile } from './support/pbxkit.js'

const modeOf = (file: string) => fs.statSync(file).mode & 0o777

function site() {
  const file = path.join(temporaryFolder(), 'privatedial.ini')
  const run = (args: string[], input = '') => pbxkit(['dialplan', ...args, '--site', file], { input })
  const init = (...more: string[]) => run(['init', '--domain', 'pbx.example.com', '--country-code', '46', ...more])
  return { file, run, init, text: () => fs.readFileSync(file, 'utf8') }
}

describe('dialplan init', () => {
  it('writes a site for its owner alone, says what comes next, and does not overwrite', async () => {
    const { file, init, text } = site()
    const secret = writeFile('prov;ided\n')
    const trunk = [
      '--trunk',
      'itsp:mydoe',
      '--trunk-hosts',
      '192.0.2.10',
      '--trunk-username',
      'doe',
      '--trunk-secret-file',
      secret
    ]
    const { status, stdout, stderr } = await init(
      '--external-address',
      'sip.example.com',
      ...trunk,
      '--user',
      'anna,+46701234567,Anna,anna@example.com'
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toContain('pbxkit dialplan render')
    expect(modeOf(file)).toBe(0o600)
    const before = text()
    expect(before).toMatch(/^\[user:anna\]\nnumber = \+46701234567\ndisplay = Anna\nemail = anna@example.com\nsecret = \w{32}$/m)
    expect(before).toContain('secret = prov\\;ided\n')
    expect(stderr).not.toMatch(/\w{32}/)
    expect(await init()).toMatchObject({ status: 64, stderr: expect.stringContaining('--force') })
    expect(text()).toBe(before)
    expect(await init('--force', '--json')).toMatchObject({ status: 0, stdout: expect.stringContaining(file) })
    expect(text()).not.toContain('anna')
  })

  it('names the flag that is missing, and every wrong value', async () => {
    const { file, run } = site()
    expect(await run(['init'])).toMatchObject({ status: 64, stdout: '', stderr: expect.stringContaining('--domain is missing') })
    expect((await run(['init'])).stderr).toContain('Give --domain and --country-code')
    expect(
      await run(['init', '--domain', 'a.example', '--country-code', '46', '--smtp-host', 'mx', '--smtp-user', 'u'])
    ).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('--smtp-password-file is missing')
    })
    const wrong = await run(['init', '--domain', 'a b', '--country-code', '046', '--user', 'Anna,0702'])
    expect(wrong).toMatchObject({ status: 65, stdout: '' })
    for (const word of ['site.domain "a b"', 'site.country_code "046"', '"Anna"', '"0702"']) expect(wrong.stderr).toContain(word)
    expect(fs.existsSync(file)).toBe(false)
  })

  it("takes the mail server of upstream's minivm.conf, and puts the password into a file", async () => {
    const { file, init, text } = site()
    const conf = writeFile(
      '[general]\nmailcmd = minivm-send -H mx.example.com:587 -P starttls -u doe -p geheim -f vm@example.com\n'
    )
    expect(await init('--minivm-conf', conf)).toMatchObject({ status: 0 })
    const password = path.join(path.dirname(file), 'smtp.password')
    expect([fs.readFileSync(password, 'utf8'), modeOf(password)]).toEqual(['geheim\n', 0o600])
    expect(text()).not.toContain('geheim')
    expect(text()).toContain(
      `[smtp]\nhost = mx.example.com\nport = 587\nsecurity = starttls\nuser = doe\npassword_file = ${password}\n`
    )
  })
})

describe('dialplan init and mail', () => {
  it('takes a mail server from flags; without one it tells who waits for voice mail', async () => {
    const { file, init, run, text } = site()
    const user = ['--user', 'anna,+46701234567,Anna,anna@example.com']
    await init(...user)
    expect((await run(['user', 'list'])).stderr).toContain('there is a mail address, and no voice mail')
    const secret = writeFile('geheim\n')
    const mail = ['--smtp-host', 'mx.example.com', '--smtp-user', 'doe', '--smtp-password-file', secret]
    const { status, stderr } = await init('--force', ...user, ...mail)
    expect({ status, told: stderr.includes('has to be able to read') }).toEqual({ status: 0, told: true })
    const password = path.join(path.dirname(file), 'smtp.password')
    expect([fs.readFileSync(password, 'utf8'), modeOf(password)]).toEqual(['geheim\n', 0o600])
    expect(text()).toContain(`[smtp]\nhost = mx.example.com\nuser = doe\npassword_file = ${password}\n`)
    expect(await run(['user', 'list'])).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('dialplan user and trunk', () => {
  it('add, list and remove, and the file keeps its comments', async () => {
    const { file, run, init, text } = site()
    await init()
    fs.appendFileSync(file, '; my own words\n')
    const before = text()
    const added = await run(['user', 'add', 'anna', '--number', '+46701234567', '--display', 'Anna Åberg', '--show-secret'])
    expect(added).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\w{32}\n$/) })
    expect(text()).toContain(`secret = ${added.stdout}`)
    const piped = await run(
      ['trunk', 'add', 'itsp', '--hosts', '192.0.2.10', '--username', 'doe', '--secret-file', '-'],
      'provided\n'
    )
    expect(piped).toMatchObject({ status: 0, stdout: '' })
    expect(parse((await run(['user', 'list', '--format', 'csv'])).stdout, { columns: true })).toMatchObject([
      { name: 'anna', number: '+46701234567', display: 'Anna Åberg', access: 'inout', trunk: 'itsp' }
    ])
    const listed = JSON.parse((await run(['trunk', 'list', '--json'])).stdout)
    expect(listed).toMatchObject([{ name: 'itsp', hosts: ['192.0.2.10'], users: 1 }])
    expect(JSON.stringify(listed)).not.toContain('provided')
    expect((await run(['user', 'list'])).stdout).toMatch(/^NAME +NUMBER[\s\S]*anna +\+46701234567 +Anna Åberg/)
    expect(await run(['trunk', 'rm', 'itsp'])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('anna went out through it')
    })
    expect(await run(['user', 'rm', 'anna'])).toMatchObject({ status: 0 })
    expect(await run(['user', 'rm', 'anna', '--json'])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('"removed": false')
    })
    expect(text().trimEnd()).toBe(before.trimEnd())
  })

  it('take many users at once, or none of them', async () => {
    const { run, init, text } = site()
    await init()
    const before = text()
    const wrong = writeFile('name,number\nanna,+46701234567\nb;o,0702\n', { name: 'staff.csv' })
    const refused = await run(['user', 'add', '--from', wrong])
    expect(refused).toMatchObject({
      status: 65,
      stdout: '',
      stderr: expect.stringContaining(`${wrong}:3: user b;o: number "0702"`)
    })
    expect(text()).toBe(before)
    const good = await run(
      ['user', 'add', '--from', '-', '--json', '--show-secret'],
      '{"name":"anna","number":"+46701234567"}\n{"name":"bo","number":"+46701234568","secret":"correct-horse-8"}\n'
    )
    expect(JSON.parse(good.stdout).users).toEqual([{ name: 'anna', secret: expect.stringMatching(/^\w{32}$/) }, { name: 'bo' }])
    expect(JSON.parse((await run(['user', 'list', '--json'])).stdout)).toHaveLength(2)
  })

  it('say what is missing in a pipe, and take no secret as an argument', async () => {
    const { run, init } = site()
    await init()
    expect(await run(['user', 'add'])).toMatchObject({ status: 64, stderr: expect.stringContaining('NAME is missing') })
    expect(await run(['user', 'add', 'anna'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('--number is missing')
    })
    expect(await run(['trunk', 'add', 'a', '--hosts', '192.0.2.1', '--username', 'u'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('--secret-file is missing')
    })
    expect(await run(['user', 'add', 'anna', '--number', '+46701234567', '--secret', 'x'])).toMatchObject({ status: 64 })
    const list = await run(['user', 'list', '--users', '/nowhere.csv', '--json'])
    expect(list.status).toBe(78)
    expect(JSON.parse(list.stdout).error.code).toBe('E_CONFIG')
  })

  it('tell the errors of a site as JSON, each with its place', async () => {
    const file = writeFile('[site]\ndomian = a\n[user:x]\n', { name: 'x.ini' })
    const { status, stdout } = await pbxkit(['dialplan', 'user', 'list', '--site', file, '--json'])
    expect(status).toBe(65)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'E_SITE',
      details: { problems: expect.arrayContaining([expect.objectContaining({ file, line: 2, code: 'unknown-field' })]) }
    })
  })
})

const script = path.join(import.meta.dirname, 'support/terminal.py')
const hasPython = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0

describe.skipIf(!hasPython)('dialplan init on a terminal (needs python3)', () => {
  it('asks until the answers are right, then there is a site', async () => {
    const file = path.join(temporaryFolder(), 'privatedial.ini')
    const steps = [
      ['Host name of the PBX', 'no good\r'],
      ['is no host name', '\x15pbx.example.com\r'],
      ['Country code', '46\r'],
      ['Outside address', '\r'],
      ['Is there a SIP trunk?', '\x1b[B\r'],
      ['Mail server', 'mx.example.com\r'],
      ['User name there', 'doe\r'],
      ['Password of doe', 'geheim\r'],
      ['Name of the user', 'anna.berg\r'],
      ['Number, such as', '+46701234567\r'],
      ['Name on the display', '\r'],
      ['Mail address', '\r'],
      ['One more user?', '\x1b[B\r']
    ]
    const child = spawn(
      'python3',
      [script, JSON.stringify(steps), process.execPath, program, 'dialplan', 'init', '--site', file],
      {
        env: { ...process.env, HOME: path.dirname(file), XDG_CONFIG_HOME: path.dirname(file), TERM: 'xterm' },
        stdio: ['ignore', 'pipe', 'inherit']
      }
    )
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect(status, shown).toBe(0)
    expect(fs.readFileSync(file, 'utf8')).toMatch(
      /domain = pbx.example.com\n[\s\S]*\[smtp\]\nhost = mx.example.com\nuser = doe\npassword_file = \S+\/smtp.password\n[\s\S]*\[user:anna.berg\]\nnumber = \+46701234567\ndisplay = Anna Berg\nsecret = \w{32}\n$/
    )
  })
})
