import { createHash, createHmac } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Profiles, readProfiles } from '../../../../src/lib/websms/profiles.js'
import { readFields, readMessage } from '../../../../src/lib/websms/receive-message.js'
import { providerRequest } from '../../../../src/lib/websms/request.js'
import { sendMessage } from '../../../../src/lib/websms/send-message.js'
import { scratchFolder } from '../../support/scratch.js'

const message = { to: '+46701234567', from: '+46812340001', body: 'a & "b" 😀*' }
const secret = 'secret-of-the-hook'

/** The sections as docs/dialplan.md prints them. */
let profiles: Profiles
beforeEach(() => {
  const page = fs.readFileSync(new URL('../../../../docs/dialplan.md', import.meta.url), 'utf8')
  const [, text] = /```ini\n(\[websms:twilio\][\s\S]*?)```/.exec(page)!
  const folder = scratchFolder()
  for (const [, file] of text!.matchAll(/_file = (\S+)/g))
    fs.writeFileSync(path.join(folder, file!), `${secret}\n`, { mode: 0o600 })
  const file = path.join(folder, 'websms.ini')
  fs.writeFileSync(file, text!, { mode: 0o600 })
  profiles = readProfiles(file)
})

const basic = (user: string) => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`

describe('a message by the settings of the guide', () => {
  const sent = (name: string) => {
    const { url, body, headers, method } = providerRequest(profiles.outgoing.get(name)!, message, 'id')
    const text = body!.toString()
    const isJson = headers['Content-Type']!.startsWith('application/json')
    const fields = isJson ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))
    return { url: url.href, method, authorization: headers.Authorization, fields, text }
  }

  it('goes to Twilio', () => {
    expect(sent('twilio')).toMatchObject({
      url: 'https://api.twilio.com/2010-04-01/Accounts/ACCOUNT/Messages.json',
      authorization: basic('ACCOUNT'),
      fields: { To: message.to, From: message.from, Body: message.body }
    })
  })

  it('goes to 46elks', () => {
    const { fields, authorization } = sent('46elks')
    expect({ fields, authorization }).toEqual({
      authorization: basic('USER'),
      fields: { to: message.to, from: message.from, message: message.body }
    })
  })

  it('goes to Vonage, and all its parts have to be taken', async () => {
    const { fields, authorization } = sent('vonage')
    expect({ fields, authorization }).toEqual({
      authorization: undefined,
      fields: {
        ...{ api_key: 'KEY', api_secret: secret, type: 'unicode' },
        ...{ to: '46701234567', from: '46812340001', text: message.body }
      }
    })
    const reply = (...statuses: string[]) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ 'message-count': statuses.length, messages: statuses.map((status) => ({ status })) }))
    })
    const send = (...statuses: string[]) =>
      sendMessage(profiles.outgoing.get('vonage')!, message, {
        id: 'id',
        signal: new AbortController().signal,
        request: async () => reply(...statuses) as never
      })
    expect(await send('0', '0')).toEqual({ attempts: 1, status: 200 })
    await expect(send('0', '4')).rejects.toThrow('status is not "0"')
    await expect(send()).rejects.toThrow('status is not "0"')
  })

  it('goes to Telnyx', () => {
    expect(sent('telnyx')).toMatchObject({
      authorization: `Bearer ${secret}`,
      fields: { to: message.to, from: message.from, text: message.body }
    })
  })

  it('goes to Zadarma, signed', () => {
    const { text, authorization } = sent('zadarma')
    const form = 'caller_id=46812340001&message=a+%26+%22b%22+%F0%9F%98%80%2A&number=46701234567'
    expect(text).toBe(form)
    const md5 = createHash('md5').update(form).digest('hex')
    const hex = createHmac('sha1', secret).update(`/v1/sms/send/${form}${md5}`).digest('hex')
    expect(authorization).toBe(`KEY:${Buffer.from(hex).toString('base64')}`)
  })
})

describe('a message comes in by the settings of the guide', () => {
  const got = (name: string, type: string, body: string) => {
    const profile = profiles.incoming.find((one) => one.name === name)!
    const fields = readFields(`key=${secret}`, type, Buffer.from(body))
    expect(fields.get(profile.keys.secret!)).toBe(profile.secret)
    return { message: readMessage(fields, profile), isMessage: !profile.only || fields.get(profile.only[0]) === profile.only[1] }
  }
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
  const formType = 'application/x-www-form-urlencoded'
  const came = { message: { to: '+46812340001', from: '+46701234567', body: 'hej 😀' }, isMessage: true }
  const { to, from, body } = came.message

  it.each([
    ['twilio', formType, form({ To: to, From: from, Body: body, MessageSid: 'SM1' })],
    ['46elks', formType, form({ to, from, message: body, direction: 'incoming' })],
    ['vonage', formType, form({ to: to.slice(1), msisdn: from.slice(1), text: body })],
    [
      'telnyx',
      'application/json',
      JSON.stringify({
        data: {
          event_type: 'message.received',
          payload: { from: { phone_number: from }, to: [{ phone_number: to, status: 'webhook_delivered' }], text: body }
        }
      })
    ],
    [
      'zadarma',
      formType,
      form({ event: 'SMS', result: JSON.stringify({ caller_id: from.slice(1), caller_did: to.slice(1), text: body }) })
    ]
  ])('from %s', (name, type, text) => {
    expect(got(name, type, text)).toEqual(came)
  })

  it('and what is no message is told from it', () => {
    const payload = { from: { phone_number: to }, to: [{ phone_number: from }], text: body }
    const receipt = JSON.stringify({ data: { event_type: 'message.finalized', payload } })
    expect(got('telnyx', 'application/json', receipt).isMessage).toBe(false)
  })
})
