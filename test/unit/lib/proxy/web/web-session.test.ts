import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import type { ProxyOptions } from '../../../../../src/lib/proxy/options.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'
import type { ShownStatus } from '../../../../../src/lib/proxy/web/shown-status.js'
import { WebAccess } from '../../../../../src/lib/proxy/web/web-access.js'
import { startPair, type TestProxy, testOptions } from '../support/proxy.js'

const accounts = Accounts.fromOptions([
  plainUser('ann', 'ann-secret'),
  { ...plainUser('web', 'web-secret'), web: true, allow: ['Ping'] },
  { ...plainUser('root', 'root-secret'), web: true, admin: true }
])
const usual: Partial<ProxyOptions> = { accounts, webAllow: new WebAccess(['127.0.0.1']) }

type Block = Record<string, string>

/** A page: what it was told, in its order. */
class Page {
  readonly told: Block[] = []
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  #looks: (() => void)[] = []

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      this.told.push(JSON.parse(String(data)))
      for (const look of this.#looks) look()
    })
    this.closed = new Promise((resolve) => socket.once('close', resolve))
  }

  /** @throws Error with the status of a refusal */
  static async open(
    { address: { host, port } }: TestProxy,
    { origin = `http://${host}:${port}`, headers = {} }: { origin?: string; headers?: Record<string, string> } = {}
  ): Promise<Page> {
    const socket = new WebSocket(`ws://${host}:${port}/web/ws`, { origin, headers })
    onTestFinished(() => socket.terminate())
    const page = new Page(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve).once('error', reject)
    })
    return page
  }

  send(action: Block): void {
    this.#socket.send(JSON.stringify(action))
  }

  async until(matches: (block: Block) => boolean): Promise<Block> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.told.find(matches)
        if (found) resolve(found)
      }
      this.#looks.push(look)
      look()
    })
  }

  ask(action: Block, id: string): Promise<Block> {
    this.send({ ...action, ActionID: id })
    return this.until(({ ActionID, Event }) => ActionID === id && Event === undefined)
  }

  logIn(username: string, more: Block = {}): Promise<Block> {
    return this.ask({ Action: 'Login', Username: username, Secret: `${username}-secret`, ...more }, `login-${username}`)
  }
}

const statusOf = async (page: Page) =>
  JSON.parse((await page.ask({ ProxyAction: 'ProxyStatus' }, 'status')).ProxyStatus!) as ShownStatus

