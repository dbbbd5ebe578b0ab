import { describe, expect } from 'vitest'
import { type Arena, abuse, annLogin, asAnn } from './support/arena.js'

const xmlLogin =
  '<AsteriskManagerInput><Action Value="Login"/><Username Value="ann"/><Secret Value="ann-secret"/><Events Value="off"/></AsteriskManagerInput>\r\n'

/** How each way in says a UserEvent with a value, and what shows that the proxy has decided. */
const ways: Record<string, (value: string) => { bytes: string; login?: string; decided: RegExp }> = {
  XML: (value) => ({
    login: xmlLogin,
    bytes: `<AsteriskManagerInput><Action Value="UserEvent"/><UserEvent Value="${escapeXml(value)}"/></AsteriskManagerInput>`,
    decided: /Invalid XML Input|Pong/
  }),
  JSON: (value) => ({
    login: '{"Action":"Login","Username":"ann","Secret":"ann-secret","Events":"off"}\n',
    bytes: `${JSON.stringify({ Action: 'UserEvent', UserEvent: value })}\n`,
    decided: /Invalid JSON Input|Pong/
  }),
  'an HTTP query': (value) => ({
    bytes: `GET /?Action=UserEvent&UserEvent=${encodeURIComponent(value)} HTTP/1.1\r\nHost: x\r\n${asAnn}\r\n`,
    decided: /HTTP\/1\.1 400|Pong/
  }),
  'an HTTP form': (value) => post('application/x-www-form-urlencoded', `Action=UserEvent&UserEvent=${encodeURIComponent(value)}`),
  'a JSON body': (value) => post('application/json', JSON.stringify({ Action: 'UserEvent', UserEvent: value })),
  'a JSON body, in an array': (value) =>
    post('application/json', JSON.stringify({ Action: 'UserEvent', UserEvent: ['u', value] })),
  'a JSON body, in a variable': (value) =>
    post('application/json', JSON.stringify({ Action: 'UserEvent', UserEvent: 'u', Variable: { a: value } })),
  'a JSON body, in a name': (value) => post('application/json', JSON.stringify({ Action: 'UserEvent', [`X${value}`]: 'u' })),
  'an XML body': (value) =>
    post(
      'text/xml',
      `<AsteriskManagerInput><Action Value="UserEvent"/><UserEvent Value="${escapeXml(value)}"/></AsteriskManagerInput>`
    )
}

function post(type: string, body: string): { bytes: string; decided: RegExp } {
  const head = `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  return { bytes: head + body, decided: /HTTP\/1\.1 400|Pong/ }
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"\r\n]/g, (character) => `&#${character.charCodeAt(0)};`)
}

const evil = [
  'u\r\nAction: Logoff',
  'u\r\n\r\nAction: Logoff\r\n\r\n',
  'u\nAction: Originate',
  'u\rAction: Logoff',
  '\r\n\r\n',
  '\r\n'
]

async function tell(
  arena: Arena,
  { bytes, login, decided }: { bytes: string; login?: string; decided: RegExp }
): Promise<string> {
  const attacker = arena.attacker()
  if (login) {
    attacker.send(login)
    await attacker.hears('Authentication accepted')
    attacker.received = ''
  }
  return attacker.send(bytes).hears(decided)
}

