import { describe, expect } from 'vitest'
import { type Arena, abuse, annLogin, refusal } from './support/arena.js'
import type { Attacker } from './support/attacker.js'

const asRoot = annLogin.replaceAll('ann', 'canary')

async function administrator(arena: Arena): Promise<Attacker> {
  const attacker = arena.attacker().send(asRoot)
  await attacker.hears('Authentication accepted\r\n\r\n')
  attacker.received = ''
  return attacker
}

async function ask(attacker: Attacker, action: string, id = 'x'): Promise<string> {
  attacker.received = ''
  attacker.send(`${action}ActionID: ${id}\r\n\r\n`)
  return attacker.hears(/\r\n\r\n$/)
}

describe('actions that broke the C programs', () => {
  abuse('a line of 1500 bytes', async (arena) => {
    const attacker = await arena.insider()
    expect(await ask(attacker, `Action: UserEvent\r\nUserEvent: x\r\nX: ${'A'.repeat(1497)}\r\n`)).toContain(
      'Message: A line is longer than the 1022 bytes that Asterisk takes'
    )
    expect(arena.actions).toEqual([])
  })

  abuse('an ActionID of 1500 bytes', async (arena) => {
    const attacker = await arena.insider()
    const id = 'A'.repeat(1500)
    expect(await ask(attacker, 'Action: Ping\r\n', id)).toContain(`Response: Success\r\nActionID: ${id}\r\n`)
    expect(arena.server.received).not.toContain(id)
  })

  abuse('a line of exactly 1023 bytes under autofilter=unique', async (arena) => {
    const attacker = await arena.insider()
    await ask(attacker, 'ProxyAction: SetAutoFilter\r\nAutoFilter: unique\r\n')
    const id = 'B'.repeat(1023 - 'ActionID: '.length)
    expect(await ask(attacker, 'Action: Ping\r\n', id)).toContain(`Response: Success\r\nActionID: ${id}\r\n`)
  })

  abuse('a line that never ends', async (arena) => {
    const attacker = (await arena.insider()).send(`X: ${'A'.repeat(70_000)}`)
    expect(await attacker.isShown()).toBe(refusal('A header is longer than 65536 bytes'))
  })

  abuse('a block that never ends', async (arena) => {
    const attacker = (await arena.insider()).send(`X: ${'A'.repeat(60_000)}\r\n`.repeat(20))
    expect(await attacker.isShown()).toBe(refusal('A block is longer than 1048576 bytes'))
  })

  abuse('300 headers in one action', async (arena) => {
    const attacker = await arena.insider()
    const headers = Array.from({ length: 300 }, (_, i) => `H${i}: v${i}\r\n`).join('')
    expect(await ask(attacker, `Action: UserEvent\r\nUserEvent: Big\r\n${headers}`)).toContain(
      'Message: More than the 128 headers that Asterisk takes'
    )
    expect(arena.actions).toEqual([])
  })

  abuse('more headers than any action has', async (arena) => {
    const attacker = (await arena.insider()).send(`${'a:\n'.repeat(5000)}\n`)
    expect(await attacker.isShown()).toContain('Response: Error\r\nMessage: A block has more than 1000 headers')
  })

  abuse('half a million empty lines', async (arena) => {
    const attacker = (await arena.insider()).send('\r\n'.repeat(500_000))
    expect(await ask(attacker, 'Action: Ping\r\n')).toContain('Ping: Pong')
  })

  abuse('blank lines without a login', async (arena) => {
    const attacker = arena.attacker().send('\r\n\r\n\r\n')
    await attacker.hears('Asterisk Call Manager/')
    attacker.send('\n\n\n')
    expect(await ask(attacker, 'Action: Ping\r\n')).toBe('Response: Error\r\nActionID: x\r\nMessage: Permission denied\r\n\r\n')
  })

  abuse('DropServer without a name', async (arena) => {
    const attacker = await administrator(arena)
    expect(await ask(attacker, 'ProxyAction: DropServer\r\n')).toContain('Cannot Drop Server, Server is missing')
    expect(await ask(await arena.insider(), 'ProxyAction: DropServer\r\n')).toContain('is for administrators')
    expect(arena.proxy.running.servers.all).toHaveLength(1)
  })

  abuse('DropServer of a live server by who may not', async (arena) => {
    expect(await ask(await arena.insider(), 'ProxyAction: DropServer\r\nServer: pbx\r\n')).toContain('is for administrators')
    const stranger = arena.attacker().send('ProxyAction: DropServer\r\nServer: pbx\r\n\r\n')
    expect(await stranger.hears('\r\n\r\n')).toContain('Permission denied')
    expect(arena.proxy.running.servers.first?.name).toBe('pbx')
  })

  abuse('AddServer with long Server, Port and Username', async (arena) => {
    const attacker = await administrator(arena)
    const server = (host: string, port: string, user: string) =>
      `ProxyAction: AddServer\r\nServer: ${host}\r\nPort: ${port}\r\nUsername: ${user}\r\nSecret: s\r\nEvents: on\r\n`
    for (const wrong of [server('h'.repeat(500), '5038', 'u'), server('h', '5'.repeat(500), 'u')])
      expect(await ask(attacker, wrong)).toMatch(/^ProxyResponse: Failure\r\nActionID: x\r\nMessage: Could not add /)
    expect(await ask(attacker, server('127.0.0.9', '1', 'u'.repeat(500)))).toContain('Added 127.0.0.9')
    expect(await ask(attacker, 'ProxyAction: DropServer\r\nServer: 127.0.0.9\r\n')).toContain('Dropped')
    // Whoever sees events of the system hears of servers that come and go, but this one never came.
    expect(arena.proxy.running.servers.all).toHaveLength(1)
  })

  abuse('SetOutputFormat: http', async (arena) => {
    const stranger = arena.attacker().send('ProxyAction: SetOutputFormat\r\nOutputFormat: http\r\n\r\n')
    expect(await stranger.hears('\r\n\r\n')).toContain('Permission denied')
    const attacker = await arena.insider()
    for (const name of ['http', '', '__proto__', 'constructor', 'x'.repeat(10_000)])
      expect(await ask(attacker, `ProxyAction: SetOutputFormat\r\nOutputFormat: ${name}\r\n`)).toBe(
        'ProxyResponse: Success\r\nActionID: x\r\nOutputFormat: standard\r\n\r\n'
      )
  })

  abuse('900 quotes in a header while a client has XML, and another CSV', async (arena) => {
    const [xml, csv] = [await arena.insider(), await arena.insider()]
    xml.send('ProxyAction: SetOutputFormat\r\nOutputFormat: xml\r\n\r\nAction: Events\r\nEventMask: user\r\n\r\n')
    csv.send('ProxyAction: SetOutputFormat\r\nOutputFormat: csv\r\n\r\nAction: Events\r\nEventMask: user\r\n\r\n')
    await Promise.all([xml.hears('<Events Value="On"/>'), csv.hears('"Events: On"')])
    arena.server.emit(
      `Event: UserEvent\r\nPrivilege: user,all\r\nText: ${'"'.repeat(900)}<&>\r\nLong: ${'x'.repeat(1019)}\r\n\r\n`
    )
    expect(await xml.hears('</AsteriskManagerOutput>')).toContain(`${'&quot;'.repeat(900)}&lt;&amp;&gt;`)
    expect(await csv.hears(`"Long: ${'x'.repeat(1019)}"`)).toContain(`"Text: ${'""'.repeat(900)}<&>"`)
    await arena.canary.block('Event: UserEvent')
    arena.canary.received = ''
  })

  abuse('an Action without the blank behind its colon', async (arena) => {
    const attacker = await arena.insider()
    attacker.send('Action:Logoff\r\nActionID: x\r\n\r\n')
    expect(await attacker.isShown()).toContain('Response: Goodbye')
    expect(arena.server.received).not.toMatch(/logoff/i)
  })

  abuse('Response: Follows in an action', async (arena) => {
    const attacker = (await arena.insider()).send(
      'X: Response: Follows\r\nResponse: Follows\r\nAction: Ping\r\nActionID: 1\r\n\r\n'
    )
    await attacker.hears('ActionID: 1\r\n')
    expect(await ask(attacker, 'Action: Ping\r\n', '2')).toContain('ActionID: 2\r\n')
  })

  abuse('64 KiB of binary garbage', async (arena) => {
    const garbage = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7919 + (i >> 8)) & 0xff))
    const attacker = arena.attacker().send(Buffer.concat([garbage, Buffer.from('\r\n\r\n')]))
    await attacker.hears(/Response: Error\r\n|HTTP\/1\.1 400/)
  })

  abuse('NULs in an action', async (arena) => {
    const attacker = await arena.insider()
    expect(await ask(attacker, 'Action: Ping\0\r\nX: \0\0\r\n')).toContain('Message: A NUL byte in an action')
    expect(arena.actions).toEqual([])
  })

  abuse('directives of printf', async (arena) => {
    const attacker = await arena.insider()
    expect(await ask(attacker, 'Action: Ping\r\n', '%s%n%x%p')).toContain('ActionID: %s%n%x%p\r\n')
    expect(await ask(attacker, 'Action: Ping\r\nServer: %s%n%n\r\n')).toContain('Server %s%n%n is not configured')
  })

  abuse('half an action, and gone', async (arena) => {
    const attacker = (await arena.insider()).send('Action: UserEvent\r\nUserEvent: half')
    attacker.socket.end()
    await attacker.isShown()
    expect(arena.actions).toEqual([])
  })
})
