import { untilUp } from '../replay.js'
import { dropped, fixed, keep, keepHeaders, onlyV122, onlyV130, type Scenario } from '../verdict.js'

const ofServers = ['ActionID', 'ProxyServerName', 'ProxyServerState']
const ofSessions = [
  ...['ActionID', 'ProxyClientAddress', 'ProxyClientUser', 'ProxyClientConnected'],
  ...['ProxyClientQueueBytes', 'ProxyClientDropped', 'ProxyServerName', 'ProxyServerState']
]
/** The last ActionID of a client is that of the action before, which in a replay is our own; 1.30 forgot those of ProxyActions and put prefixes to none. */
const listSessions = (what: string) => keepHeaders(what, ofSessions, ['ProxyClientActionID'])
const oneServer = '\nProxyServerName: 127.0.0.1\nProxyServerState: up'
const listed = (host: string, user: string) => `ProxyListServer I: 127.0.0.1 H: ${host} U: ${user} P: 15038 E: on `
const securityEvent = (server: string) => `Event: SuccessfulAuth\n...\nServer: ${server}`

export const proxyActionScenarios: readonly Scenario[] = [
  {
    name: '03-proxyactions',
    setup: {
      idleClients: 1,
      addable: { name: 'localhost', recordedPort: 15038 },
      // Where the recording goes on after AddServer, the new server has come up.
      before: async (_place, { proxy }) => untilUp(proxy)
    },
    verdicts: [
      keep('Login'),
      listSessions('ListSessions'),
      keepHeaders('ListServers', ofServers),
      keepHeaders('ListIOHandlers (in an order of our own)', ['ActionID', 'InputHandler', 'OutputHandler']),
      keepHeaders('SetAutoFilter on', ['ActionID']),
      keep('SetAutoFilter unique'),
      listSessions('ListSessions under unique'),
      keep('SetAutoFilter off'),
      keep('SetAutoFilter with another word: off'),
      keepHeaders('an unknown ProxyAction', ['ActionID']),
      keep('SetOutputFormat with an unknown format: unchanged'),
      keep('SetOutputFormat xml'),
      keepHeaders('ListServers in XML', ofServers),
      keep('Ping in XML'),
      keepHeaders('SetOutputFormat CSV (no blank between the fields: RFC 4180)'),
      listSessions('ListSessions in CSV'),
      keepHeaders('Ping in CSV'),
      keepHeaders('CoreShowChannels in CSV'),
      keep('SetOutputFormat standard'),
      fixed('AddServer without a port', 'the reason is given', {
        was: 'ProxyResponse: Failure\nMessage: Could not add 127.0.0.2',
        is: 'ProxyResponse: Failure\nMessage: Could not add 127.0.0.2: Port is missing'
      }),
      fixed('AddServer', 'the same answer; the banner and the answer to the login there are not passed on', {
        was: 'ProxyResponse: Success\nMessage: Added localhost\n...',
        is: 'ProxyResponse: Success\nMessage: Added localhost\n...'
      }),
      fixed('ListServers', 'the added one comes last, and is not the default', {
        was: `ProxyResponse: Success\n${listed('localhost', 'admin')}\n${listed('127.0.0.1', 'proxy')}`,
        is: `ProxyResponse: Success\n${listed('127.0.0.1', 'proxy')}${oneServer}\n${listed('localhost', 'admin')}\nProxyServerName: localhost\nProxyServerState: up`
      }),
      fixed('Ping', 'it goes to the server that was configured first', {
        was: {
          0: {
            v122: 'Response: Success\nActionID: two-servers\nPing: Pong\nTimestamp: *\nServer: localhost',
            v130: `Response: Success\nActionID: two-servers\nPing: Pong\nTimestamp: *\nServer: localhost\n\n${securityEvent('localhost')}\n\n${securityEvent('127.0.0.1')}`
          }
        },
        is: {
          0: {
            v122: 'Response: Success\nActionID: two-servers\nPing: Pong\nTimestamp: *\nServer: 127.0.0.1',
            v130: '...\nServer: 127.0.0.1\n...'
          }
        }
      }),
      keep('DropServer of one that is not there'),
      fixed('DropServer without a name', 'it drops nothing; the old program dropped the newest session', {
        was: 'ProxyResponse: Success\nMessage: Dropped ',
        is: 'ProxyResponse: Failure\nMessage: Cannot Drop Server, Server is missing'
      }),
      fixed('DropServer of the added one', 'it is still there', {
        was: 'ProxyResponse: Failure\nMessage: Cannot Drop Server localhost, Does Not Exist',
        is: 'ProxyResponse: Success\nActionID: x9\nMessage: Dropped localhost'
      }),
      keepHeaders('ListServers after it', ofServers),
      keep('Ping after it'),
      onlyV122(
        dropped('Logoff', "1.30's words, which are Asterisk's", {
          was: "Goodbye: Y'all come back now, y'hear?",
          wasClosed: true,
          is: 'Response: Goodbye\nActionID: x10\nMessage: Thanks for all the fish.',
          closes: true
        })
      ),
      onlyV130(keepHeaders('Logoff'))
    ]
  },
  {
    name: '23-output-format-http',
    setup: {},
    verdicts: [
      fixed('SetOutputFormat http', 'a format that is none for output changes nothing; the old program died of it', {
        was: '',
        wasClosed: true,
        is: 'ProxyResponse: Success\nOutputFormat: standard'
      })
    ]
  },
  {
    name: '25-logoff-without-space',
    setup: {},
    verdicts: [
      fixed('Action:Logoff without a blank', 'it ends this session, and not the one that all share', {
        was: {
          v122: 'Response: Goodbye\nActionID: lo\nMessage: Thanks for all the fish.\nServer: 127.0.0.1',
          v130: ''
        },
        is: 'Response: Goodbye\nActionID: lo\nMessage: Thanks for all the fish.',
        closes: true
      }),
      fixed('Ping right after', 'the server is still connected', {
        was: securityEvent('127.0.0.1'),
        is: `Response: Success\nActionID: after\nPing: Pong\nTimestamp: *\nServer: 127.0.0.1\n\n${securityEvent('127.0.0.1')}`
      }),
      keep('Ping 3 s later')
    ]
  }
]