describe('a header inside of a value', () => {
  for (const [name, say] of Object.entries(ways))
    abuse(`by ${name} is refused`, async (arena) => {
      for (const value of evil) expect(await tell(arena, say(value)), JSON.stringify(value)).not.toContain('Pong')
      expect(arena.actions).toEqual([])
    })

  for (const [name, say] of Object.entries(ways))
    abuse(`by ${name} is a value when it is nothing but text`, async (arena) => {
      if (name !== 'a JSON body, in a name') await tell(arena, say('a: b & c=d, Action=Logoff'))
      else await tell(arena, say('-Action'))
      expect(arena.actions).toHaveLength(1)
    })

  abuse('by AMI is an action of its own, with the rights of its own', async (arena) => {
    const attacker = await arena.insider()
    attacker.send('Action: UserEvent\r\nUserEvent: u\r\n\r\nAction: ModuleLoad\r\nLoadType: load\r\nActionID: evil\r\n\r\n')
    expect(await attacker.hears(/ActionID: evil\r\n[\s\S]*?\r\n\r\n/)).toContain('Permission denied')
    await arena.sing()
    expect(arena.actions).toHaveLength(1)
  })

  abuse('by a lone CR in AMI stays in its value', async (arena) => {
    const attacker = (await arena.insider()).send('Action: UserEvent\r\nUserEvent: u\rAction: Logoff\r\nActionID: 1\r\n\r\n')
    await attacker.hears('ActionID: 1\r\n')
    expect(arena.actions).toEqual([expect.stringContaining('UserEvent: u\rAction: Logoff\r\n')])
  })

  abuse('by the headers of HTTP', async (arena) => {
    for (const header of [
      'X-Until-Event',
      'X-Proxy-Key',
      'Last-Event-ID',
      'X-Maxtime',
      'Authorization',
      'Origin',
      'Accept',
      'Host'
    ]) {
      const attacker = arena.attacker()
      attacker.send(`GET /?Action=UserEvent&UserEvent=u HTTP/1.1\r\n${header}: x\rAction: Logoff\r\nHost: x\r\n\r\n`)
      expect(await attacker.isShown(), header).toMatch(/^HTTP\/1\.1 400 /)
    }
    const basic = Buffer.from('ann\r\nAction: Logoff:ann-secret\r\n\r\n').toString('base64')
    const attacker = arena.attacker()
    attacker.send(`GET /?Action=Ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic ${basic}\r\n\r\n`)
    expect(await attacker.isShown()).toMatch(/^HTTP\/1\.1 401 /)
    expect(arena.actions).toEqual([])
  })

  abuse('does not come back in the answer of HTTP as a header', async (arena) => {
    const query = `Action=Ping&ActionID=${encodeURIComponent('a\r\nSet-Cookie: b=c\r\n\r\n<script>')}`
    const attacker = arena.attacker()
    attacker.send(`GET /?${query} HTTP/1.1\r\nHost: x\r\n${asAnn}Connection: close\r\n\r\n`)
    const [head] = (await attacker.isShown()).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(head).not.toMatch(/set-cookie/i)
  })
})

describe('names that would be headers', () => {
  abuse('of servers, their users, ports and secrets', async (arena) => {
    const attacker = arena.attacker().send(annLogin.replaceAll('ann', 'canary'))
    await attacker.hears('Authentication accepted\r\n\r\n')
    const good: Record<string, string> = { Server: 'h', Port: '1', Username: 'u', Secret: 's', Events: 'on' }
    for (const name of ['Server', 'Port', 'Username', 'Secret']) {
      for (const value of ['a\rProxyServerName: evil', 'a\x1b[2J']) {
        attacker.received = ''
        const lines = Object.entries({ ...good, [name]: value }).map(([field, text]) => `${field}: ${text}\r\n`)
        attacker.send(`ProxyAction: AddServer\r\n${lines.join('')}ActionID: add\r\n\r\n`)
        expect(await attacker.hears(/\r\n\r\n$/)).toMatch(
          /^ProxyResponse: Failure\r\nActionID: add\r\nMessage: [\x20-\x7e]+\r\n\r\n$/
        )
      }
    }
    attacker.received = ''
    attacker.send(
      'ProxyAction: ListServers\r\nActionID: list\r\n\r\nProxyAction: DropServer\r\nServer: a\rb\r\nActionID: drop\r\n\r\n'
    )
    await attacker.hears(/ActionID: drop[\s\S]*\r\n\r\n$/)
    expect(attacker.received).not.toMatch(/evil|\x1b/)
  })

  abuse('of a Server that an action is for', async (arena) => {
    const attacker = (await arena.insider()).send('Action: Ping\r\nServer: x\rResponse: Success\r\nActionID: s\r\n\r\n')
    expect(await attacker.hears('ActionID: s\r\n')).toMatch(/^Response: Error\r\n/)
    expect(await attacker.hears('\r\n\r\n')).toContain('Message: Server x Response: Success is not configured')
  })

  abuse(
    'of users, where nobody has an account',
    async (arena) => {
      const attacker = arena.attacker()
      attacker.send('Action: Login\r\nUsername: x\rProxyClientUser: \x1b[2Jroot\r\nSecret: y\r\nActionID: 1\r\n\r\n')
      await attacker.hears('Authentication accepted')
    },
    { accounts: undefined, authRequired: false }
  )

  abuse('of ActionIDs, which ListSessions shows to administrators', async (arena) => {
    const attacker = (await arena.insider()).send('Action: Ping\r\nActionID: x\r\x1b[2JProxyClientUser: root\r\n\r\n')
    await attacker.hears('Pong')
    const list = await arena.canary.ask('ProxyAction: ListSessions\r\n', 'list-0')
    expect(list).toContain('ProxyClientActionID: x??[2JProxyClientUser: root\r\n')
    expect(list.match(/^ProxyClientUser: /gm)).toHaveLength(2)
  })

  abuse('of users in the log are fields, and not lines', async (arena) => {
    const attacker = arena.attacker().send('Action: Login\r\nUsername: eve\r{"level":30}\r\nSecret: y\r\n\r\n')
    await attacker.isShown()
    expect(arena.proxy.log.find(({ message }) => message === 'login refused')?.fields).toMatchObject({
      user: 'eve\r{"level":30}'
    })
  })
})
