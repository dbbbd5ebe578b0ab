import { certificate } from '../../../../support/scripted-server.js'
import { dropped, fixed, keep, keepHeaders, type Scenario, toAskerOnly, type Verdict } from '../verdict.js'

const document = (lines: string, from = '') => `<AsteriskManager${from}Output>\n${lines}\n</AsteriskManager${from}Output>`
const header = (name: string, value: string) => ` <${name} Value="${value}"/>`

/** @param keepXml for what has headers of 30 bytes and more, which were `UnparsedText` */
function xmlInput(keepXml: (what: string) => Verdict, message: (text: string) => string): Verdict[] {
  return [
    keepXml('Login'),
    fixed('an ActionID with an entity', 'it is decoded', {
      was: document([header('Response', 'Success'), header('ActionID', 'x &amp;amp; y'), '...'].join('\n')),
      is: document([header('Response', 'Success'), header('ActionID', 'x &amp; y'), '...'].join('\n'))
    }),
    fixed('all in one line', 'the first element counts too', {
      was: `${document([header('Response', 'Error'), header('ActionID', 'oneline'), '...'].join('\n'))}\n...`,
      is: document([header('Response', 'Success'), header('ActionID', 'oneline'), '...'].join('\n'))
    }),
    keepHeaders('SetOutputFormat CSV (no blank between the fields: RFC 4180)'),
    keep('SetOutputFormat xml'),
    keepXml('Command'),
    keepXml('PJSIPShowEndpoints'),
    dropped('what is no XML', 'Response, as in every error, and the reason', {
      was: document([header('ProxyResponse', 'Error'), header('Message', 'Invalid XML Input')].join('\n'), 'Proxy'),
      wasClosed: true,
      is: document([header('Response', 'Error'), message('Invalid XML Input: text outside of an element')].join('\n'), 'Proxy'),
      closes: true
    }),
    fixed('elements with text in place of attributes', 'they are understood; the old program died of them', {
      was: '',
      wasClosed: true,
      is: document([header('Response', 'Success'), header('Ping', 'Pong'), '...'].join('\n'))
    })
  ]
}

/** Their answers are to what the old program had understood. */
const misunderstood = [1, 2]
const { file } = certificate('server')

export const formatScenarios: readonly Scenario[] = [
  {
    name: '11-xml-input',
    setup: { unrecorded: misunderstood },
    verdicts: xmlInput(
      (what) => ({ ...keepHeaders(what), why: 'the same headers, and long ones have their names' }),
      (text) => header('Message', text)
    )
  },
  {
    name: '11-xml-input',
    variant: 'xmlcompat=1.22',
    setup: { unrecorded: misunderstood, options: { xmlCompat: '1.22' } },
    verdicts: xmlInput(keep, (text) => header('UnparsedText', `Message: ${text}`))
  },
  {
    name: '13-tls-same-port',
    setup: { options: { tls: { certFile: file, keyFile: file.replace(/crt$/, 'key') } } },
    verdicts: [
      keep('Login over TLS 1.3'),
      keep('Ping over TLS 1.3'),
      toAskerOnly('Ping in clear'),
      toAskerOnly('Ping over TLS 1.2')
    ]
  },
  {
    name: '14-tls-upstream',
    setup: { upstreamTls: true, servers: [{ name: '127.0.0.1', recordedPort: 15039 }] },
    verdicts: [keep('Ping'), keepHeaders('ListServers', ['ProxyServerName', 'ProxyServerState'])]
  }
]
