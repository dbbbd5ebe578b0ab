import { createHash } from 'node:crypto'
import type { Setup } from '../replay.js'
import { dropped, fixed, keep, keepHeaders, onlyV130, type Scenario } from '../verdict.js'

const guessing = 'the same answer, but late and the connection is closed, as Asterisk does: guessing is slow'
const failed = 'Response: Error\nMessage: Authentication failed'
const failedWithId = (id: string) => ({
  was: `${failed}\nActionID: ${id}`,
  is: `Response: Error\nActionID: ${id}\nMessage: Authentication failed`,
  closes: true
})
const accepted = (id: string) => `Response: Success\nActionID: ${id}\nMessage: Authentication accepted`
const whyDenied = 'the same error, and it says why'
const needsLogin: Setup = { options: { authRequired: true } }

/** The key that was recorded answers a challenge that was always the same; ours answers the one that we gave. */
function answerOurChallenge(sent: string, received: string): string {
  const challenges = [...received.matchAll(/Challenge: (\d+)\r/g)].map(([, challenge]) => challenge!)
  const keyTo = (challenge: string | undefined) => createHash('md5').update(`${challenge}pass`).digest('hex')
  if (sent.includes('ActionID: c3up')) return sent.replace(/Key: \w+/, `Key: ${keyTo(challenges.at(-1)).toUpperCase()}`)
  if (sent.includes('ActionID: c3')) return sent.replace(/Key: \w+/, `Key: ${keyTo(challenges.at(-1))}`)
  // What was right for the challenge before.
  return sent.includes('ActionID: c5') ? sent.replace(/Key: \w+/, `Key: ${keyTo(challenges.at(-2))}`) : sent
}

