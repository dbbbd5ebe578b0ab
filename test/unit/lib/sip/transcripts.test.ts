import { describe, expect, it } from 'vitest'
import { digestResponse, ha1Of } from '../../../../src/lib/sip/digest.js'
import { parseChallenges, toDigest } from '../../../../src/lib/sip/digest-challenge.js'
import { isRequest, type SipMessage } from '../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { readTranscript, transcriptFiles } from '../../support/sip-transcripts.js'

/** What the recorded servers sent wrong on purpose. */
const garbage: Record<string, number[]> = { 'kam-24-garbage-then-ok.txt': [2] }

describe('recorded flows', () => {
  it('are as long as they were on the wire', () => {
    const wrong = transcriptFiles.flatMap(readTranscript).filter((one) => one.bytes.length !== one.length)
    // The realm of 19b has letters of UTF-8 that the recorder encoded once more.
    expect(wrong.map(({ file, number }) => `${file} ${number}`)).toEqual(['kam-19b-realm-escape.txt 2'])
  })

  it.each(transcriptFiles)('reads every message of %s, and keeps its bytes', (file) => {
    const messages = readTranscript(file)
    expect(messages.length).toBeGreaterThan(1)
    for (const { number, bytes } of messages) {
      if (garbage[file]?.includes(number)) {
        expect(() => parseDatagram(bytes)).toThrow(/colon/)
        continue
      }
      const message = parseDatagram(bytes)
      expect(message.bytes.equals(bytes)).toBe(true)
      expect(message.headers.map(({ raw }) => raw).join('')).toBe(
        `${bytes.toString('latin1').split('\r\n').slice(1, -2).join('\r\n')}\r\n`
      )
      expect([message.contacts, message.vias, message.values('Supported')]).toBeTruthy()
    }
  })

  it('finds granted times, redirections and paths', () => {
    const last = (file: string, number: number) => parseDatagram(readTranscript(file).find((one) => one.number === number)!.bytes)
    expect(last('kam-19-ugly-headers.txt', 4).contacts.map((one) => one.parameters.get('expires'))).toEqual(['60', '3'])
    const path = readTranscript('kam-17-path-service-route.txt').map(({ bytes }) => parseDatagram(bytes))
    expect(path.flatMap((one) => one.addresses('Service-Route')).length).toBeGreaterThan(0)
  })

  it('comes to the same digests as the clients that were accepted, for all hashes and -sess', () => {
    const checked = new Map<string, number>()
    for (const { bytes } of [...readTranscript('proto-digests.txt'), ...readTranscript('kam-19-ugly-headers.txt')]) {
      const message = parseDatagram(bytes)
      for (const name of ['Authorization', 'Proxy-Authorization']) {
        for (const line of message.lines(name)) {
          const algorithm = checkDigest(message, line)
          checked.set(algorithm, (checked.get(algorithm) ?? 0) + 1)
        }
      }
    }
    expect([...checked.keys()].sort()).toEqual(expect.arrayContaining(['MD5', 'MD5-sess', 'SHA-256', 'SHA-512-256']))
  })
})

function checkDigest(message: SipMessage, line: string): string {
  const challenge = parseChallenges(line)[0]!
  const value = (name: string) => challenge.parameters.get(name)?.replace(/^"|"$/g, '') ?? ''
  const digest = toDigest(challenge, 'server')!
  if (!isRequest(message)) throw new Error('a reply with credentials')
  const ha1 = ha1Of({ username: 'u1', password: 'pw-u1' }, digest.realm, digest.hash)
  const request = { method: message.start.method, uri: value('uri'), body: message.body }
  const use = { cnonce: value('cnonce'), nonceCount: Number.parseInt(value('nc') || '1', 16) }
  expect(digestResponse(digest, ha1, request, use)).toBe(value('response'))
  return value('algorithm')
}
