import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { isWithoutServer, redraw, statusText } from '../../../../src/lib/cli/proxy-status-text.js'
import { clientStatus, proxyStatus, serverStatus } from '../proxy/support/status.js'

const style = { format: 'table', what: undefined, width: Number.POSITIVE_INFINITY, forTerminal: true } as const
const hostile = proxyStatus({
  version: '1\x1b[1m',
  servers: [serverStatus({ banner: 'Asterisk\x1b]0;owned\x07' })],
  clients: [clientStatus({ user: 'eve\x1b[2J\n\u202eroot' })]
})

describe('the status as a table', () => {
  it('is a summary and two aligned tables', async () => {
    const text = await statusText(proxyStatus({ clients: [clientStatus(), clientStatus({ id: 20, user: 'b' })] }), style)
    const [summary, servers, clients] = text.split('\n\n').map((part) => part.trimEnd().split('\n'))
    expect(summary).toEqual(['pbxkit 1.2.3, up 2h: 1 of 1 server up, 2 clients, 12.3 events/s, 4 events dropped'])
    expect(servers![0]).toMatch(/^SERVER {2}ADDRESS .*SAYS$/)
    expect(servers).toHaveLength(2)
    expect(clients).toHaveLength(3)
    const userColumn = clients![0]!.indexOf('USER')
    expect(clients!.slice(1).map((line) => line.slice(userColumn).split(' ')[0])).toEqual(['panel', 'b'])
  })

  it('is as wide as the terminal, and may be one list only', async () => {
    const text = await statusText(proxyStatus(), { ...style, width: 40, what: 'clients' })
    expect(text).toMatch(/^ID {2}USER/)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40)
  })

  it('without clients has no empty table', async () => {
    expect((await statusText(proxyStatus({ clients: [] }), style)).split('\n\n')).toHaveLength(2)
  })

  it('shows escaped what the terminal would obey', async () => {
    const text = await statusText(hostile, style)
    expect(text).toContain('eve\\x1b[2J\\n\\u202eroot')
    expect(text).toContain('Asterisk\\x1b]0;owned\\x07')
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
  })
})

describe('the status for programs', () => {
  it('is one document that loses nothing', async () => {
    const text = await statusText(hostile, { ...style, format: 'json' })
    expect(JSON.parse(text)).toEqual(hostile)
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/)
    const line = await statusText(hostile, { ...style, format: 'ndjson' })
    expect([JSON.parse(line), line.trimEnd().includes('\n')]).toEqual([hostile, false])
  })

  it('is the rows of one list', async () => {
    const rows = await statusText(proxyStatus(), { ...style, format: 'json', what: 'servers' })
    expect(JSON.parse(rows)).toEqual([serverStatus()])
    const csv = await statusText(proxyStatus(), { ...style, format: 'csv', what: 'clients', forTerminal: false })
    expect(parse(csv, { columns: true })).toMatchObject([{ id: '1', user: 'panel', bytesOut: '3145728' }])
  })
})

describe('the answer', () => {
  it('is no when no server is up', () => {
    expect(isWithoutServer(proxyStatus())).toBe(false)
    expect(isWithoutServer(proxyStatus({ servers: [serverStatus({ state: 'booting' })] }))).toBe(true)
    expect(isWithoutServer(proxyStatus({ servers: [] }))).toBe(true)
  })
})

describe('a redraw', () => {
  it('writes over what is there, and clears the rest', () => {
    expect(redraw('a\nb\n', 24)).toBe('\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J')
  })

  it('is no taller than the terminal', () => {
    const text = Array.from({ length: 10 }, (_, at) => `line ${at}`).join('\n')
    expect(redraw(text, 5).split('\n')).toEqual([
      '\x1b[Hline 0\x1b[K',
      'line 1\x1b[K',
      'line 2\x1b[K',
      '… 7 more lines\x1b[K',
      '\x1b[J'
    ])
  })
})
