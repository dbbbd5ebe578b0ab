import sasl from 'pg/lib/crypto/sasl.js'
import { describe, expect, it } from 'vitest'
import { DataError, LoginError, ProtocolError } from '../../../../src/lib/errors.js'
import { ClientSecret, ScramClient } from '../../../../src/lib/scram/client.js'
import type { ChannelBinding, ScramMechanism } from '../../../../src/lib/scram/messages.js'
import { createRecord, formatRecord, InventedRecords, parseRecord, type ScramRecord } from '../../../../src/lib/scram/record.js'
import { ScramServer, type ScramServerOptions } from '../../../../src/lib/scram/server.js'

/** RFC 7677 section 3. */
const vector = {
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='
}
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const pencil = await createRecord('pencil', { salt, iterations: 4096 })
const invented = new InventedRecords(Buffer.from('secret of this server'), 4096)
const binding: ChannelBinding = { name: 'tls-exporter', data: Buffer.alloc(32, 7) }

const serverOf = (options: Partial<ScramServerOptions> = {}) =>
  new ScramServer({ mechanism: 'SCRAM-SHA-256', invented, nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', ...options })

interface Login {
  password?: string
  record?: ScramRecord
  client?: ChannelBinding
  server?: ChannelBinding
  mechanism?: ScramMechanism
  requireBinding?: boolean
}

/** One whole login of `user`. */
async function login({ password = 'pencil', record = pencil, client: clientBinding, server: channelBinding, ...rest }: Login) {
  const client = new ScramClient({ username: 'user', secret: new ClientSecret(password), channelBinding: clientBinding })
  const server = new ScramServer({ mechanism: client.mechanism, invented, channelBinding, ...rest })
  server.begin(client.first())
  const final = await client.final(server.challenge(record))
  const outcome = server.finish(final)
  if (outcome.ok) client.verify(outcome.message)
  return outcome.ok ? 'ok' : outcome.reason
}

describe('SCRAM-SHA-256', () => {
  it('says what RFC 7677 says, as a server', () => {
    const server = serverOf()
    expect(server.begin(vector.clientFirst)).toBe('user')
    expect(server.challenge(pencil)).toBe(vector.serverFirst)
    expect(server.finish(vector.clientFinal)).toEqual({ ok: true, message: vector.serverFinal })
  })

  it('says what RFC 7677 says, as a client', async () => {
    const client = new ScramClient({ username: 'user', secret: new ClientSecret('pencil'), nonce: 'rOprNGfwEbeRWgbNEkqO' })
    expect(client.first()).toBe(vector.clientFirst)
    expect(await client.final(vector.serverFirst)).toBe(vector.clientFinal)
    expect(() => client.verify(vector.serverFinal)).not.toThrow()
  })

  it('is understood by the client of another author', async () => {
    for (const password of ['pencil', 'Пароль ①', 'with, comma=']) {
      const session = sasl.startSession(['SCRAM-SHA-256'])
      const server = new ScramServer({ mechanism: 'SCRAM-SHA-256', invented })
      expect(server.begin(session.response)).toBe('*')
      await sasl.continueSession(session, password, server.challenge(await createRecord(password, { iterations: 4096 })))
      const outcome = server.finish(session.response)
      if (!outcome.ok) throw new Error(outcome.reason)
      sasl.finalizeSession(session, outcome.message)
    }
  })

  it('refuses a wrong password', async () => {
    expect(await login({ password: 'pencil2' })).toBe('wrong password')
  })

  it('knows a password however it was typed', async () => {
    const record = await createRecord('cafe\u0301\u00ad \u2168', { iterations: 4096 })
    expect(await login({ record, password: 'caf\u00e9\u00a0IX' })).toBe('ok')
  })

  it('carries names with commas and equals signs', () => {
    const client = new ScramClient({ username: 'a=b,c', secret: new ClientSecret('x') })
    expect(client.first()).toMatch(/^n,,n=a=3Db=2Cc,r=/)
    expect(serverOf().begin(client.first())).toBe('a=b,c')
  })

  it('takes a nonce once: no step twice, none out of order, none after a failure', () => {
    const server = serverOf()
    expect(() => server.challenge(pencil)).toThrow(ProtocolError)
    expect(() => server.begin(vector.clientFirst)).toThrow(ProtocolError)
    const other = serverOf()
    other.begin(vector.clientFirst)
    other.challenge(pencil)
    other.finish(vector.clientFinal)
    expect(() => other.finish(vector.clientFinal)).toThrow(ProtocolError)
  })

  it('takes no login that was listened to', () => {
    const server = new ScramServer({ mechanism: 'SCRAM-SHA-256', invented })
    server.begin(vector.clientFirst)
    server.challenge(pencil)
    expect(server.finish(vector.clientFinal)).toEqual({ ok: false, reason: 'other nonce' })
  })

  it('does not tell who exists: the same salt each time, and the same answer', async () => {
    const challenge = (name: string) => {
      const server = serverOf()
      server.begin(`n,,n=${name},r=abcdefgh`)
      return server.challenge(undefined)
    }
    expect(challenge('nobody')).toBe(challenge('nobody'))
    expect(challenge('cafe\u0301')).toBe(challenge('caf\u00e9'))
    expect(challenge('nobody')).not.toBe(challenge('nobody2'))
    expect(challenge('nobody')).toMatch(/^r=abcdefgh\S+,s=[A-Za-z0-9+/]{22}==,i=4096$/)
    const client = new ScramClient({ username: 'nobody', secret: new ClientSecret('pencil') })
    const server = new ScramServer({ mechanism: 'SCRAM-SHA-256', invented })
    server.begin(client.first())
    expect(server.finish(await client.final(server.challenge(undefined)))).toEqual({ ok: false, reason: 'unknown user' })
  })

  it('trusts no server that does not know the account', async () => {
    const client = new ScramClient({ username: 'user', secret: new ClientSecret('pencil'), nonce: 'rOprNGfwEbeRWgbNEkqO' })
    await client.final(vector.serverFirst)
    const wrong = `v=${Buffer.alloc(32).toString('base64')}`
    expect(() => client.verify(wrong)).toThrow(LoginError)
    expect(() => client.verify(vector.serverFinal)).toThrow(LoginError)
  })

  it('does not compute whatever a server asks for', async () => {
    const client = () => new ScramClient({ username: 'user', secret: new ClientSecret('pencil'), nonce: 'abc' })
    const answers = [
      'r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095',
      'r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000001',
      'r=abcd,s=YWE=,i=4096'
    ]
    answers.push(
      'r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'r=xyz1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'm=x,r=abcd,s=aaaa,i=4096'
    )
    for (const answer of answers) await expect(client().final(answer), answer).rejects.toBeInstanceOf(ProtocolError)
  })

  it('computes a salted password once for a client that comes back', () => {
    const secret = new ClientSecret('pencil')
    expect(secret.salted(salt, 4096)).toBe(secret.salted(Buffer.from(salt), 4096))
    expect(secret.salted(salt, 4096)).not.toBe(secret.salted(salt, 4097))
  })
})

describe('SCRAM-SHA-256-PLUS', () => {
  it('logs in when both ends see the same connection', async () => {
    expect(await login({ client: binding, server: binding })).toBe('ok')
  })

  it('sees somebody between the two', async () => {
    const other = { ...binding, data: Buffer.alloc(32, 8) }
    expect(await login({ client: binding, server: other })).toBe('other channel')
  })

  it('is understood by the client of another author, tied to a certificate', async () => {
    // `finish` compares with what the client made of its certificate; the server computes the same for its own.
    const { certificate } = await import('../../support/scripted-server.js')
    const { X509Certificate, createHash } = await import('node:crypto')
    const raw = new X509Certificate(certificate('server').cert).raw
    const channelBinding: ChannelBinding = { name: 'tls-server-end-point', data: createHash('sha256').update(raw).digest() }
    const stream = { getPeerCertificate: () => ({ raw }) }
    const session = sasl.startSession(['SCRAM-SHA-256-PLUS'], stream)
    const server = new ScramServer({ mechanism: 'SCRAM-SHA-256-PLUS', invented, channelBinding, requireBinding: true })
    server.begin(session.response)
    await sasl.continueSession(session, 'pencil', server.challenge(pencil), stream)
    const outcome = server.finish(session.response)
    if (!outcome.ok) throw new Error(outcome.reason)
    sasl.finalizeSession(session, outcome.message)
  })

  it('refuses what hides the binding, lacks it, or names another', async () => {
    await expect(login({ server: binding, requireBinding: true })).rejects.toBeInstanceOf(ProtocolError)
    await expect(login({ client: binding })).rejects.toBeInstanceOf(ProtocolError)
    await expect(login({ client: { ...binding, name: 'tls-server-end-point' }, server: binding })).rejects.toThrow(
      /server-end-point/
    )
    expect(() => serverOf({ channelBinding: binding }).begin('y,,n=user,r=abc')).toThrow(/hidden/)
    expect(() => serverOf().begin('p=tls-exporter,,n=user,r=abc')).toThrow(ProtocolError)
    expect(() => serverOf({ mechanism: 'SCRAM-SHA-256-PLUS', channelBinding: binding }).begin('n,,n=user,r=abc')).toThrow(
      ProtocolError
    )
  })

  it('may be tied or not where that is not asked for', async () => {
    expect(await login({ server: binding })).toBe('ok')
  })
})

describe('a record', () => {
  it('is text, as PostgreSQL keeps it', () => {
    const text = formatRecord(pencil)
    expect(text).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU='
    )
    expect(parseRecord(text)).toEqual(pencil)
  })

  it('is refused when it is none, or weak', async () => {
    const text = formatRecord(pencil)
    for (const wrong of [
      '',
      'md5abc',
      text.replace('4096', '4095'),
      text.replace('W22ZaJ0SNY7soEsUEjb6gQ==', 'YWE='),
      `${text}x`,
      text.slice(1)
    ]) {
      expect(() => parseRecord(wrong), wrong).toThrow(DataError)
    }
    await expect(createRecord('')).rejects.toBeInstanceOf(DataError)
    await expect(createRecord('\u00ad')).rejects.toBeInstanceOf(DataError)
    await expect(createRecord('a\u0007')).rejects.toBeInstanceOf(DataError)
    await expect(createRecord('x', { iterations: 1 })).rejects.toBeInstanceOf(DataError)
  })
})
