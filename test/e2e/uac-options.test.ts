import { describe, expect, it } from 'vitest'
import { deadPort, type SipPeer, sipPeer } from '../unit/support/sip-peer.js'
import { pbxkit } from './support/pbxkit.js'

const uriOf = ({ port }: SipPeer) => `sip:bob@127.0.0.1:${port}`
const lines = (text: string) => text.trim().split('\n')
const nowhere = ['--dns-server', '127.0.0.1:1', '--timeout', '5']

describe('uac options', () => {
  it('shows what a peer says it can do', async () => {
    const headers: [string, string][] = [
      ['Allow', 'INVITE, ACK'],
      ['Allow', 'BYE'],
      ['Supported', 'path'],
      ['Accept', 'application/sdp']
    ]
    const peer = await sipPeer(({ reply }) => reply({ status: 200, headers }))
    const { stdout } = await pbxkit(['uac', 'options', uriOf(peer)])
    expect(lines(stdout).slice(1)).toEqual(['  Allow: INVITE, ACK, BYE', '  Supported: path', '  Accept: application/sdp'])
    expect(peer.requests[0]!.get('Accept')).toBe('application/sdp')
  })

  it('with --traceroute counts Max-Forwards up from 0 until somebody else answers, also as JSON', async () => {
    const peer = await sipPeer(({ request, reply }) => {
      const hops = Number(request.get('Max-Forwards'))
      reply({ status: hops < 2 ? 483 : 200, headers: [['Server', `hop ${hops}`]] })
    })
    const { status, stdout } = await pbxkit(['uac', 'options', uriOf(peer), '--traceroute', '--json'])
    expect(status).toBe(0)
    expect(lines(stdout).map((line) => JSON.parse(line))).toMatchObject([
      { maxForwards: 0, status: 483, server: 'hop 0' },
      { maxForwards: 1, status: 483, server: 'hop 1' },
      { maxForwards: 2, status: 200, server: 'hop 2' }
    ])
  })

  it('sums up losses and times, and asks no further after --deadline', async () => {
    const peer = await sipPeer(({ nth, reply }) => nth % 2 === 1 && reply({ status: 200 }))
    const flags = ['--count', '0', '--interval', '400ms', '--timeout', '300ms', '--deadline', '1']
    const { status, stdout } = await pbxkit(['uac', 'options', uriOf(peer), ...flags])
    expect(status).toBe(1)
    expect(stdout).toMatch(/\n3 sent, 2 answered, 33\.3% loss, min\/avg\/max\/mdev [\d.]+(\/[\d.]+){3} ms\n$/)
  })

  it('with --all-targets asks the others, too, when one leads nowhere', async () => {
    const peer = await sipPeer(({ reply }) => reply({ status: 200 }))
    const args = ['uac', 'options', 'sip:nowhere.invalid', uriOf(peer), '--all-targets', ...nowhere]
    const { status, stdout } = await pbxkit(args)
    expect(status).toBe(1)
    expect(stdout).toContain('sip:nowhere.invalid: seq=1 Cannot find the address of nowhere.invalid')
    expect(stdout).toContain('200 OK')
  })

  it.each([[[]], [['--all-targets']]])('as a plugin says CRITICAL with 2 when the name is not found %j', async (flags) => {
    const { status, stdout } = await pbxkit(['uac', 'options', 'sip:nowhere.invalid', '--warn', '1', ...nowhere, ...flags])
    expect({ status, stdout }).toEqual({
      status: 2,
      stdout: expect.stringMatching(/^SIP CRITICAL - sip:nowhere.invalid Cannot find/)
    })
  })

  it('as a plugin is WARNING over --warn, CRITICAL over --crit, and with --strict for a refusal', async () => {
    const peer = await sipPeer(({ reply }) => void setTimeout(() => reply({ status: 404 }), 60))
    const ask = (...flags: string[]) => pbxkit(['uac', 'options', uriOf(peer), ...flags])
    expect((await ask('--warn', '20ms', '--crit', '9')).status).toBe(1)
    expect((await ask('--warn', '10ms', '--crit', '20ms')).status).toBe(2)
    expect((await ask('--crit', '9')).status).toBe(0)
    expect((await ask('--crit', '9', '--strict')).status).toBe(2)
    const json = await ask('--crit', '20ms', '--json')
    expect(json.status).toBe(2)
    expect(JSON.parse(json.stdout).targets).toHaveLength(1)
    expect((await pbxkit(['uac', 'options', `127.0.0.1:${await deadPort()}`, '--crit', '9'])).status).toBe(2)
  })

  it.each(['--proxy', '--from', '--auth-user', '--user-agent', '--resolve'])(
    'refuses a line end in %s by its name',
    async (flag) => {
      const result = await pbxkit(['uac', 'options', 'sip:127.0.0.1:1', flag, 'a\r\nb'])
      expect(result).toMatchObject({ status: 64, stderr: expect.stringContaining(`${flag} has a line end`) })
    }
  )

  it('refuses a line end in a URI', async () => {
    const result = await pbxkit(['uac', 'options', 'sip:a@127.0.0.1:1\r\nX: y'])
    expect(result).toMatchObject({ status: 64, stderr: expect.stringContaining('The URI has a line end') })
  })
})
