import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import type { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { directTo, type RunningProxyTarget, startProxy, unique } from './support/targets.js'

await describeLab('the proxy, when Asterisk reloads, dies and comes back', () => {
  let asterisk: RunningAsterisk
  let proxy: RunningProxyTarget
  const open: AmiSocket[] = []

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'recovery' })
    proxy = await startProxy({ pbx: asterisk })
  })

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy()
  })

  afterAll(async () => {
    await proxy?.service.stop()
    await asterisk?.stop()
  })

  async function client(): Promise<AmiSocket> {
    const socket = await proxy.target.login()
    open.push(socket)
    return socket
  }

  /** An event of Asterisk's arrives. */
  async function seesEvents(socket: AmiSocket): Promise<void> {
    const word = unique('word')
    await directTo(asterisk).json(['UserEvent', '-F', 'UserEvent=Lab', '-F', `Word=${word}`])
    await socket.event({ Event: 'UserEvent', Word: word })
  }

  /** Kills Asterisk, does what is to be done while it is away, and waits until the proxy is connected again. */
  async function whileAway(away: () => Promise<void>): Promise<void> {
    const connections = proxy.connections('pbx')
    await asterisk.kill('SIGKILL')
    await away()
    await asterisk.restart()
    await proxy.connected('pbx', connections + 1)
  }

  for (const reload of ['core reload', 'module reload manager', 'logger rotate']) {
    it(`the stream goes on over "${reload}"`, async () => {
      const socket = await client()
      const connections = proxy.connections('pbx')
      const name = unique('call')
      const call = `Channel: Local/s@test\r\nApplication: Wait\r\nData: 2\r\nAsync: yes\r\nChannelId: ${name}\r\n`
      await socket.ask(`Action: Originate\r\n${call}`)
      await socket.event({ Event: 'Newchannel', Uniqueid: name })
      await asterisk.rx(reload)
      // The call that was there before ends after it, and nobody had to connect again.
      await socket.event({ Event: 'Hangup', Uniqueid: `${name};2` })
      await seesEvents(socket)
      expect((await socket.ask('Action: CoreStatus\r\n')).get('Response')).toBe('Success')
      expect(proxy.connections('pbx')).toBe(connections)
    })
  }

  it('a reload sent through the proxy by a client is answered, and the stream goes on', async () => {
    const socket = await client()
    expect((await socket.ask('Action: Reload\r\n')).get('Message')).toBe('Module Reloaded')
    await socket.event({ Event: 'Reload', Module: 'All' }).catch(() => {})
    await seesEvents(socket)
  })

  it('every action in flight gets one definite error when Asterisk is killed', async () => {
    const [one, two] = [await client(), await client()]
    // Originate without Async is answered when the call was answered: never, here.
    const ids = Array.from({ length: 20 }, (_, n) => `wait${n}`)
    // A stopped process reads nothing: all of this is in flight.
    await asterisk.kill('SIGSTOP')
    for (const id of ids) one!.write(`Action: CoreStatus\r\nActionID: ${id}\r\n\r\n`)
    two!.write('Action: PJSIPShowEndpoints\r\nActionID: wait0\r\n\r\nAction: Ping\r\n\r\n')
    // Pings are answered here when the actions before them have been taken by the proxy: a wrong server name needs no Asterisk.
    for (const socket of [one!, two!]) await socket.ask('Action: Ping\r\nServer: none\r\n')
    await whileAway(async () => {
      await one!.next((message) => message.get('ActionID') === ids.at(-1), 'the last error')
      for (const id of ids) {
        const answers = one!.ofId(id)
        expect(answers.map((message) => message.headers)).toEqual([
          [
            ['Response', 'Error'],
            ['ActionID', id],
            ['Message', 'The connection to server pbx was lost before it answered']
          ]
        ])
      }
      await two!.next((message) => message.isResponse && message.get('ActionID') === undefined, 'the error without ActionID')
      expect(two!.ofId('wait0').map((message) => message.get('Response'))).toEqual(['Error'])
    })
    expect(one!.isClosed || two!.isClosed).toBe(false)
  })

  it('a new action gets an error at once while Asterisk is away; clients stay, log in, and hear events again by themselves', async () => {
    const early = await client()
    let late: AmiSocket | undefined
    await whileAway(async () => {
      await proxy.service.program.says(/server not connected/)
      const answer = await early.ask('Action: Ping\r\nActionID: down\r\n')
      expect(answer.headers.slice(0, 2)).toEqual([
        ['Response', 'Error'],
        ['ActionID', 'down']
      ])
      expect(answer.get('Message')).toMatch(/^No server is connected: pbx: /)
      const { status, stdout } = await proxy.target.send(['CoreShowChannels'])
      expect({ status, stdout: stdout.toString() }).toEqual({
        status: 1,
        stdout: expect.stringContaining('No server is connected')
      })
      // Asterisk is not there, and the login is: FullyBooted comes when it is back.
      late = await proxy.target.login({ events: 'system,user' })
      open.push(late)
      expect(late.messages.filter((message) => message.isEvent)).toEqual([])
    })
    await late!.event({ Event: 'FullyBooted' })
    for (const socket of [early, late!]) {
      await seesEvents(socket)
      expect((await socket.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
    }
  })

  it('comes back every time: three deaths in a row, `ami events` through the proxy runs on', async () => {
    const word = unique('word')
    const watcher = await proxy.target.events([`Word=${word}`])
    for (let n = 1; n <= 3; n++) {
      await whileAway(async () => {})
      await directTo(asterisk).json(['UserEvent', '-F', 'UserEvent=Lab', '-F', `Word=${word}`, '-F', `Number=${n}`])
      await watcher.prints((text) => text.includes(`"Number":"${n}"`), `event ${n}`)
    }
    watcher.kill('SIGINT')
    expect((await watcher.end()).status).toBe(130)
    expect(watcher.stderr).toBe('')
  })

  it('an orderly end of Asterisk is told to the clients before it goes', async () => {
    const socket = await client()
    const connections = proxy.connections('pbx')
    await asterisk.kill('SIGTERM')
    await socket.event({ Event: 'Shutdown' })
    await asterisk.restart()
    await proxy.connected('pbx', connections + 1)
    await seesEvents(socket)
  })
})
