import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxActionHeaders, maxActionLineBytes } from '../../src/lib/ami/validate.js'
import type { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { directTo, unique, useAsteriskAndProxy } from './support/targets.js'

/** A line `Value: xxx…` of so many bytes, without its line end. */
function lineOf(bytes: number): string {
  return `Value: ${'x'.repeat(bytes - 'Value: '.length)}`
}

/** An action of so many headers, Action and ActionID among them. */
function userEventOf(headers: number, id: string): string {
  const lines = ['Action: UserEvent', `ActionID: ${id}`, 'UserEvent: Limits']
  while (lines.length < headers) lines.push(`H${lines.length}: 1`)
  return `${lines.join('\r\n')}\r\n`
}

await describeLab('the sizes of an action that Asterisk 22 takes', () => {
  const { asterisk, proxy } = useAsteriskAndProxy({ name: 'limits' })
  let client: AmiSocket

  describe('directly, on a socket', () => {
    beforeAll(async () => {
      client = await directTo(asterisk()).login()
    })
    afterAll(() => client?.destroy())

    const tooLong = { Response: 'Error', Message: 'Failed to parse message: line too long' }
    for (const [bytes, lineEnd, taken] of [
      // The buffer has 1024 bytes for a line with its line end.
      [1022, '\r\n', true],
      [1023, '\r\n', false],
      [1023, '\n', true],
      [1024, '\n', false],
      [1024, '\r\n', false],
      [1025, '\r\n', false],
      [4000, '\r\n', false]
    ] as const) {
      const how = `${bytes} bytes and ${JSON.stringify(lineEnd)}`
      it(`${taken ? 'takes' : 'refuses'} a line of ${how}`, async () => {
        const name = unique('LONG')
        const answer = await client.ask(`Action: Setvar\r\nVariable: ${name}\r\nActionID: ${name}\r\n${lineOf(bytes)}${lineEnd}`)
        expect(Object.fromEntries(answer.headers)).toMatchObject(taken ? { Response: 'Success' } : tooLong)
        const { length } = (await client.ask(`Action: Getvar\r\nVariable: ${name}\r\n`)).get('Value') ?? ''
        expect(length).toBe(taken ? bytes - 'Value: '.length : 0)
      })
    }

    for (const [headers, taken] of [
      [127, true],
      [128, true],
      [129, false],
      [200, false]
    ] as const) {
      it(`${taken ? 'takes' : 'refuses'} ${headers} headers`, async () => {
        const id = unique('many')
        const answer = await client.ask(userEventOf(headers, id))
        if (taken) {
          expect(answer.get('Message')).toBe('Event Sent')
          const event = await client.event({ Event: 'UserEvent', ActionID: id })
          expect(event.names.filter((name) => /^H\d+$/.test(name))).toHaveLength(headers - 3)
        } else {
          expect(answer.get('Message')).toBe('Too many lines in message or allocation failure')
        }
      })
    }

    it('is what the program holds actions against', () => {
      // The lines above that end in CR LF, as the program writes them, and the headers above.
      expect({ maxActionLineBytes, maxActionHeaders }).toEqual({ maxActionLineBytes: 1022, maxActionHeaders: 128 })
    })
  })

  describe('through the proxy', () => {
    beforeAll(async () => {
      client = await proxy().target.login()
    })
    afterAll(() => client?.destroy())

    it('takes the longest line that Asterisk takes', async () => {
      const name = unique('LONG')
      expect((await client.ask(`Action: Setvar\r\nVariable: ${name}\r\n${lineOf(maxActionLineBytes)}\r\n`)).get('Response')).toBe(
        'Success'
      )
      const { length } = (await client.ask(`Action: Getvar\r\nVariable: ${name}\r\n`)).get('Value')!
      expect(length).toBe(maxActionLineBytes - 'Value: '.length)
    })

    for (const bytes of [maxActionLineBytes + 1, 4000, 60_000]) {
      it(`answers a line of ${bytes} bytes with an error that carries the ActionID, and goes on`, async () => {
        const id = unique('id')
        const answer = await client.ask(`Action: Setvar\r\nVariable: X\r\n${lineOf(bytes)}\r\nActionID: ${id}\r\n`)
        expect(answer.headers).toEqual([
          ['Response', 'Error'],
          ['ActionID', id],
          ['Message', `A line is longer than the ${maxActionLineBytes} bytes that Asterisk takes`]
        ])
        expect((await client.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
      })
    }

    it('takes as many headers as Asterisk, the proxy’s own ActionID included', async () => {
      const id = unique('many')
      expect((await client.ask(userEventOf(maxActionHeaders, id))).get('Response')).toBe('Success')
      const event = await client.event({ Event: 'UserEvent', ActionID: id })
      expect(event.names.filter((name) => /^H\d+$/.test(name))).toHaveLength(maxActionHeaders - 3)
    })

    it('answers one header more with an error that carries the ActionID, and goes on', async () => {
      const id = unique('many')
      const answer = await client.ask(userEventOf(maxActionHeaders + 1, id))
      expect(answer.is({ Response: 'Error', ActionID: id })).toBe(true)
      expect(answer.get('Message')).toContain(`${maxActionHeaders} headers`)
      expect((await client.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
    })
  })

  it('`ami send` stops such an action before it is sent, with 64, and with --no-validate Asterisk’s error is 1', async () => {
    const args = ['Setvar', '-F', 'Variable=X', '-F', lineOf(maxActionLineBytes + 1).replace(': ', '=')]
    const stopped = await directTo(asterisk()).send(args)
    expect(stopped.status).toBe(64)
    expect(stopped.stderr).toContain(`longer than the ${maxActionLineBytes} bytes`)
    const sent = await directTo(asterisk()).send([...args, '--no-validate'])
    expect(sent.status).toBe(1)
    expect(sent.stdout.toString()).toContain('line too long')
  })
})
