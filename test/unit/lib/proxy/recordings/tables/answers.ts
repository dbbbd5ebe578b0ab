import { plainUser } from '../../../../../../src/lib/proxy/user-options.js'
import {
  differs,
  dropped,
  eventsToAll,
  fixed,
  keep,
  keepHeaders,
  onlyV122,
  onlyV130,
  type Scenario,
  toAskerOnly,
  type Verdict
} from '../verdict.js'

const refusedInAsterisk = 'Response: Error\nActionID: l0\nMessage: Authentication failed'
const pong = (id: string) => `Response: Success\nActionID: ${id}\nPing: Pong\nTimestamp: *\nServer: 127.0.0.1`
const pongWithoutId = 'Response: Success\nPing: Pong\nTimestamp: *\nServer: 127.0.0.1'
const securityEvent = 'Event: SuccessfulAuth\n...\nServer: 127.0.0.1'
const goodbyes: Verdict[] = [
  onlyV122(
    dropped('Logoff', "1.30's words, which are Asterisk's", {
      was: "Goodbye: Y'all come back now, y'hear?",
      wasClosed: true,
      is: 'Response: Goodbye\nActionID: bye\nMessage: Thanks for all the fish.',
      closes: true
    })
  ),
  onlyV130(keepHeaders('Logoff'))
]
const onHidesEvents = 'autofilter=on shows nothing of others, also after an action without ActionID'

