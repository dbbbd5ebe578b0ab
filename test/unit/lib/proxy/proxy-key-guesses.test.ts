import { describe, expect, it } from 'vitest'
import { startPair, type TestProxy } from './support/proxy.js'

const withKey = { proxyKey: 'the-key', maxLoginFailures: 3, loginFailureDelayMs: 1 }
const asAnn = 'Username: ann\r\nSecret: ann-secret\r\n'

/** @returns whether it was let in */
async function offer(proxy: TestProxy, header: string): Promise<boolean> {
  const client = await proxy.connect()
  const answer = await client.ask(`${header}Action: Events\r\nEventMask: off\r\n`, 'k')
  if (answer.includes('Response: Success')) {
    client.socket.destroy()
    return true
  }
  await client.end()
  return false
}

describe('who guesses at the ProxyKey', () => {
  it('is refused unheard after some guesses, the right one included', async () => {
    const { proxy } = await startPair({}, withKey)
    expect(await offer(proxy, 'ProxyKey: the-key\r\n')).toBe(true)
    for (let i = 0; i < 3; i++) expect(await offer(proxy, `ProxyKey: guess-${i}\r\n`)).toBe(false)
    expect(await offer(proxy, 'ProxyKey: the-key\r\n')).toBe(false)
  })

  it('has no more guesses by HTTP', async () => {
    const { proxy } = await startPair({}, { ...withKey, helloWaitMs: 1_000 })
    const status = async (key: string) => {
      const url = `http://${proxy.address.host}:${proxy.address.port}/?Action=Challenge&AuthType=MD5`
      return (await fetch(url, { headers: { 'X-Proxy-Key': key, Connection: 'close' } })).status
    }
    for (let i = 0; i < 3; i++) expect(await status(`guess-${i}`)).toBe(401)
    expect(await status('the-key')).toBe(401)
  })

  it('waits longer each time', async () => {
    const { proxy } = await startPair({}, withKey)
    await offer(proxy, 'ProxyKey: one\r\n')
    const begin = performance.now()
    await offer(proxy, 'ProxyKey: two\r\n')
    expect(performance.now() - begin).toBeGreaterThan(190)
  })

  it('is not who forgot it', async () => {
    const { proxy } = await startPair({}, withKey)
    for (let i = 0; i < 5; i++) expect(await offer(proxy, '')).toBe(false)
    expect(await offer(proxy, 'ProxyKey: the-key\r\n')).toBe(true)
  })

  it('does not win new guesses at users with the right key', async () => {
    const { proxy } = await startPair({}, withKey)
    for (let i = 0; i < 3; i++) {
      const client = await proxy.connect()
      await client.ask('ProxyKey: the-key\r\n', 'k')
      await client.ask('Action: Login\r\nUsername: ann\r\nSecret: guess\r\n', 'l')
      await client.end()
    }
    const client = await proxy.connect()
    expect(await client.ask(`ProxyKey: the-key\r\nAction: Login\r\n${asAnn}`, 'l')).toContain('Authentication failed')
  })
})
