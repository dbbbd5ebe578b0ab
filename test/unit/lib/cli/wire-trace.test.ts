import { describe, expect, it } from 'vitest'
import { traceToStderr } from '../../../../src/lib/cli/wire-trace.js'

function trace() {
  let text = ''
  const show = traceToStderr((piece) => {
    text += piece
  })
  return {
    sent: (wire: string) => show('sent', Buffer.from(wire)),
    received: (wire: string) => show('received', Buffer.from(wire)),
    text: () => text
  }
}

describe('the trace of one connection', () => {
  it('shows the first line at once, and blocks with their direction', () => {
    const { sent, received, text } = trace()
    received('Asterisk Call Manager/11.0.0\r\n')
    expect(text()).toBe('< Asterisk Call Manager/11.0.0\n')
    sent('Action: Ping\r\n\r\n')
    received('Response: Success\r\nPing: Pong\r\n\r\n')
    expect(text()).toBe('< Asterisk Call Manager/11.0.0\n> Action: Ping\n> \n< Response: Success\n< Ping: Pong\n< \n')
  })

  it.each([
    'Action: Login\r\nUsername: admin\r\nSecret : hunter2\r\n\r\n',
    'Action: Originate\r\nVariable: A=1,PIN=hunter2\r\n\r\n',
    'Action: Setvar\r\nVariable: DB_PASS\r\nValue: hunter2\r\n\r\n'
  ])('masks what may log somebody in: %j', (block) => {
    const { sent, text } = trace()
    sent(block)
    expect(text()).toContain('***')
    expect(text()).not.toContain('hunter2')
  })

  it('masks what came cut in two, wherever', () => {
    const wire =
      'Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nSecret: hunter2\r\n\r\nEvent: VarSet\r\nVariable: PIN\r\nValue: hunter3\r\n\r\n'
    for (let cut = 1; cut < wire.length; cut++) {
      const { received, text } = trace()
      received(wire.slice(0, cut))
      received(wire.slice(cut))
      expect(text()).toContain('Event: VarSet')
      expect(text()).not.toContain('hunter')
    }
  })

  it('shows a long answer whole', () => {
    const { received, text } = trace()
    received(`Response: Success\r\n${'Output: a line of help\r\n'.repeat(1_000)}\r\n`)
    expect(text().match(/Output/g)).toHaveLength(1_000)
  })
})
