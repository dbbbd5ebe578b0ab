import assert from 'node:assert/strict'
import { BlockParser, defaultLimits } from '../../../src/lib/ami/block-parser.js'
import { ConfigError, DataError, PbxkitError, ProtocolError } from '../../../src/lib/errors.js'
import { classify } from '../../../src/lib/net/first-bytes.js'
import { jsonInput } from '../../../src/lib/proxy/formats/json-input.js'
import { xmlInput } from '../../../src/lib/proxy/formats/xml-input.js'
import { xmlOutput } from '../../../src/lib/proxy/formats/xml-output.js'
import { readParameters } from '../../../src/lib/proxy/http/request-action.js'
import { parseAstmanproxyConf } from '../../../src/lib/proxy/legacy/astmanproxy-conf.js'
import { parseAstmanproxyUsers } from '../../../src/lib/proxy/legacy/astmanproxy-users.js'
import { isAstmanproxyConf } from '../../../src/lib/proxy/legacy/is-astmanproxy-conf.js'
import { parseUsers } from '../../../src/lib/users/users-file.js'
import { fixture, fixtures, recordedLines, texts } from '../fixtures.js'
import { type FuzzTarget, outcome, sameInPieces } from '../target.js'

const limits = { ...defaultLimits, maxHeaderBytes: 2_048, maxBlockBytes: 8_192 }

const inputFormat = (name: 'xml' | 'json', corpus: () => Buffer[], words: string[]): FuzzTarget => ({
  name: `proxy-${name}-input`,
  promise: 'gives the same actions however the stream is cut, keeps no more than its limit, and throws ProtocolError only',
  corpus,
  words,
  check(input, random) {
    sameInPieces(input, random, (chunks) => {
      const parser = (name === 'xml' ? xmlInput : jsonInput).createParser(limits)
      const seen: string[] = []
      const result = outcome(() => {
        for (const chunk of chunks) {
          for (const block of parser.push(chunk)) seen.push(block.bytes.toString('latin1'))
          assert(parser.pendingBytes <= limits.maxBlockBytes + chunk.length, `${parser.pendingBytes} bytes are kept`)
        }
      }, ProtocolError)
      for (const text of seen) {
        assert(!text.includes('\0'), 'no NUL in an action')
        assert.equal(new BlockParser({ from: 'client' }).push(Buffer.from(`${text}\r\n`, 'latin1')).length, 1, 'one action')
      }
      // The parser of XML names the place of a fault, which depends on the pieces; that there is one does not.
      return { seen, failed: 'error' in result }
    })
  }
})

const json = () =>
  texts(
    '{"Action":"Ping"}',
    '{"Action":"Originate","Variable":{"a":1,"b":"x"}}{"Action":"Setvar","Value":["a","b"]}',
    ' {"Action":"Ping","ActionID":"1"}\n{"a":{}}'
  )
const xml = () => [
  ...recordedLines('C').filter((bytes) => bytes.includes('<')),
  ...texts(
    '<AsteriskManagerInput><Action Value="Ping"/><ActionID Value="&lt;1&gt;"/></AsteriskManagerInput>',
    '<?xml version="1.0"?><a><Action>Ping</Action></a>'
  )
]

export const proxyInputTargets: FuzzTarget[] = [
  inputFormat('xml', xml, [
    '<Action Value="',
    '"/>',
    '<AsteriskManagerInput>',
    '</AsteriskManagerInput>',
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '&b;',
    '<![CDATA[',
    '<?xml version="1.0" encoding="utf-16"?>'
  ]),
  inputFormat('json', json, ['{"Action":', '"Variable":', '\\u0000', '\\u000d\\u000a', '\\ud800', '"$base64":']),
  {
    name: 'proxy-xml-output',
    promise: 'the XML of any block has no byte that XML forbids, and ends with its delimiter',
    corpus: () => recordedLines('S'),
    check(input) {
      const parsed = outcome(() => new BlockParser({ from: 'server' }).push(input), ProtocolError)
      for (const block of 'value' in parsed ? parsed.value : []) {
        const text = xmlOutput.encode(block.bytes, 'server').toString('latin1')
        assert(text.endsWith(xmlOutput.delimiter), 'its delimiter')
        assert(!/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text), 'no control character')
      }
    }
  },
  {
    name: 'proxy-http-parameters',
    promise: 'readParameters (query, form) gives fields or throws an error of ours',
    corpus: () =>
      texts('Action=Ping&ActionID=1', 'action=Originate&Variable=a%3D1&Variable=b%3D%C3%A9&x=y+z', 'a&b=&=c&&%41=%42'),
    words: ['%', '%ff', '&', '=', '+', '%0d%0a', '%C3%28'],
    check(input) {
      outcome(() => readParameters(input.toString('latin1')), PbxkitError)
    }
  },
  {
    name: 'first-bytes',
    promise: 'what the first bytes of a client are said to be never changes when more bytes come',
    corpus: () => [
      ...recordedLines('C'),
      Buffer.from('16030100f8010000f40303', 'hex'),
      Buffer.from('802e0103000015', 'hex'),
      ...texts('GET / HTTP/1.1\r\n\r\n', '{"Action"', '\ufeff<a', '\r\n\r\nAction: Ping', 'PRI * HTTP/2.0')
    ],
    words: ['GET ', 'POST ', 'get: ', 'PRI ', '\u0016\u0003\u0001'],
    check(input) {
      let said: string | undefined
      for (let length = 0; length <= Math.min(input.length, 200); length++) {
        const now = classify(input.subarray(0, length))
        if (said !== undefined) assert.equal(now, said, `after ${length} bytes`)
        said = now
      }
      if (input.length >= 200) assert(said !== undefined, 'decided after 200 bytes')
    }
  },
  {
    name: 'astmanproxy-conf',
    promise: 'parseAstmanproxyConf and isAstmanproxyConf throw nothing; every finding has its line',
    corpus: () => fixtures('astmanproxy/conf', '.conf'),
    words: ['host = ', 'listenport=', 'usessl=', 'acceptencryptedconnection=', ', ', 'authrequired = yes'],
    check(input) {
      const text = input.toString('latin1')
      isAstmanproxyConf(text)
      const { findings } = parseAstmanproxyConf(text, 'astmanproxy.conf')
      const lines = text.split(/\r\n|\n|\r/).length
      for (const { line } of findings) assert(line === undefined || (line >= 1 && line <= lines), `line ${line}`)
    }
  },
  {
    name: 'astmanproxy-users',
    promise: 'parseAstmanproxyUsers throws nothing, and no two users have one name',
    corpus: () => [fixture('astmanproxy/conf/astmanproxy.users'), ...texts('anna=secret,SIP/anna,out,in,acc,server,cdr,+a\n')],
    words: ['user=', ',', 'secret', 'SIP/'],
    check(input) {
      const { users } = parseAstmanproxyUsers(input.toString('latin1'), 'astmanproxy.users')
      assert.equal(new Set(users.map(({ name }) => name)).size, users.length, 'one of each name')
    }
  },
  {
    name: 'users-file',
    promise: 'parseUsers gives users or throws ConfigError or DataError',
    corpus: () => texts('admin = secret\nanna = other\n', '# a comment\n[admin]\nsecret = x\nread = all\n'),
    words: ['[', ']', ' = ', 'secret'],
    check(input) {
      outcome(() => parseUsers(input.toString(), 'users'), ConfigError, DataError)
    }
  }
]
