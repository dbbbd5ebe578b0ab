import { afterEach, describe, expect, it } from 'vitest'
import { parseAstmanproxyConf } from '../../../../../src/lib/proxy/legacy/astmanproxy-conf.js'
import { parseAstmanproxyUsers } from '../../../../../src/lib/proxy/legacy/astmanproxy-users.js'
import { flagsOfLegacy, serversOfLegacy } from '../../../../../src/lib/proxy/legacy/legacy-flags.js'
import { readRecording } from './recording.js'
import { type RunningReplay, replay, type Setup } from './replay.js'
import { scenarios } from './tables/scenarios.js'

let running: RunningReplay | undefined
afterEach(async () => {
  await running?.stop()
  running = undefined
})

const setupOf = (name: string): Setup => scenarios.find((scenario) => scenario.name === name)!.setup

async function replayed(file: string, setup = setupOf(file.replace(/^v130-/, ''))): Promise<RunningReplay> {
  running = await replay(file, setup)
  return running
}

for (const file of ['22-what-asterisk-sees', 'v130-22-what-asterisk-sees']) {
  describe(file, () => {
    it(`${file}: what Asterisk receives — fixed: neither ProxyKey nor Server nor a second ActionID; keep: all else, in order`, async () => {
      const { doubles, recording } = await replayed(file)
      const seen = recording.remarks
        .filter((remark) => remark.startsWith('T "'))
        .map((remark) => JSON.parse(remark.slice(2)) as string)
      expect(seen[1]).toContain('ProxyKey: thekey\r\nServer: 127.0.0.1\r\n')
      // Login is first, and the block that is no action is last: it does not get there any more.
      const actions = seen
        .slice(1, -1)
        .map((text) => text.split('\r\n').filter((line) => !/^(ProxyKey|Server|ActionID): /.test(line)))
      const ours = doubles[0]!.asked.map((text) => text.trimEnd().split('\r\n'))
      expect(ours.map((lines) => lines.filter((line) => !line.startsWith('ActionID: ')))).toEqual(actions)
      for (const lines of ours) expect(lines.filter((line) => /^ActionID: pbxkit/.test(line))).toHaveLength(1)
    })
  })
}

for (const file of ['18-upstream-secret-with-capitals', 'v130-18-upstream-secret-with-capitals']) {
  it(`${file}: the host line — keep: as 1.30 read it; fixed: 1.22 had made the secret small`, async () => {
    const line = readRecording(file).remarks.find((remark) => remark.startsWith('host = '))!
    const { settings, findings } = parseAstmanproxyConf(`${line}\nacceptunencryptedconnection = yes\n`, 'astmanproxy.conf')
    expect(findings).toEqual([])
    const [server] = serversOfLegacy(settings.hosts, undefined)
    expect(server).toMatchObject({ host: '127.0.0.1', port: 15038, username: 'admin', secret: 'Adm1nSecret' })
    const { doubles } = await replayed(file)
    expect(doubles[0]!.server.received).toContain('Username: admin\r\nSecret: Adm1nSecret\r\n')
  })
}

for (const file of ['24-empty-secret', 'v130-24-empty-secret']) {
  it(`${file}: a users file with an empty secret — fixed: it is an error that names the line, and the user is left out`, () => {
    expect(readRecording(file).remarks).toContain('users file has "empty=" and "bill=pass"')
    const { users, findings } = parseAstmanproxyUsers('empty=\nbill=pass\n', 'astmanproxy.users')
    expect(users.map(({ name }) => name)).toEqual(['bill'])
    expect(findings).toMatchObject([{ severity: 'error', line: 1, code: 'no-secret' }])
  })
}

for (const file of ['06-proxykey', 'v130-06-proxykey']) {
  it(`${file}: proxykey = FooBar — fixed: the key keeps its case`, () => {
    expect(readRecording(file).remarks[0]).toContain('proxykey = FooBar in the config file')
    expect(parseAstmanproxyConf('proxykey = FooBar\n', 'astmanproxy.conf').settings.proxyKey).toBe('FooBar')
  })
}

for (const file of ['01-banner-login', 'v130-01-banner-login']) {
  it(`${file}: the banner — keep: to the byte where forcebanner names it`, async () => {
    const { banner } = readRecording(file).connections[0]!
    const { settings } = parseAstmanproxyConf(`forcebanner = "${banner.trimEnd()}"\n`, 'astmanproxy.conf')
    const { banners } = await replayed(file, { options: { banner: settings.forceBanner } })
    expect(banners[0]).toBe(banner)
  })
}

describe('an astmanproxy.conf', () => {
  it('has Server: appended to all that comes from a server, as in all recordings, with one server too', () => {
    const { settings } = parseAstmanproxyConf('host = 127.0.0.1, 5038, a, b, on, off\n', 'astmanproxy.conf')
    expect(flagsOfLegacy(settings)['server-header']).toBe('always')
  })
})
