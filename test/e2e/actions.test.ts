import { describe, expect, it } from 'vitest'
import { asAdmin, freePort, pbxkit, secret, simulator } from './support/pbxkit.js'

const actions = (...args: string[]) => pbxkit(['ami', 'actions', ...args], { env: secret })

describe('ami actions --offline', () => {
  it('lists the bundled actions, in each format', async () => {
    const table = await actions('--offline')
    expect(table).toMatchObject({ status: 0, stderr: '' })
    expect(table.stdout.split('\n')[0]).toMatch(/^NAME +REQUIRED +OPTIONAL/)
    const rows = JSON.parse((await actions('--offline', '--json')).stdout) as { name: string; required: string[] }[]
    expect(rows.length).toBeGreaterThan(150)
    expect(rows.find(({ name }) => name === 'Hangup')!.required).toEqual(['Channel'])
    const lines = (await actions('--offline', '--format', 'ndjson')).stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(rows)
    expect((await actions('--offline', '--format', 'csv')).stdout.split('\r\n')[0]).toBe('name,required,optional,module')
  })

  it('filters by what a row has, in any of several words too', async () => {
    const { stdout } = await actions('--offline', '--json', '--filter', 'Name=Queue*,required=Interface')
    const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name)
    expect(names).toContain('QueueAdd')
    expect(names).not.toContain('QueueSummary')
  })

  it('explains an action with an example that ami send takes', async () => {
    const { status, stdout } = await actions('originate', '--offline')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Originate\n/)
    expect(stdout).toContain('Channel*')
    const example = /^pbxkit (ami send .*)$/m.exec(stdout)![1]!
    const sent = await pbxkit([...example.split(' '), '--dry-run'])
    expect(sent).toMatchObject({ status: 0, stderr: '' })
    expect(sent.stdout).toContain('Channel: PJSIP/alice\r\n')
  })

  it('explains an event, where there is no such action or with --events', async () => {
    const json = async (...args: string[]) => JSON.parse((await actions(...args, '--offline', '--json')).stdout)
    expect(await json('Newchannel')).toMatchObject({ kind: 'event', class: 'call', source: 'bundled' })
    expect(await json('Hangup')).toMatchObject({ kind: 'action', syntax: 'Hangup Channel=VALUE [Cause=VALUE]' })
    expect(await json('Hangup', '--events')).toMatchObject({ kind: 'event' })
  })

  it('suggests the nearest: 64', async () => {
    const { status, stdout, stderr } = await actions('Originat', '--offline')
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr).toContain('Did you mean Originate')
  })
})

describe('ami actions of a server', () => {
  it('lists what the server names, with privileges', async () => {
    const { port } = await simulator()
    const { status, stdout } = await actions(...asAdmin(port), '--json')
    expect(status).toBe(0)
    const rows = JSON.parse(stdout) as { name: string; privilege: string[] }[]
    expect(rows.length).toBeLessThan(50)
    expect(rows.find(({ name }) => name === 'Originate')!.privilege).toEqual(['originate', 'all'])
  })

  it('takes fields from the bundled catalogue where the server does not document them, and says so', async () => {
    const { port } = await simulator()
    const { stdout } = await actions('Getvar', ...asAdmin(port), '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'Getvar',
      privilege: ['call', 'reporting', 'all'],
      source: 'bundled',
      synopsis: expect.any(String)
    })
  })

  it('remarks upon an action that the server does not list', async () => {
    const { port } = await simulator()
    const { status, stderr } = await actions('QueueAdd', ...asAdmin(port))
    expect(status).toBe(0)
    expect(stderr).toContain('does not list QueueAdd')
  })

  it('falls back on the bundled catalogue where no user is known, and fails where the server does not answer', async () => {
    const bare = await pbxkit(['ami', 'actions', 'Ping'])
    expect(bare.status).toBe(0)
    expect(bare.stderr).toContain('bundled catalogue')
    expect((await actions(...asAdmin(await freePort()))).status).toBe(69)
  })
})
