import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { sshArguments } from '../../../../src/lib/net/ssh-stream.js'
import { readIniSensors, sensorAddress } from '../../../../src/lib/sensors/ini-sensors.js'
import { keyOfText, readEnvironmentKey, readKeyFile } from '../../../../src/lib/sensors/key-file.js'
import { chooseSensors, describeAddress, type KnownSensor, withKey } from '../../../../src/lib/sensors/sensor.js'
import { recordedKeyText } from '../../support/replayed-sniffer.js'
import { scratchFile } from '../../support/scratch.js'

const withCode = (code: string, message = /./) => expect.objectContaining({ code, message: expect.stringMatching(message) })
const { key, iv } = recordedKeyText
const noWarning = () => {}

describe('a key', () => {
  it('is found in the text of any file that it stands in', () => {
    for (const text of [
      JSON.stringify({ key, iv }),
      `managerport = 5029\n# manager_aes_key = old\nmanager_aes_key = ${key}\r\nmanager_aes_iv=${iv}\r\n`,
      `<?php\ndefine('VPMANAGER_AES_KEY', '${key}');\ndefine("VPMANAGER_AES_IV", "${iv}");\n`,
      `export PBXKIT_MANAGER_KEY=${key}\nPBXKIT_MANAGER_IV='${iv}'\n`,
      `key = "${key}"\niv = ${iv} ; a comment\n`,
      `${key}\n${iv}\n`
    ]) {
      expect(keyOfText(text), text).toEqual({ key, iv })
    }
  })

  it('is not made up of something else', () => {
    for (const text of [
      '',
      '{',
      '{"key":5,"iv":6}',
      `key = ${key}`,
      'one line',
      `${key}\n${iv}\n${iv}\n`,
      `monkey = ${key}\niv = ${iv}`
    ]) {
      expect(keyOfText(text), text).toBeUndefined()
    }
  })

  it('comes with the name of its source, and a word when others can read it', () => {
    const file = scratchFile('key', `${key}\n${iv}\n`, 0o644)
    const warnings: string[] = []
    expect(readKeyFile(file, (message) => warnings.push(message)).source).toBe(file)
    expect(warnings).toEqual([expect.stringContaining('readable by others')])
    expect(() => readKeyFile('/no/such/file', noWarning)).toThrow(withCode('E_CONFIG'))
    expect(() => readKeyFile(scratchFile('key', Buffer.alloc(300_000)), noWarning)).toThrow(withCode('E_CONFIG', /300000 bytes/))
  })

  it('of the environment needs its IV', () => {
    expect(readEnvironmentKey({})).toBeUndefined()
    expect(readEnvironmentKey({ PBXKIT_MANAGER_KEY: key, PBXKIT_MANAGER_IV: iv })?.key.key).toHaveLength(32)
    expect(() => readEnvironmentKey({ PBXKIT_MANAGER_KEY: key })).toThrow(withCode('E_CONFIG', /PBXKIT_MANAGER_IV is missing/))
    expect(() => readEnvironmentKey({ PBXKIT_MANAGER_IV: iv })).toThrow(withCode('E_CONFIG', /PBXKIT_MANAGER_KEY is missing/))
  })
})

