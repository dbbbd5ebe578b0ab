import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

const message = { helpGroup: 'MESSAGE' } as const
const dialog = { helpGroup: 'CALLS AND SUBSCRIPTIONS' } as const

export const shownParts = ['line', 'headers', 'body', 'all'] as const

/** What `uac send` can be told about a request and its replies. */
export const sipSendFlags = {
  header: Flags.string({
    char: 'H',
    description: 'a header; takes the place of ours; repeatable',
    helpValue: "'NAME: VALUE'",
    multiple: true,
    ...message
  }),
  'header-file': Flags.string({ description: 'headers, one a line', helpValue: 'FILE', ...message }),
  body: Flags.string({ description: 'the body ("-": stdin; empty for none)', helpValue: 'TEXT', ...message }),
  'body-file': Flags.string({
    description: 'the body from a file ("-": stdin)',
    helpValue: 'FILE',
    exclusive: ['body'],
    ...message
  }),
  'content-type': Flags.string({
    description: 'of the body (default: text/plain, of INVITE application/sdp)',
    helpValue: 'TYPE',
    ...message
  }),
  'call-id': Flags.string({ description: 'Call-ID', helpValue: 'ID', ...message }),
  cseq: Flags.integer({ description: 'CSeq number (default 1)', min: 0, max: 2 ** 31 - 1, ...message }),
  'from-tag': Flags.string({ description: 'tag of From', helpValue: 'TAG', ...message }),
  'to-tag': Flags.string({ description: 'tag of To: a request inside of a dialog', helpValue: 'TAG', ...message }),
  route: Flags.string({ description: 'a Route, and next hop; repeatable', helpValue: 'URI', multiple: true, ...message }),
  contact: Flags.string({ description: 'Contact (empty for none)', helpValue: 'ADDRESS', ...message }),
  expires: Flags.integer({ description: 'Expires, in seconds', min: 0, max: 2 ** 32 - 1, ...message }),
  event: Flags.string({ description: 'Event of SUBSCRIBE, NOTIFY, PUBLISH', helpValue: 'NAME', ...message }),
  raw: Flags.string({
    description: 'send the bytes of a file as they are ("-": stdin), and show what comes',
    helpValue: 'FILE',
    ...message
  }),
  force: Flags.boolean({ description: 'send headers twice that may stand once', ...message }),

  'cancel-after': durationFlag({
    description: 'INVITE: CANCEL when nobody answers for so long',
    default: 60_000,
    defaultHelp: async () => '60',
    // Kamailio's fr_inv_timeout.
    aliases: ['invite-timeout'],
    ...dialog
  }),
  'bye-after': durationFlag({
    description: 'INVITE: hang up so long after the answer',
    default: 0,
    defaultHelp: async () => '0',
    ...dialog
  }),
  wait: durationFlag({
    description: 'SUBSCRIBE: take NOTIFYs for so long',
    default: 5_000,
    defaultHelp: async () => '5',
    ...dialog
  }),

  expect: Flags.string({
    description: 'replies that are a success (default 2xx)',
    helpValue: '200,4xx',
    multiple: true,
    delimiter: ','
  }),
  show: Flags.option({ options: shownParts, description: 'what is printed of the reply', default: 'line' })(),
  repeat: Flags.integer({ description: 'send it so often', default: 1, min: 1, max: 1_000_000 }),
  interval: durationFlag({
    description: 'from one to the next (default: 1 with --repeat, none with --csv)'
  }),
  csv: Flags.string({
    description:
      'send one for each row; {{column}} in the method, the URI and flags is its value; a column auth_password is the password of --auth-user ("-": stdin)',
    helpValue: 'FILE'
  }),
  concurrency: Flags.integer({
    description: 'with --csv or --repeat: requests in flight at a time',
    default: 1,
    min: 1,
    max: 1000
  }),
  'on-reply': Flags.string({
    description:
      'run this with each final reply: PBXKIT_REPLY_STATUS, _REASON, _METHOD, _URI, _CALL_ID in its environment, JSON on its stdin',
    helpValue: 'COMMAND'
  })
}
