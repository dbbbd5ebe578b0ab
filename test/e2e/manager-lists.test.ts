import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { readListedCalls } from '../unit/support/listed-calls.js'
import { Running } from './support/pbxkit.js'
import { exchanges, manager, sniffer, withKey } from './support/sniffer.js'

/** The recorded list of 1,976 calls. */
const manyCalls = () => {
  const { replyBytes } = exchanges.find(({ n }) => n === 226)!
  return readListedCalls((replyBytes[0] === 0x1f ? gunzipSync(replyBytes) : replyBytes).toString())
}
const lines = (text: string) => text.trimEnd().split('\n')

describe('manager listcalls', () => {
  it('shows calls as an operator wants them, encrypted, with - for the MOS of a call without RTP', async () => {
    const { port } = await sniffer()
    const { status, stdout, stderr } = await manager(port, ['listcalls'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(lines(stdout)).toHaveLength(4)
    expect(lines(stdout)[0]).toMatch(
      /^START +DURATION +CALLER +CALLED +CALLERIP +CALLEDIP +CODE +CODEC +MOS +LOSS +JITTER +SENSOR$/
    )
    expect(lines(stdout)[3]).toMatch(
      / 0:18 +420700000101 +18005550101 +127\.0\.10\.1 +127\.0\.20\.1 +200 +PCMA +4\.5 +0\.0% +0\.2 /
    )
    const many = await sniffer()
    many.calls = manyCalls()
    const withoutRtp = await manager(many.port, ['listcalls', '--limit', '1', '--columns', 'caller,mos,codec'])
    expect(lines(withoutRtp.stdout)[1]!.split(/ +/)).toEqual(['sipp', '-', 'PCMU'])
  })

  it('gives the recorded 1,976 calls in each format, each with the same calls', async () => {
    const double = await sniffer()
    double.calls = manyCalls()
    const run = async (...args: string[]) =>
      (await manager(double.port, ['listcalls', '--columns', 'callid,callerip,mos', ...args])).stdout
    const document = JSON.parse(await run('--json'))
    expect(document).toMatchObject({ total: 1976, sensors: [{ total: 1976, rows: 1976 }] })
    expect(document.calls).toHaveLength(1976)
    expect(document.calls[0]).toEqual({ callid: '1976-27697@127.0.10.9', callerip: '127.0.10.9', mos: null })
    expect(lines(await run('--format', 'ndjson')).map((line) => JSON.parse(line))).toEqual(document.calls)
    const csv = parse(await run('--format', 'csv'), { columns: true }) as Record<string, string>[]
    expect(csv.map((row) => ({ ...row, mos: null }))).toEqual(document.calls)
    const table = lines(await run()).slice(1)
    expect(table.map((line) => line.split(/ +/)[0])).toEqual(document.calls.map((call: { callid: string }) => call.callid))
    const zipped = await run('--format', 'ndjson', '--zip', 'yes')
    expect(lines(zipped)).toHaveLength(1976)
    expect(double.ran.at(-1)).toBe('listcalls {"zip":"yes"}')
  })

  it('has all columns of the sniffer in JSON and CSV, decoded', async () => {
    const { port } = await sniffer()
    const [call] = lines((await manager(port, ['listcalls', '--format', 'ndjson'])).stdout).map((line) => JSON.parse(line))
    expect(Object.keys(call)).toHaveLength(69)
    expect(call).toMatchObject({ callerip: '127.0.10.3', src_mosf2: 4.5, callercodec: 'PCMA', vlan: null, id_sensor: -1 })
  })

  it('asks the sniffer for what it can sort out itself, and sorts out the rest', async () => {
    const double = await sniffer()
    const callers = async (...args: string[]) =>
      lines((await manager(double.port, ['listcalls', '--columns', 'caller', '--format', 'csv', ...args])).stdout)
        .slice(1)
        .map((line) => line.trim())
    expect(await callers('--caller', '4207%')).toEqual(['420700000101'])
    expect(await callers('--number', '2002', '--ip', '127.0.20.2')).toEqual(['1002'])
    expect(await callers('--codec', 'PCMA', '--sort', 'caller:asc', '--limit', '2')).toEqual(['1002', '420700000101'])
    expect(await callers('--callid', 'lab-call-3-1@127.0.10.3', '--connected')).toEqual(['sipuser'])
    expect(await callers('--filter', '{"called":"echo"}')).toEqual(['sipuser'])
    expect(await callers('--min-duration', '10', '--limit', '5')).toEqual(['420700000101'])
    expect(await callers('--filter', 'caller=*0*,called!=2002')).toEqual(['420700000101'])
    expect(double.ran).toContain('listcalls {"limit":2,"sort_field":"caller","sort_dir":"asc","filter":"{\\"codec\\":\\"8\\"}"}')
  })

  it('--count asks for the total alone', async () => {
    const double = await sniffer()
    expect((await manager(double.port, ['listcalls', '--count'])).stdout).toBe('3\n')
    expect(double.ran).toEqual(['listcalls {"limit":0}'])
    expect((await manager(double.port, ['listcalls', '--count', '--min-duration', '10'])).stdout).toBe('1\n')
  })

  it('is a Nagios plugin with --warn and --crit', async () => {
    const double = await sniffer()
    const check = async (...args: string[]) => {
      const { status, stdout } = await manager(double.port, ['listcalls', ...args])
      return [status, stdout]
    }
    expect(await check('--warn', 'calls=200', '--crit', 'mos<3.5')).toEqual([
      0,
      'CALLS OK - 3 calls | calls=3;200 connected=3 mos=4.5;;3.5: mosavg=4.5 loss=0% jitter=0.73ms duration=18s\n'
    ])
    expect(await check('--warn', 'calls=3')).toMatchObject([1, expect.stringMatching(/^CALLS WARNING - calls is 3 \(>= 3\) \|/)])
    expect(await check('--warn', 'calls=3', '--crit', 'mos<4.6,loss>50')).toMatchObject([
      2,
      expect.stringMatching(/^CALLS CRITICAL - mos is 4.5/)
    ])
    expect(await check('--warn', 'rain=3')).toMatchObject([
      3,
      expect.stringMatching(/^CALLS UNKNOWN - There is no metric "rain"/)
    ])
    expect(await check('--warn', 'calls=3', '--plain')).toMatchObject([
      3,
      expect.stringMatching(/UNKNOWN.*only when it is encrypted/)
    ])
    double.close()
    expect(await check('--warn', 'calls=3')).toMatchObject([2, expect.stringMatching(/^CALLS CRITICAL - Cannot connect/)])
  })

  it('--format prometheus has a series for each sensor', async () => {
    const { port } = await sniffer()
    const { stdout } = await manager(port, ['listcalls', '--format', 'prometheus'])
    expect(stdout).toContain(`# TYPE voipmonitor_calls gauge\nvoipmonitor_calls{sensor="127.0.0.1:${port}"} 3\n`)
    expect(stdout).toContain(`voipmonitor_calls_mos{sensor="127.0.0.1:${port}"} 4.5\n`)
  })

  it('--watch writes what changes into a pipe', async () => {
    const double = await sniffer()
    const { rows, columns } = double.calls
    const args = ['manager', 'listcalls', '--port', String(double.port), '--watch', '0.1', '--columns', 'caller']
    const running = new Running(args, { env: withKey })
    await running.says(/"420700000101"/, 'stdout')
    double.calls = { columns, rows: rows.slice(1) }
    const [, ended] = await running.says(/"change":"ended","caller":"(\w+)"/, 'stdout')
    expect(ended).toBe('sipuser')
    double.calls = { columns, rows }
    await running.says(/"ended"[\s\S]*"change":"new","caller":"sipuser"/, 'stdout')
    running.child.kill('SIGINT')
    expect((await running.exit).status).toBe(130)
    const changes = lines(running.stdout).map((line) => JSON.parse(line))
    expect(changes.map(({ change, caller }) => `${change} ${caller}`)).toEqual([
      'new sipuser',
      'new 1002',
      'new 420700000101',
      'ended sipuser',
      'new sipuser'
    ])
  })

  it('--watch marks new and ended calls in a table', async () => {
    const double = await sniffer()
    const { rows, columns } = double.calls
    double.calls = { columns, rows: rows.slice(1) }
    const args = [
      'manager',
      'listcalls',
      '--port',
      String(double.port),
      '--watch',
      '0.1',
      '--columns',
      'caller',
      '--format',
      'table'
    ]
    const running = new Running(args, { env: withKey })
    await running.says(/2 calls, 2 new, 0 ended\n +CALLER\n\+ {2}1002\n\+ {2}420700000101\n2 calls, 0 new/, 'stdout')
    double.calls = { columns, rows: rows.slice(0, 2) }
    await running.says(/2 calls, 1 new, 1 ended\n +CALLER\n\+ {2}sipuser\n {3}1002\n- {2}420700000101\n/, 'stdout')
  })
})

describe('manager listregisters, totalcalls and sniffer_stat', () => {
  it('decode what they get', async () => {
    const double = await sniffer()
    const { stdout } = await manager(double.port, ['listregisters'])
    expect(lines(stdout)[1]).toMatch(/^101 +101 +127\.0\.0\.1 +16064 +127\.0\.0\.1 +ManyRegMessages +300 /)
    await manager(double.port, ['listregisters', '--state', 'Failed,Expired', '--user', '101'])
    expect(double.ran.at(-1)).toBe('listregisters {"states":"Failed,Expired","filter":"{\\"digestusername\\":\\"101\\"}"}')
    expect((await manager(double.port, ['totalcalls'])).stdout).toBe('3\n')
    expect(JSON.parse((await manager(double.port, ['totalcalls', '--registers', '--json'])).stdout)).toMatchObject({ total: 3 })
    const [stat] = JSON.parse((await manager(double.port, ['sniffer_stat', '--json'])).stdout)
    expect(stat).toMatchObject({ version: '2026.04.0', calls: { active: 2 }, items: { tarQ: '0' } })
    expect(await manager(double.port, ['listregisters', '--warn', 'many=1'])).toMatchObject({ status: 1 })
  })

  it('--count of registrations is the total beside the first of them', async () => {
    const double = await sniffer()
    double.answers.set('listregisters {"limit":1}', '[["ID"], [{"total": 7}],[1]]')
    expect((await manager(double.port, ['listregisters', '--count'])).stdout).toBe('7\n')
  })
})