export const answerScenarios: readonly Scenario[] = [
  {
    name: '00-direct-asterisk22',
    setup: {
      isDirect: true,
      options: { authRequired: true },
      users: [{ ...plainUser('admin', 'Adm1nSecret'), admin: true }]
    },
    verdicts: [
      {
        kind: 'keep',
        what: 'Challenge',
        why: "Asterisk's answer to the letter, with another number",
        check: differs({
          was: 'Response: Success\nActionID: ch1\nChallenge: 944719759',
          is: 'Response: Success\nActionID: ch1\nChallenge: *'
        })
      },
      {
        kind: 'keep',
        what: 'a wrong secret',
        why: "Asterisk's answer, which came 1 s later, and it closes too",
        check: differs({ was: '', is: refusedInAsterisk, closes: true })
      },
      dropped('Login', 'the event SuccessfulAuth is of whoever logs in to Asterisk, and that is the proxy', {
        was: 'Response: Success\nActionID: l1\nMessage: Authentication accepted\n\nEvent: SuccessfulAuth\n...',
        is: 'Response: Success\nActionID: l1\nMessage: Authentication accepted\n\nEvent: SuccessfulAuth\n...'
      }),
      {
        kind: 'keep',
        what: 'Ping',
        why: "Asterisk's bytes",
        check: differs({
          was: { 0: refusedInAsterisk, 1: 'Response: Success\nActionID: p1\nPing: Pong\nTimestamp: 1795247194.080522' },
          is: { 1: 'Response: Success\nActionID: p1\nPing: Pong\nTimestamp: 1795247194.080522' }
        })
      },
      keep('Ping without ActionID'),
      keep('an unknown action'),
      keep('Command'),
      keep('Command that does not exist'),
      keep('CoreShowChannels without channels'),
      keep('PJSIPShowEndpoints'),
      keep('Status without channels'),
      keep('QueueStatus'),
      keep('GetVar'),
      keep('CoreSettings'),
      keep('ListCommands'),
      keep('Originate to an extension, and its events'),
      keep('Originate to an application, and its events'),
      keep('UserEvent'),
      keep('CoreShowChannels'),
      keep('Status'),
      keep('Hangup by a pattern, and its events'),
      keep('Originate of a dialled bridge'),
      keep('Hangup again'),
      keepHeaders('Logoff')
    ]
  },
  {
    name: '04-autofilter',
    setup: {},
    verdicts: [
      keep('Login of w'),
      keep('Login of c'),
      toAskerOnly('off: Ping of c'),
      keep('SetAutoFilter on'),
      toAskerOnly('on: Ping of c'),
      onlyV122(
        fixed('on: Ping of c without ActionID', 'it is answered to the asker, and to nobody else', {
          was: { 0: pongWithoutId },
          is: { 1: pongWithoutId }
        })
      ),
      onlyV130(toAskerOnly('on: Ping of c without ActionID')),
      onlyV122(toAskerOnly("on: w uses an ActionID of c's")),
      onlyV130(
        fixed("on: w uses an ActionID of c's", "c does not see w's answer, nor events", {
          was: { 0: `${pong('on1')}\n\n${securityEvent}`, 1: `${pong('on1')}\n\n${securityEvent}` },
          is: { 0: `${pong('on1')}\n\n${securityEvent}` }
        })
      ),
      onlyV122(keep('on: Originate of w')),
      onlyV130(
        fixed('on: Originate of w', onHidesEvents, {
          was: { 0: 'Response: Success\nActionID: w-or\n...', 1: 'Response: Success\nActionID: w-or\n...' },
          is: { 0: 'Response: Success\nActionID: w-or\n...\nEvent: OriginateResponse\n...' }
        })
      ),
      onlyV122(toAskerOnly('on: CoreShowChannels of c')),
      onlyV130(
        fixed('on: CoreShowChannels of c', onHidesEvents, {
          was: {
            0: 'Response: Success\nActionID: on2\n...\nEvent: UserEvent\n...',
            1: 'Response: Success\nActionID: on2\n...\n\nEvent: CoreShowChannelsComplete\n...'
          },
          is: {
            0: 'Event: UserEvent\n...',
            1: 'Response: Success\nActionID: on2\n...\n\nEvent: CoreShowChannelsComplete\nActionID: on2\nEventList: Complete\nListItems: 0\nServer: 127.0.0.1'
          }
        })
      ),
      onlyV122(
        fixed('on: two actions at once', 'both are answered, and to the asker only', {
          was: { 0: `${pong('pipe1')}\n\n${pong('pipe2')}`, 1: pong('pipe2') },
          is: { 1: `${pong('pipe1')}\n\n${pong('pipe2')}` }
        })
      ),
      onlyV130(toAskerOnly('on: two actions at once')),
      keep('SetAutoFilter unique'),
      toAskerOnly('unique: Ping of c'),
      toAskerOnly('unique: Ping of c without ActionID'),
      toAskerOnly('unique: CoreShowChannels of c'),
      toAskerOnly('unique: Command of c'),
      toAskerOnly('unique: two actions at once'),
      toAskerOnly('unique: Ping of w without ActionID'),
      eventsToAll(
        'unique: Originate of w',
        "c sees the events, OriginateResponse too, without w's ActionID and without w's answer"
      )
    ]
  },
  {
    name: '05-command-and-lists',
    setup: {},
    verdicts: [
      keep('Login'),
      keep('Command'),
      keep('Command with one line of output'),
      keep('Command that does not exist'),
      fixed('Command with more than 252 lines', 'no line is lost, and Server is there', {
        was: 'Response: Success\nActionID: c3\n...\nOutput: *',
        is: 'Response: Success\nActionID: c3\n...\nOutput: *\nServer: 127.0.0.1'
      }),
      keep('CoreShowChannels without channels'),
      keep('PJSIPShowEndpoints'),
      keep('Status without channels'),
      keep('QueueStatus'),
      keep('ListCommands'),
      keep('an unknown action'),
      keep('Originate, and its events'),
      keep('Originate of a dialled bridge, and its events'),
      keep('CoreShowChannels'),
      keep('Hangup by a pattern, and its events'),
      ...goodbyes
    ]
  },
  {
    name: '20-autofilter-on-before-any-actionid',
    setup: { options: { authRequired: true, autoFilter: 'on' } },
    verdicts: [
      fixed('Login, then events', 'who has sent no ActionID gets no events for it, and who has not logged in gets nothing', {
        was: {
          0: {
            v122: '',
            v130: `${securityEvent}\n\nEvent: UserEvent\nPrivilege: user,all\nUserEvent: Secret\nData: confidential\nServer: 127.0.0.1`
          },
          1: 'Response: Success\nMessage: Authentication accepted\n\nEvent: SuccessfulAuth\n...\nEvent: UserEvent\n...'
        },
        is: { 1: 'Response: Success\nMessage: Authentication accepted' }
      })
    ]
  },
  {
    name: '21-unique-order',
    setup: {},
    verdicts: [keep('SetAutoFilter unique'), toAskerOnly('Ping, whose prefix some clients saw')]
  },
  {
    name: '22-what-asterisk-sees',
    setup: { options: { proxyKey: 'thekey' } },
    verdicts: [
      keep('ProxyKey, Server and an action in one'),
      keep('SetAutoFilter unique'),
      keep('Ping'),
      fixed('an action with two ActionIDs', 'it is answered, with the first', {
        was: { v122: '', v130: pong('d') },
        is: pong('c')
      }),
      dropped('a block that is no action', 'it is answered here, in the words of Asterisk', {
        was: 'Response: Success\nMessage: ok from T\nServer: 127.0.0.1',
        is: 'Response: Error\nMessage: Missing action in request'
      })
    ]
  }
]
