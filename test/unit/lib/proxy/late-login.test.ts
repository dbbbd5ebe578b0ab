import bcrypt from 'bcryptjs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Accounts } from '../../../../src/lib/proxy/accounts/accounts.js'
import { plainUser } from '../../../../src/lib/proxy/user-options.js'
import { startPair, untilTrue } from './support/proxy.js'

it('a client that goes away while its secret is compared with a hash is given no events', async () => {
  const accounts = Accounts.fromOptions([
    plainUser('ann', bcrypt.hashSync('ann-secret', 4)),
    plainUser('bob', bcrypt.hashSync('bob-secret', 4))
  ])
  const { server, proxy } = await startPair({}, { accounts })
  const watcher = await proxy.login({ user: 'bob', secret: 'bob-secret' })
  let decide: ((isRight: boolean) => void) | undefined
  const compare = vi.spyOn(bcrypt, 'compare').mockImplementation((() => new Promise((resolve) => (decide = resolve))) as never)
  onTestFinished(() => compare.mockRestore())

  const client = await proxy.connect()
  client.send('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n\r\n')
  await untilTrue(watcher, () => decide !== undefined)
  client.socket.resetAndDestroy()
  await untilTrue(watcher, () => proxy.log.some(({ message }) => message === 'client gone'))
  decide!(true)
  await untilTrue(watcher, () => proxy.log.some(({ message, fields }) => message === 'client logged in' && fields.user === 'ann'))

  const before = (await proxy.running.status()).counters.eventsOut!
  server.emit('Event: Alarm\r\nPrivilege: system,all\r\n\r\n')
  await watcher.block('Event: Alarm')
  expect((await proxy.running.status()).counters.eventsOut! - before).toBe(1)
})
