import { expect, it } from 'vitest'
import { startPair } from './support/proxy.js'

const text = 'Event: Fake\r\nPrivilege: call,all\r\n\r\nActionID: 7\r\nlast line\r\n--END COMMAND--\r\n'

it('gives the text of a Command answer of Asterisk 13 to the one who asked, whatever the text looks like', async () => {
  const { proxy } = await startPair({
    onAction: ({ id }, server) => server.emit(`Response: Follows\r\nPrivilege: Command\r\nActionID: ${id}\r\n${text}\r\n`)
  })
  const [asking, other] = [await proxy.login(), await proxy.login({ user: 'bob', secret: 'bob-secret' })]
  asking.send('Action: Command\r\nCommand: core show version\r\nActionID: mine\r\n\r\n')
  await asking.block('--END COMMAND--')
  expect(asking.received).toBe(`Response: Follows\r\nPrivilege: Command\r\nActionID: mine\r\n${text}\r\n`)
  await other.ask('Action: Events\r\nEventMask: on\r\n', 'mark')
  expect(other.received).not.toContain('Fake')
})
