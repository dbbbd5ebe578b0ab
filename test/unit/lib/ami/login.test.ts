import { describe, expect, it } from 'vitest'
import { amiVersion, type Credentials, isForeignBanner, LoginDialogue, md5Key } from '../../../../src/lib/ami/login.js'
import { LoginError, ProtocolError, UnsafeHeaderError } from '../../../../src/lib/errors.js'
import { blockOf } from '../../support/ami-fixtures.js'

const credentials: Credentials = { username: 'admin', secret: 'yoyodyne11', auth: 'md5', events: 'on' }

const dialogueWith = (other: Partial<Credentials> = {}) => new LoginDialogue({ ...credentials, ...other }, 'id-1', 'pbx:5038')

describe('md5Key', () => {
  it('is the lower-case MD5 of challenge and secret', () => {
    expect(md5Key('125065091', 'yoyodyne11')).toBe('e83a9e59e7c8d1bb6554982275d05016')
  })
})

describe('LoginDialogue', () => {
  it('proves the secret without sending it', () => {
    const dialogue = dialogueWith()
    expect(dialogue.start().toString()).toBe('Action: Challenge\r\nActionID: id-1\r\nAuthType: MD5\r\n\r\n')
    const login = dialogue.push(blockOf('Response: Success\nActionID: id-1\nChallenge: 125065091')) as Buffer
    expect(login.toString()).toBe(
      'Action: Login\r\nActionID: id-1\r\nAuthType: MD5\r\nUsername: admin\r\nKey: e83a9e59e7c8d1bb6554982275d05016\r\nEvents: on\r\n\r\n'
    )
    expect(login.toString()).not.toContain('yoyodyne11')
    expect(dialogue.push(blockOf('Response: Success\nMessage: Authentication accepted'))).toBe('done')
  })

  it('sends the secret when plain was asked for', () => {
    const dialogue = dialogueWith({ auth: 'plain', events: 'off' })
    expect(dialogue.start().toString()).toBe(
      'Action: Login\r\nActionID: id-1\r\nUsername: admin\r\nSecret: yoyodyne11\r\nEvents: off\r\n\r\n'
    )
    expect(dialogue.push(blockOf('Response: Success'))).toBe('done')
  })

  it('takes the answer of a proxy that puts its ActionID first, or leaves it out', () => {
    const dialogue = dialogueWith()
    dialogue.start()
    expect(dialogue.push(blockOf('ActionID: id-1\nResponse: Success\nChallenge: 1'))).toBeInstanceOf(Buffer)
    expect(dialogue.push(blockOf('Response: success'))).toBe('done')
  })

  it('passes events by', () => {
    const dialogue = dialogueWith()
    dialogue.start()
    expect(dialogue.push(blockOf('Event: FullyBooted\nActionID: id-1'))).toBeUndefined()
  })

  it('says who was refused, by whom and why', () => {
    const dialogue = dialogueWith({ auth: 'plain' })
    dialogue.start()
    const refuse = () => dialogue.push(blockOf('Response: Error\nMessage: Authentication failed'))
    expect(refuse).toThrow(LoginError)
    expect(refuse).toThrow('pbx:5038 refused the login of "admin": Authentication failed')
    expect(refuse).not.toThrow(/yoyodyne11/)
  })

  it('points to plain authentication when the challenge is refused', () => {
    const dialogue = dialogueWith()
    dialogue.start()
    expect(() => dialogue.push(blockOf('Response: Error\nMessage: Must specify AuthType'))).toThrow(
      expect.objectContaining({
        code: 'E_LOGIN',
        message: expect.stringContaining('MD5 challenge'),
        hint: expect.stringContaining('--auth plain')
      })
    )
  })

  it('refuses a challenge that is missing or empty', () => {
    for (const answer of ['Response: Success', 'Response: Success\nChallenge: ']) {
      const dialogue = dialogueWith()
      dialogue.start()
      expect(() => dialogue.push(blockOf(answer))).toThrow(ProtocolError)
    }
  })

  it('refuses a user name or secret that would begin a new header', () => {
    expect(() => dialogueWith({ auth: 'plain', secret: 'x\r\nAction: Evil' }).start()).toThrow(UnsafeHeaderError)
    const dialogue = dialogueWith({ username: 'a\nb' })
    dialogue.start()
    expect(() => dialogue.push(blockOf('Response: Success\nChallenge: 1'))).toThrow(UnsafeHeaderError)
  })
})

describe('banners', () => {
  it.each([
    'SSH-2.0-OpenSSH_9.2p1',
    'HTTP/1.1 400 Bad Request',
    '220 mail.example.org ESMTP',
    '220-ftp.example.org',
    '+OK POP3 ready',
    '* OK IMAP ready',
    'SIP/2.0 400 Bad Request',
    'RTSP/1.0 400 Bad Request',
    '<?xml version="1.0"?>',
    '{"hello":1}',
    'RFB 003.008',
    '\u0015\u0003\u0003\u0000\u0002',
    'J\u0000\u0000\u0000',
    'x\ufffdy'
  ])('%j is foreign', (banner) => {
    expect(isForeignBanner(banner)).toBe(true)
  })

  it.each(['Asterisk Call Manager/11.0.0', 'Asterisk Call Manager Proxy/1.30.0', 'My PBX', '', 'Callweaver Manager 2', 'АТС'])(
    '%j may be AMI',
    (banner) => {
      expect(isForeignBanner(banner)).toBe(false)
    }
  )

  it('tell the version when they have one', () => {
    expect(amiVersion('Asterisk Call Manager/11.0.0')).toBe('11.0.0')
    expect(amiVersion('Asterisk Call Manager Proxy/1.30.0')).toBe('1.30.0')
    expect(amiVersion('My PBX 1.0')).toBeUndefined()
  })
})