export const loginScenarios: readonly Scenario[] = [
  {
    name: '01-banner-login',
    setup: {},
    verdicts: [
      keep('Ping without a login'),
      dropped('a wrong secret', guessing, { was: failed, is: failed, closes: true }),
      dropped('an unknown user, with ActionID', guessing, failedWithId('L2')),
      keep('Login'),
      keepHeaders('a second Login, with ActionID (Response comes first now, as from Asterisk)'),
      keepHeaders('Login in lower case'),
      fixed('Action:Login without a blank', 'it is a login, and does not go to the session that all share', {
        was: 'Response: Success\nActionID: nospace\nMessage: Already authenticated\nServer: 127.0.0.1',
        is: accepted('nospace')
      }),
      keep('empty lines')
    ]
  },
  {
    name: '02-challenge-md5',
    setup: { rewrite: answerOurChallenge, resume: 'Action: Challenge\r\nAuthType: MD5\r\n\r\n' },
    verdicts: [
      keepHeaders('Challenge without AuthType'),
      fixed('Challenge', 'it is random, and no first one is always 180428938', {
        was: 'Response: Success\nChallenge: 180428938\nActionID: c1',
        is: 'Response: Success\nActionID: c1\nChallenge: *'
      }),
      dropped('a wrong key', guessing, failedWithId('c2')),
      dropped('the right key in upper case', guessing, failedWithId('c3up')),
      keepHeaders('the right key'),
      fixed('a second Challenge', 'it is another one', {
        was: 'Response: Success\nChallenge: 180428938\nActionID: c4',
        is: 'Response: Success\nActionID: c4\nChallenge: *'
      }),
      fixed('the key that was right before', 'a challenge serves once', {
        was: 'ActionID: c5\nResponse: Success\nMessage: Authentication accepted',
        is: 'Response: Error\nActionID: c5\nMessage: Authentication failed',
        closes: true
      }),
      fixed('Challenge on another connection', 'it cannot be foretold', {
        was: 'Response: Success\nChallenge: 846930886',
        is: 'Response: Success\nChallenge: *'
      })
    ]
  },
  {
    name: '06-proxykey',
    // What a file with "proxykey = FooBar" meant to the old program, which had made it small.
    setup: { options: { proxyKey: 'foobar' } },
    verdicts: [
      onlyV130(
        fixed('nothing yet', 'who has not given the key sees no events', {
          was: 'Event: SuccessfulAuth\n...\nServer: 127.0.0.1',
          is: ''
        })
      ),
      fixed('a key that is wrong by its case', 'an error is said before the connection is closed', {
        was: '',
        wasClosed: true,
        is: 'Response: Error\nActionID: k1\nMessage: Authentication failed',
        closes: true
      }),
      keep('the key and an action in one'),
      keep('another action after the key'),
      fixed('a wrong key', 'an error is said before the connection is closed', {
        was: '',
        wasClosed: true,
        is: 'Response: Error\nActionID: k1\nMessage: Authentication failed',
        closes: true
      }),
      fixed('Login in place of the key', 'an error is said before the connection is closed', {
        was: '',
        wasClosed: true,
        is: 'Response: Error\nMessage: Authentication failed',
        closes: true
      }),
      keepHeaders('the key and a ProxyAction in one', ['ProxyServerName', 'ProxyServerState']),
      dropped('a failed Login after the key', guessing, { was: failed, is: failed, closes: true }),
      fixed('an action after it', 'an error is said before the connection is closed', {
        was: '',
        wasClosed: true,
        is: 'Response: Error\nActionID: afterbad\nMessage: Authentication failed',
        closes: true
      })
    ]
  },
  {
    name: '07-authrequired',
    setup: needsLogin,
    verdicts: [
      dropped('Ping before the login', whyDenied, {
        was: 'Response: Error\nMessage: Action Filtered\nActionID: a1',
        is: 'Response: Error\nActionID: a1\nMessage: Permission denied'
      }),
      dropped('Command before the login', whyDenied, {
        was: 'Response: Error\nMessage: Action Filtered',
        is: 'Response: Error\nMessage: Permission denied'
      }),
      fixed('ListSessions before the login', 'ProxyActions need a login, this one an administrator', {
        was: 'ProxyResponse: Success\nProxyClientSession: 127.0.0.1\n...\nProxyServerSession: 127.0.0.1',
        is: 'Response: Error\nMessage: Permission denied'
      }),
      fixed('ListServers before the login', 'ProxyActions need a login', {
        was: 'ProxyResponse: Success\nProxyListServer I: 127.0.0.1 H: 127.0.0.1 U: proxy P: 15038 E: on ',
        is: 'Response: Error\nMessage: Permission denied'
      }),
      keep('Login with Events: off'),
      keep('Ping; who has not logged in sees nothing of it'),
      fixed('Originate after Events: off', 'Events: off of a login counts for its client', {
        was: 'Response: Success\nActionID: a3\n...\nEvent: *\n...\nServer: 127.0.0.1',
        is: 'Response: Success\nActionID: a3\nMessage: Originate successfully queued\nServer: 127.0.0.1'
      }),
      fixed('Events with EventMask: off', 'it is for this client, and does not reach the session that all share', {
        was: 'Response: Success\nActionID: a4\nEvents: Off\nServer: 127.0.0.1',
        is: 'Response: Success\nActionID: a4\nEvents: Off'
      }),
      keep('Originate while events are off'),
      fixed('Events with EventMask: on', 'it is for this client, and does not reach the session that all share', {
        was: 'Response: Success\nActionID: a6\nEvents: On\nServer: 127.0.0.1',
        is: 'Response: Success\nActionID: a6\nEvents: On'
      }),
      dropped('a failed Login again', guessing, { was: failed, is: failed, closes: true }),
      dropped('Ping after it', whyDenied, {
        was: 'Response: Error\nMessage: Action Filtered\nActionID: a7',
        is: 'Response: Error\nActionID: a7\nMessage: Permission denied'
      })
    ]
  },
  {
    name: '19-blank-blocks-unauthenticated',
    setup: needsLogin,
    verdicts: [
      fixed('an empty line', 'it is no action', { was: 'Response: Error\nMessage: Action Filtered', is: '' }),
      fixed('two more', 'they are none', {
        was: 'Response: Error\nMessage: Action Filtered\n\nResponse: Error\nMessage: Action Filtered',
        is: ''
      })
    ]
  },
  {
    name: '24-empty-secret',
    setup: {},
    verdicts: [
      fixed('Login with an empty secret', 'a user without a secret is refused when the file is read: there is none', {
        was: 'Response: Success\nMessage: Authentication accepted',
        is: failed,
        closes: true
      }),
      fixed('Login without a secret', 'there is no such user', {
        was: 'Response: Success\nMessage: Authentication accepted',
        is: failed,
        closes: true
      }),
      keep('Ping, where no login is needed')
    ]
  }
]
