import { describe, expect } from 'vitest'
import { type Arena, abuse, asAnn } from './support/arena.js'

const xmlLogin =
  '<AsteriskManagerInput><Action Value="Login"/><Username Value="ann"/><Secret Value="ann-secret"/><Events Value="off"/></AsteriskManagerInput>\r\n'
const jsonLogin = '{"Action":"Login","Username":"ann","Secret":"ann-secret","Events":"off"}\n'

const document = (content: string) => `<AsteriskManagerInput>${content}</AsteriskManagerInput>`

async function refusedXml(arena: Arena, text: string | Buffer): Promise<string> {
  const attacker = arena.attacker().send(xmlLogin)
  await attacker.hears('Authentication accepted')
  attacker.received = ''
  const answer = await attacker.send(text).isShown()
  expect(answer).toMatch(/^[\s\S]*<Response Value="Error"\/>\r\n <Message Value="Invalid XML Input: [^"]+"\/>\r\n/)
  return answer
}

async function refusedJson(arena: Arena, text: string | Buffer): Promise<string> {
  const attacker = arena.attacker().send(jsonLogin)
  await attacker.hears('Authentication accepted')
  attacker.received = ''
  return attacker.send(text).isShown()
}

const httpJson = (body: string) =>
  `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

describe('XML that breaks programs', () => {
  abuse('elements without attributes', async (arena) => {
    const attacker = arena.attacker().send(xmlLogin)
    await attacker.hears('Authentication accepted')
    attacker.send(document('<Action>Ping</Action><ActionID>7</ActionID>'))
    expect(await attacker.hears('Pong')).toContain('<ActionID Value="7"/>')
    attacker.send(document('<Action/><X/>'))
    await attacker.hears('Missing action in request')
  })

  for (const [name, text] of [
    ['a bomb of entities', `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${document('<Action Value="&b;"/>')}`],
    ['a file as an entity', `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${document('<Action>&a;</Action>')}`],
    ['a DOCTYPE that never ends', `<!DOCTYPE x [${'<!ENTITY a "b">'.repeat(80_000)}`],
    ['an entity that nobody knows', document('<Action Value="&nbsp;"/>')],
    ['a character that is none', document('<Action Value="&#0;"/>')],
    ['a line break as a character reference', document('<Action Value="Ping&#13;&#10;Action: Logoff"/>')],
    ['a line break in a text', document('<Action>Ping\r\nAction: Logoff</Action>')],
    ['elements ten thousand deep', document('<a>'.repeat(10_000))],
    ['a tag that never ends', `<AsteriskManagerInput><Action Value="${'x'.repeat(1_100_000)}`],
    ['two thousand headers', document('<A Value="b"/>'.repeat(2000))],
    ['two roots in one', '<x><AsteriskManagerInput/></x>'],
    ['another encoding', `<?xml version="1.0" encoding="UTF-7"?>${document('<Action Value="Ping"/>')}`],
    ['bytes that are no UTF-8', Buffer.from(document('<Action Value="\xc3\x28"/>'), 'latin1')]
  ] as const)
    abuse(name, async (arena) => {
      await refusedXml(arena, text)
      expect(arena.actions).toEqual([])
    })

  abuse('XML byte by byte', async (arena) => {
    const attacker = await arena.attacker().drip(xmlLogin + document('<Action Value="Ping"/>'))
    await attacker.hears('Pong')
  })
})

describe('JSON that breaks programs', () => {
  for (const [name, text] of [
    ['a hundred thousand levels', `{"a":${'['.repeat(100_000)}`],
    ['levels of objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}\n`],
    ['an object that never ends', `{"a":"${'x'.repeat(1_100_000)}`],
    ['no object', '[{"Action":"Ping"}]\n'],
    ['a line break in a value', '{"Action":"Ping","X":"a\\r\\nAction: Logoff"}\n'],
    ['a line break in a name', '{"Action":"Ping","X: a\\r\\nAction":"Logoff"}\n'],
    ['a NUL', '{"Action":"Ping\\u0000"}\n'],
    ['two thousand headers', `{"Action":"Ping","X":[${'1,'.repeat(1999)}1]}\n`],
    ['a long name before a long array', `{"Action":"Ping","${'x'.repeat(10_000)}":[${'1,'.repeat(900)}1]}\n`],
    ['what is no JSON', '{"Action":Ping}\n'],
    ['bytes that are no UTF-8', Buffer.from('{"Action":"\xc3\x28"}\n', 'latin1')]
  ] as const)
    abuse(name, async (arena) => {
      const answer = await refusedJson(arena, text)
      expect(JSON.parse(answer)).toMatchObject({ Response: 'Error', Message: expect.stringMatching(/^Invalid JSON Input: /) })
      expect(arena.actions).toEqual([])
    })

  abuse('names that every object has', async (arena) => {
    const attacker = arena.attacker().send(jsonLogin)
    await attacker.hears('Authentication accepted')
    attacker.received = ''
    attacker.send('{"__proto__":"x","constructor":"y","Action":"UserEvent","UserEvent":"u","ActionID":"1"}\n')
    await attacker.hears('"ActionID":"1"')
    expect(arena.actions[0]).toContain('__proto__: x\r\nconstructor: y\r\n')
  })
})

describe('JSON by HTTP that would be more than it says', () => {
  for (const [name, body, status] of [
    ['a hundred thousand levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    ['a long name before a long array', `{"Action":"Ping","${'x'.repeat(400_000)}":[${'1,'.repeat(200_000)}1]}`, 400],
    [
      'a long name of variables',
      `{"Action":"Ping","${'x'.repeat(400_000)}":{${Array.from({ length: 50_000 }, (_, i) => `"${i}":1`)}}}`,
      400
    ],
    ['a million values', `{"Action":"Ping","X":[${'1,'.repeat(400_000)}1]}`, 400],
    ['levels inside of variables', '{"Action":"Originate","Variable":{"a":{"b":{"c":1}}}}', 400]
  ] as const)
    abuse(name, async (arena) => {
      const answer = await arena.attacker().send(httpJson(body)).isShown()
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(arena.actions).toEqual([])
    })
})
