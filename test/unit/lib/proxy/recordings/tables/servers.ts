import { plainUser } from '../../../../../../src/lib/proxy/user-options.js'
import { type RunningReplay, untilUp } from '../replay.js'
import { fixed, keep, keepHeaders, onlyV122, onlyV130, type Scenario, type Verdict } from '../verdict.js'

const ofServers = ['ProxyServerName', 'ProxyServerState']

/** The second server dies. */
async function stopSecond({ doubles, proxy }: RunningReplay): Promise<void> {
  await doubles[1]!.server.stop()
  while (proxy.servers.all[1]!.isUp) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function startSecond({ doubles, proxy }: RunningReplay): Promise<void> {
  await doubles[1]!.restart()
  await untilUp(proxy)
}

const events: Record<number, (replay: RunningReplay) => Promise<void>> = {
  7: stopSecond,
  9: startSecond,
  10: stopSecond,
  11: startSecond
}

const output = (id: string, server: string) =>
  `Response: Success\nActionID: ${id}\nMessage: Command output follows\nOutput: *\nOutput: *\nServer: ${server}`

export const serverScenarios: readonly Scenario[] = [
  {
    name: '15-server-routing',
    setup: {
      servers: [
        { name: '127.0.0.1', recordedPort: 15038 },
        { name: 'localhost', recordedPort: 15110, username: 'Fake' }
      ],
      // `x` is a command that only administrators may try.
      users: [{ ...plainUser('pinned', 'pw'), server: 'localhost', admin: true }],
      before: async (place, replay) => events[place]?.(replay)
    },
    verdicts: [
      ...listServers('ListServers'),
      keep('Command without Server: the first of the configuration'),
      keep('Command with Server'),
      keep('Command with Server in another case'),
      fixed('Command with an unknown Server', 'it is an error, and goes to no other server', {
        was: output('r4', '127.0.0.1'),
        is: 'Response: Error\nActionID: r4\nMessage: Server unknown.example is not configured; there are: 127.0.0.1, localhost'
      }),
      keep('Command with an empty Server: the first'),
      keep('Login of a user with a server, and a Command with another Server: the one of the user counts'),
      fixed('ListServers while one is down', 'it shows which', {
        was: 'ProxyResponse: Success\n...\nProxyListServer I: 127.0.0.1 H: localhost *',
        is: 'ProxyResponse: Success\n...\nProxyListServer I: localhost H: localhost *\nProxyServerName: localhost\nProxyServerState: *'
      }),
      fixed('Ping for the one that is down', 'it is an error, and goes to no other server; no banner is passed on', {
        was: 'Response: Success\nActionID: whiledown\nPing: Pong\nTimestamp: *\nServer: 127.0.0.1',
        is: 'Response: Error\nActionID: whiledown\nMessage: Server localhost is not connected: *'
      }),
      keep('Command for it when it is back'),
      fixed('Command for it when it is down again', 'it is an error, and goes to no other server', {
        was: output('r8', '127.0.0.1'),
        is: 'Response: Error\nActionID: r8\nMessage: Server localhost is not connected: *'
      }),
      keep('Command for it when it is back again'),
      ...listServers('ListServers at the end')
    ]
  },
  {
    name: '16-no-server',
    setup: { serversAre: 'absent', options: { maxRetries: 2 } },
    verdicts: [
      onlyV122(fixed('a connection', 'the proxy goes on; the old one had ended', { was: '', wasClosed: true, is: '' })),
      onlyV130(
        fixed('Ping', 'it is answered with an error', {
          was: '',
          is: 'Response: Error\nActionID: z1\nMessage: No server is connected: 127.0.0.1: *'
        })
      ),
      onlyV130(
        fixed('ListServers', 'it is answered', {
          was: '',
          is: 'ProxyResponse: Success\nProxyListServer I: 127.0.0.1 H: 127.0.0.1 U: proxy P: 15038 E: on \nProxyServerName: 127.0.0.1\nProxyServerState: *'
        })
      )
    ]
  },
  {
    name: '17-upstream-auth-failure',
    setup: { serversAre: 'refusing' },
    verdicts: [
      onlyV122(fixed('a connection', 'the proxy goes on; the old one had ended', { was: '', wasClosed: true, is: '' })),
      onlyV130(
        fixed('ListServers', 'it is answered', {
          was: '',
          is: 'ProxyResponse: Success\nProxyListServer I: 127.0.0.1 H: 127.0.0.1 U: proxy P: 15038 E: on \nProxyServerName: 127.0.0.1\nProxyServerState: *'
        })
      ),
      onlyV130(
        fixed('Ping', 'it is answered, and what is wrong is said', {
          was: '',
          is: 'Response: Error\nActionID: z1\nMessage: No server is connected: 127.0.0.1: *'
        })
      )
    ]
  },
  {
    name: '18-upstream-secret-with-capitals',
    setup: { credentials: { username: 'admin', secret: 'Adm1nSecret' } },
    verdicts: [
      onlyV122(
        fixed('a connection', 'the secret keeps its capitals, and the proxy goes on', { was: '', wasClosed: true, is: '' })
      ),
      onlyV130(keepHeaders('ListServers', ofServers)),
      onlyV130(keep('Ping'))
    ]
  }
]

function listServers(what: string): Verdict[] {
  const listed = (host: string, user: string, port: number) =>
    `ProxyListServer I: 127.0.0.1 H: ${host} U: ${user} P: ${port} E: on `
  const ours = (name: string) => `\nProxyServerName: ${name}\nProxyServerState: up`
  const first = listed('127.0.0.1', 'proxy', 15038)
  return [
    onlyV122(
      fixed(what, 'a user keeps its capitals', {
        was: `ProxyResponse: Success\n${first}\n${listed('localhost', 'fake', 15110)}`,
        is: `ProxyResponse: Success\n${first}${ours('127.0.0.1')}\n${listed('localhost', 'Fake', 15110)}${ours('localhost')}`
      })
    ),
    onlyV130(keepHeaders(what, ofServers))
  ]
}