describe('sensors of an ini file', () => {
  const sections = {
    'sensor prague': { id: '2', host: '10.0.0.1', cipher: 'aes-256-cbc', key, iv },
    'sensor brno.example.org': { ssh: 'root@brno', socket: '/tmp/vm' },
    'profile office': { host: 'x' }
  }

  it('have an address, a key of their own, and a source', async () => {
    const sensors = readIniSensors([{ path: '/etc/x.ini', sections }], noWarning)
    expect(sensors.map(({ name, address }) => [name, describeAddress(address)])).toEqual([
      ['prague', '10.0.0.1:5029'],
      ['brno.example.org', '/tmp/vm on root@brno (ssh)']
    ])
    const prague = await withKey(sensors[0]!, { sources: [] })
    expect(prague).toMatchObject({ cipher: 'aes-256-cbc', keySource: '/etc/x.ini [sensor prague]' })
    expect((await withKey(sensors[1]!, { sources: [] })).key).toBeUndefined()
  })

  it('of the first file win, and a key file is looked for beside the file that names it', async () => {
    const file = scratchFile('a.key', JSON.stringify({ key, iv }))
    const near = {
      path: path.join(path.dirname(file), 'near.ini'),
      sections: { 'sensor prague': { port: '1', 'key-file': 'a.key' } }
    }
    const [prague] = readIniSensors([near, { path: '/etc/x.ini', sections }], noWarning)
    expect(describeAddress(prague!.address)).toBe('127.0.0.1:1')
    expect((await withKey(prague!, { sources: [] })).keySource).toBe(file)
  })

  it('with a key in them deserve a word when others can read the file', async () => {
    const warnings: string[] = []
    const file = { path: scratchFile('x.ini', '', 0o644), sections }
    const [prague] = readIniSensors([file], (message) => warnings.push(message))
    expect(warnings).toEqual([])
    await withKey(prague!, { sources: [] })
    expect(warnings).toEqual([expect.stringContaining('readable by others')])
  })

  it('that are wrong say where', () => {
    const read = (values: Record<string, string>) => () =>
      readIniSensors([{ path: 'x.ini', sections: { 'sensor a': values } }], noWarning)
    expect(read({ hots: 'x' })).toThrow(withCode('E_CONFIG', /^x\.ini \[sensor a\]: unknown setting "hots"/))
    expect(read({})).toThrow(withCode('E_CONFIG', /host or socket is missing/))
    expect(read({ host: 'x', port: '0' })).toThrow(withCode('E_CONFIG', /port/))
    expect(read({ host: 'x', encrypt: 'maybe' })).toThrow(withCode('E_CONFIG', /encrypt is auto, on, off/))
    expect(read({ host: 'x', cipher: 'aes-128-ecb' })).toThrow(withCode('E_CONFIG', /aes-128-ecb is not used/))
    expect(read({ ssh: '-v' })).toThrow(withCode('E_CONFIG', /destination for ssh/))
  })
})

describe('choosing sensors', () => {
  const known = ['a', 'b'].map((name, at): KnownSensor => ({ name, id: at + 1, address: sensorAddress({}), source: 'x' }))

  it('goes by name, by id, or takes all, each once', () => {
    const names = (...wanted: string[]) => chooseSensors(known, wanted).map(({ name }) => name)
    expect(names('b', '1', 'b')).toEqual(['b', 'a'])
    expect(names('b', 'all')).toEqual(['b', 'a'])
    expect(() => names('c')).toThrow(withCode('E_USAGE', /no sensor "c"/))
    expect(() => chooseSensors([], ['all'])).toThrow(withCode('E_USAGE', /No sensors/))
  })

  it('looks for a key in the sensor, then in the common sources, and not at all when it is off', async () => {
    const source = (name: string) => () => ({ key: { key: Buffer.alloc(16), iv: Buffer.alloc(16) }, source: name })
    const own = { ...known[0]!, readKey: source('own') }
    expect((await withKey(own, { sources: [source('common')] })).keySource).toBe('own')
    expect((await withKey(known[0]!, { sources: [() => undefined, source('common')] })).keySource).toBe('common')
    expect((await withKey(own, { sources: [], encrypt: 'off' })).key).toBeUndefined()
    expect((await withKey({ ...own, encrypt: 'off' }, { sources: [] })).key).toBeUndefined()
    expect((await withKey({ ...own, encrypt: 'off' }, { sources: [], encrypt: 'on' })).keySource).toBe('own')
    await expect(withKey(known[0]!, { sources: [], encrypt: 'on' })).rejects.toThrow(withCode('E_USAGE'))
  })
})

it('the words for ssh hold the path in quotes and the destination behind --', () => {
  expect(sshArguments({ destination: 'h', target: { path: "/tmp/it's; rm -rf $x" } })).toEqual([
    '-T',
    '--',
    'h',
    "exec nc -U '/tmp/it'\\''s; rm -rf $x'"
  ])
  expect(sshArguments({ destination: 'h', target: { host: '::1', port: 5 }, batch: true })).toEqual([
    '-T',
    '-o',
    'BatchMode=yes',
    '-W',
    '[::1]:5',
    '--',
    'h'
  ])
})