describe('the session of the web page', () => {
  it('logs in whom web = yes lets in, sends actions and gets events', async () => {
    const { server, proxy } = await startPair({}, usual)
    const page = await Page.open(proxy)
    expect(await page.ask({ Action: 'Ping' }, 'early')).toMatchObject({ Response: 'Error', Message: 'Permission denied' })
    expect(await page.logIn('web')).toMatchObject({ Response: 'Success' })
    await server.until(() => server.received.includes('Login'))
    await page.until(({ Event }) => Event === 'FullyBooted')
    expect(await page.ask({ Action: 'Ping' }, 'p')).toMatchObject({ Response: 'Success', Ping: 'Pong' })
    server.emit('Event: Newchannel\r\nPrivilege: call,all\r\nChannel: <img src=x>\r\n\r\n')
    expect(await page.until(({ Event }) => Event === 'Newchannel')).toMatchObject({ Channel: '<img src=x>' })
  })

  it('refuses other users in the words of a wrong secret, though theirs is right', async () => {
    const { proxy } = await startPair({}, usual)
    const [page, wrong] = [await Page.open(proxy), await Page.open(proxy)]
    const refused = await page.logIn('ann')
    expect(refused).toMatchObject({ Response: 'Error', Message: 'Authentication failed' })
    expect(await wrong.logIn('web', { Secret: 'wrong' })).toEqual({ ...refused, ActionID: 'login-web' })
    await Promise.all([page.closed, wrong.closed])
    // Elsewhere it is the user that it was.
    expect((await proxy.login({ user: 'ann' })).socket.destroyed).toBe(false)
  })

  it('holds a user to its rights', async () => {
    const { server, proxy } = await startPair({}, usual)
    const page = await Page.open(proxy)
    await page.logIn('web')
    expect(await page.ask({ Action: 'CoreShowChannels' }, 'c')).toMatchObject({
      Response: 'Error',
      Message: expect.stringMatching(/^Permission denied/)
    })
    expect(server.actions).toEqual([])
  })

  it('counts wrong secrets for the throttle, as all of the address do', async () => {
    const { proxy } = await startPair({}, { ...usual, maxLoginFailures: 2 })
    for (let n = 0; n < 2; n++) await (await Page.open(proxy)).logIn('web', { Secret: 'wrong' })
    expect(await (await Page.open(proxy)).logIn('web')).toMatchObject({ Response: 'Error' })
    expect((await proxy.running.status()).counters.logins).toMatchObject({ refused: 2, blocked: 1 })
  })

  it('lets nobody in without a login, also where none is needed elsewhere', async () => {
    const { proxy } = await startPair({}, { ...usual, accounts: undefined, authRequired: false })
    const page = await Page.open(proxy)
    expect(await page.ask({ Action: 'Ping' }, 'p')).toMatchObject({ Message: 'Permission denied' })
    expect(await page.logIn('web')).toMatchObject({ Response: 'Error' })
  })

  it('wants the key and the login of a user where a ProxyKey is configured', async () => {
    const { server, proxy } = await startPair({}, { ...usual, proxyKey: 'k1' })
    const [keyless, keyed, whole] = [await Page.open(proxy), await Page.open(proxy), await Page.open(proxy)]
    expect(await keyless.logIn('web')).toMatchObject({ Message: 'Authentication failed' })
    expect(await keyed.ask({ Action: 'Ping', ProxyKey: 'k1' }, 'p')).toMatchObject({ Message: 'Permission denied' })
    expect(await whole.logIn('web', { ProxyKey: 'k1' })).toMatchObject({ Response: 'Success' })
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    await whole.until(({ Event }) => Event === 'Hangup')
    await keyed.ask({ Action: 'Ping', ProxyKey: 'k1' }, 'q')
    expect(keyed.told.filter(({ Event }) => Event !== undefined)).toEqual([])
  })

  it('ends when a reload takes web = yes away', async () => {
    const { server, proxy } = await startPair({}, usual)
    const page = await Page.open(proxy)
    await page.logIn('web')
    const changed = Accounts.fromOptions([plainUser('web', 'web-secret')])
    const options = testOptions([
      { name: 'pbx', host: '127.0.0.1', port: server.port, username: 'proxy', secret: 'upstream-secret', auth: 'plain' }
    ])
    await proxy.running.reload({ ...options, ...usual, listen: proxy.running.addresses, accounts: changed })
    await page.closed
  })

  it('is for pages of the own host only, whatever --allow-origin says', async () => {
    const { proxy } = await startPair({}, { ...usual, allowedOrigins: ['https://panel.example'] })
    for (const origin of ['https://panel.example', 'http://evil.example', 'null'])
      await expect(Page.open(proxy, { origin })).rejects.toThrow(/403/)
  })

  it('takes no login that a browser sends of its own accord', async () => {
    const { proxy } = await startPair({}, usual)
    const page = await Page.open(proxy, {
      headers: { Authorization: `Basic ${Buffer.from('root:root-secret').toString('base64')}` }
    })
    expect(await page.ask({ Action: 'Ping' }, 'p')).toMatchObject({ Message: 'Permission denied' })
  })

  it('is not there for other addresses, and not where the page is off', async () => {
    const { proxy: other } = await startPair({}, { ...usual, webAllow: new WebAccess(['192.0.2.1']) })
    await expect(Page.open(other)).rejects.toThrow(/403/)
    const { proxy: off } = await startPair({}, { accounts })
    await expect(Page.open(off)).rejects.toThrow(/404/)
  })
})

describe('a browser', () => {
  it('may connect first and speak later where the page may be opened: the banner waits', async () => {
    const { proxy } = await startPair({}, usual)
    const startMs = performance.now()
    const client = await proxy.connect()
    await client.until(() => client.received.includes('Asterisk Call Manager'))
    expect(performance.now() - startMs).toBeGreaterThan(200)
  })
})

describe('the status that the page shows', () => {
  it('has everything for administrators, and is not put on record', async () => {
    const { server, proxy } = await startPair({}, usual)
    const other = await proxy.login({ user: 'ann' })
    const page = await Page.open(proxy)
    await page.logIn('root')
    await page.until(({ Event }) => Event === 'FullyBooted')
    const status = await statusOf(page)
    expect(status).toMatchObject({ isAdmin: true, clientCount: 2, servers: [{ name: 'pbx', port: server.port, state: 'up' }] })
    expect(status.clients.map(({ user }) => user)).toEqual(['root', 'ann'])
    expect(status.clients[0]!.id).toBe(status.you)
    expect(JSON.stringify(status)).not.toMatch(/secret/)
    expect(proxy.log.some(({ fields }) => fields.audit && fields.event === 'login' && fields.user === 'root')).toBe(true)
    expect(proxy.log.filter(({ fields }) => fields.event === 'proxyAction')).toEqual([])
    other.socket.destroy()
  })

  it('has the own session for others, and of servers what /health tells anybody', async () => {
    const { proxy } = await startPair({}, usual)
    const other = await proxy.login({ user: 'ann' })
    const page = await Page.open(proxy)
    await page.logIn('web')
    await page.until(({ Event }) => Event === 'FullyBooted')
    const status = await statusOf(page)
    expect(status).toMatchObject({ isAdmin: false, clientCount: null, counters: null, servers: [{ name: 'pbx', state: 'up' }] })
    expect(Object.keys(status.servers[0]!)).toEqual(['name', 'state'])
    expect(status.clients.map(({ user }) => user)).toEqual(['web'])
    other.socket.destroy()
  })
})
