import { afterAll, beforeAll, expect, it } from 'vitest'
import { Block } from '../../src/lib/ami/block.js'
import table from '../../src/lib/proxy/rights/action-classes.json'
import { Rights } from '../../src/lib/proxy/rights/rights.js'
import { plainUser } from '../../src/lib/proxy/user-options.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_LIMITED } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { directTo } from './support/targets.js'

await describeLab('the classes of actions', () => {
  let asterisk: RunningAsterisk
  let client: AmiSocket
  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'classes' })
    client = await directTo(asterisk).login()
  })
  afterAll(async () => {
    client?.destroy()
    await asterisk?.stop()
  })

  it('are those of Asterisk 22', async () => {
    const answer = await client.ask('Action: ListCommands\r\n')
    const running = answer.headers.flatMap(([action, text]) => {
      const classes = /\(Priv: (.*)\)$/.exec(text)?.[1]
      return classes === undefined ? [] : [[action, classes.split(',').filter((name) => name !== 'all' && name !== '<none>')]]
    })
    expect(running.length).toBeGreaterThan(100)
    expect(Object.fromEntries(running)).toEqual(table)
  })

  it('let a user send what Asterisk lets it send', async () => {
    const limited = await AmiSocket.login(asterisk.amiPort, AMI_LIMITED, { events: 'off' })
    const rights = new Rights({ ...plainUser('limited', 'x'), write: 'reporting', admin: true })
    try {
      for (const action of [
        'Ping',
        'Hangup',
        'Status',
        'Getvar',
        'Command',
        'Originate',
        'GetConfig',
        'QueueStatus',
        'UserEvent',
        'DBGet'
      ]) {
        const refused = (await limited.ask(`Action: ${action}\r\n`)).get('Message') === 'Permission denied'
        expect(rights.check(new Block(Buffer.from(`Action: ${action}\r\n`), 'client'), action).allowed, action).toBe(!refused)
      }
    } finally {
      limited.destroy()
    }
  })
})
