import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../../src/lib/errors.js'
import {
  clientRows,
  formatAge,
  formatBytes,
  healthOf,
  readStatus,
  serverRows,
  summaryOf
} from '../../../../src/lib/proxy/status.js'
import { clientStatus, proxyStatus, serverStatus } from './support/status.js'

describe('health', () => {
  const of = (...states: ('up' | 'down' | 'booting')[]) =>
    healthOf(
      proxyStatus({ servers: states.map((state, at) => serverStatus({ name: `s${at}`, state, lastError: 'secret reason' })) })
    )

  it('is ok, degraded or down by the servers', () => {
    expect(of('up', 'up')).toMatchObject({ status: 'ok', httpStatus: 200 })
    expect(of('up', 'down')).toMatchObject({ status: 'degraded', httpStatus: 200 })
    expect(of('down', 'booting')).toMatchObject({ status: 'down', httpStatus: 503 })
    expect(of()).toMatchObject({ status: 'down', httpStatus: 503 })
  })

  it('tells states and no more: anybody may ask', () => {
    expect(of('up', 'down').body).toEqual({
      status: 'degraded',
      draining: false,
      uptimeS: 7200,
      clients: 1,
      servers: [
        { name: 's0', state: 'up' },
        { name: 's1', state: 'down' }
      ]
    })
  })
})

describe('a status from a socket', () => {
  it('is one, or is refused', () => {
    expect(readStatus(proxyStatus())).toEqual(proxyStatus())
    for (const other of [null, 1, 'x', [], {}, { servers: [] }, { servers: [1], clients: [] }, { servers: {}, clients: [] }])
      expect(() => readStatus(other), JSON.stringify(other)).toThrow(ProtocolError)
  })

  it('of another version is shown as far as it goes', () => {
    const bare = readStatus({ servers: [{ name: 'a' }], clients: [{ id: 1 }] })
    expect(serverRows(bare)[0]).toMatchObject({ server: 'a', for: '', lag: '' })
    expect(clientRows(bare)[0]).toMatchObject({ id: 1, user: '-', queue: '' })
    expect(summaryOf(bare)).toContain('0 of 1 server up')
  })
})

describe('rows for people', () => {
  it('tell ages by the clock of the proxy, and sizes with their units', () => {
    const [up, down] = serverRows(
      proxyStatus({
        servers: [
          serverStatus(),
          serverStatus({
            host: '::1',
            tls: true,
            state: 'down',
            since: '2026-03-01T11:58:30Z',
            lastError: 'refused',
            lagMs: null
          })
        ]
      })
    )
    expect(up).toEqual({
      server: 'a',
      address: '10.0.0.1:5038',
      state: 'up',
      for: '2h',
      reconnects: 2,
      'in flight': 3,
      'events/s': '12.3',
      received: '1.5 KB',
      lag: '1.5 ms',
      says: 'Asterisk Call Manager/9.0.0'
    })
    expect(down).toMatchObject({ address: '[::1]:5038 (TLS)', for: '1m 30s', lag: '', says: 'refused' })
    const [client] = clientRows(proxyStatus({ clients: [clientStatus({ output: 'json', queueBytes: 2048, queuedMs: 2500 })] }))
    expect(client).toMatchObject({ format: 'standard>json', for: '7s', queue: '2.0 KB', waiting: '2.5 s', sent: '3.0 MB' })
  })

  it('sum up in a line', () => {
    expect(summaryOf(proxyStatus())).toBe('pbxkit 1.2.3, up 2h: 1 of 1 server up, 1 client, 12.3 events/s, 4 events dropped')
    expect(summaryOf(proxyStatus({ draining: true }))).toContain('up 2h, draining:')
  })

  it('show two units of an age, and of a size one', () => {
    const ages = [0, 400, 59_600, 3_600_000, 3_661_000, 90_061_000, -5, Number.NaN].map(formatAge)
    expect(ages).toEqual(['0s', '0s', '1m', '1h', '1h 1m', '1d 1h', '0s', ''])
    expect([0, 1023, 1024, 1024 ** 3, 1024 ** 7].map(formatBytes)).toEqual(['0 B', '1023 B', '1.0 KB', '1.0 GB', '1048576.0 PB'])
  })
})
