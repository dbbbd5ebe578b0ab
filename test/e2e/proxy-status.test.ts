import fs from 'node:fs'
import path from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startControl } from '../../src/lib/control/control-server.js'
import type { ProxyStatus } from '../../src/lib/proxy/status.js'
import { clientStatus, proxyStatus, serverStatus } from '../unit/lib/proxy/support/status.js'
import { pbxkit, Running, temporaryFolder } from './support/pbxkit.js'

/** A service that says what a proxy would, in this process. */
async function service(status: () => unknown, file = path.join(temporaryFolder(), 'proxy.sock')) {
  const stop = new AbortController()
  const control = await startControl(file, { status }, stop.signal)
  const end = async () => {
    stop.abort()
    await control.closed
  }
  onTestFinished(end)
  return { file, end }
}

const down = proxyStatus({ servers: [serverStatus({ state: 'down', lastError: 'nobody\x1b[2J there' })] })

describe('proxy status', () => {
  it('prints a summary and two tables, 0', async () => {
    const { file } = await service(() => proxyStatus())
    const { status, stdout, stderr } = await pbxkit(['proxy', 'status', '--control', file])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^pbxkit 1\.2\.3, up 2h: .*\n\nSERVER .*\na .*\n\nID .*\n1 .*\n$/)
  })

  it('is 1 when no server is connected, and escapes what servers say', async () => {
    const { file } = await service(() => down)
    const table = await pbxkit(['proxy', 'status', '--control', file])
    expect(table).toMatchObject({ status: 1, stderr: '', stdout: expect.stringContaining('nobody\\x1b[2J there') })
    const document = await pbxkit(['proxy', 'status', '--control', file, '--json'])
    expect([document.status, JSON.parse(document.stdout)]).toEqual([1, down])
  })

  it('prints the rows of one list', async () => {
    const { file } = await service(() => proxyStatus({ clients: [clientStatus(), clientStatus({ id: 2 })] }))
    const csv = await pbxkit(['proxy', 'status', '--control', file, '--what', 'clients', '--format', 'csv'])
    expect(parse(csv.stdout, { columns: true })).toMatchObject([{ id: '1' }, { id: '2' }])
    expect(await pbxkit(['proxy', 'status', '--control', file, '--format', 'csv'])).toMatchObject({ status: 64, stdout: '' })
    expect(await pbxkit(['proxy', 'status', '--control', file, '5'])).toMatchObject({ status: 64, stdout: '' })
  })

  it('finds the socket in the runtime folder', async () => {
    const folder = temporaryFolder()
    await service(() => proxyStatus(), path.join(folder, 'pbxkit/proxy.sock'))
    expect(await pbxkit(['proxy', 'status'], { env: { XDG_RUNTIME_DIR: folder } })).toMatchObject({ status: 0, stderr: '' })
  })

  it('is 69 when the proxy is not running', async () => {
    const file = path.join(temporaryFolder(), 'none.sock')
    expect(await pbxkit(['proxy', 'status', '--control', file])).toMatchObject({
      status: 69,
      stdout: '',
      stderr: expect.stringMatching(/No running service at .*\nIs the service running\?.*--control/)
    })
    const json = await pbxkit(['proxy', 'status', '--control', file, '--json'])
    expect([json.status, JSON.parse(json.stdout).error.code]).toEqual([69, 'E_CONNECT'])
  })

  it('is 76 when something else answers', async () => {
    const { file } = await service(() => ({ registrations: [] }))
    expect(await pbxkit(['proxy', 'status', '--control', file])).toMatchObject({ status: 76, stdout: '' })
  })
})

describe('proxy status --watch', () => {
  it('writes a line of JSON each time into a pipe, and waits for a proxy that comes back', async () => {
    let uptimeS = 0
    const next = (): ProxyStatus => proxyStatus({ uptimeS: uptimeS++ })
    const first = await service(next)
    const watch = new Running(['proxy', 'status', '--control', first.file, '--watch', '100ms'])
    await watch.says(/"uptimeS":2\b/, 'stdout')
    await first.end()
    expect(fs.existsSync(first.file)).toBe(false)
    await watch.says(/No running service/)
    uptimeS = 1000
    await service(next, first.file)
    await watch.says(/"uptimeS":1001\b/, 'stdout')
    watch.child.kill('SIGINT')
    const { status, stdout } = await watch.exit
    expect(status).toBe(130)
    const seen = stdout.trimEnd().split('\n')
    expect(seen.map((line) => (JSON.parse(line) as ProxyStatus).uptimeS).slice(0, 3)).toEqual([0, 1, 2])
  })

  it('is 69 when the proxy is not running at the start', async () => {
    const file = path.join(temporaryFolder(), 'none.sock')
    expect(await pbxkit(['proxy', 'status', '--control', file, '--watch', '1'])).toMatchObject({ status: 69, stdout: '' })
  })
})
