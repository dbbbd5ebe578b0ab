import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type RunningSimulator, startSimulator } from '../../src/lib/simulator/simulator.js'
import { ScriptedServer } from '../unit/lib/proxy/support/scripted-server.js'
import { describeWithBrowser } from './support/browser.js'
import { launchChromium } from './support/browser-launch.js'
import { serverAt, startWebProxy, type WebProxy } from './support/web-proxy.js'
import { channelEvent } from './support/web-scene.js'

/** What a browser does beside seven others on two cores. */
const patient = { timeout: 20_000 }

const markup = ['<img src=x onerror=window.hit=1>', '"><script>window.hit=1</script>', "javascript:window.hit=1//'", '{{7*7}}']

await describeWithBrowser('the web page in Chromium', () => {
  let browser: Browser
  let server: ScriptedServer
  let simulator: RunningSimulator
  let proxy: WebProxy
  const stopSimulator = new AbortController()

  beforeAll(async () => {
    server = await ScriptedServer.start({
      onAction: ({ name, id }, scripted) => {
        if (name !== 'CoreShowChannels')
          return scripted.emit(`Response: Success\r\nActionID: ${id}\r\nPing: Pong\r\nTimestamp: 1795247198.000001\r\n\r\n`)
        scripted.emit(
          `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\n` +
            channelEvent(
              'CoreShowChannel',
              { name: 'PJSIP/listed-1', id: '1.1' },
              { ActionID: id, Duration: '00:01:00', BridgeId: '' }
            ) +
            `Event: CoreShowChannelsComplete\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 1\r\n\r\n`
        )
      }
    })
    simulator = await startSimulator({ listen: [{ host: '127.0.0.1', port: 0 }], rate: 40, graceMs: 0 }, stopSimulator.signal)
    proxy = await startWebProxy([serverAt(server.port)])
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await proxy?.stop()
    await server?.stop()
    stopSimulator.abort()
    await simulator?.closed
  })

  /** An empty browser with the page open. What goes wrong in it, violations of its policy too, fails the test. */
  async function open(url = proxy.url, { colorScheme = 'light' as 'light' | 'dark', width = 1100 } = {}): Promise<Page> {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 850 } })
    const page = await context.newPage()
    page.setDefaultTimeout(patient.timeout)
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/WebSocket connection to/.test(message.text())) faults.push(message.text())
    })
    page.on('request', (request) => {
      if (new URL(request.url()).host !== new URL(url).host) faults.push(`it asked ${request.url()}`)
    })
    onTestFinished(async () => {
      await context.close()
      expect(faults).toEqual([])
    })
    await page.goto(url)
    return page
  }

  async function logIn(page: Page, user = 'admin', secret = `${user}-secret`): Promise<void> {
    await page.getByLabel('User').fill(user)
    await page.getByLabel('Secret').fill(secret)
    await page.getByLabel('Secret').press('Enter')
  }

  async function openAs(user: string, url?: string, wish = {}): Promise<Page> {
    const page = await open(url, wish)
    await logIn(page, user)
    await page.locator('#panel').waitFor()
    return page
  }

  const send = async (page: Page, action: string) => {
    await page.getByLabel('Action', { exact: true }).fill(action)
    await page.getByRole('button', { name: 'Send' }).click()
  }

  it('refuses a wrong secret and a user who may not use it, in the same words', async () => {
    const page = await open()
    await logIn(page, 'admin', 'wrong')
    await page.getByRole('alert').getByText('Authentication failed.').waitFor()
    await logIn(page, 'crm')
    await page.getByRole('alert').getByText('Authentication failed.').waitFor()
    expect(await page.locator('#panel').isVisible()).toBe(false)
  })

  it('logs in, and leaves nothing behind that another page or another user could take', async () => {
    const page = await openAs('admin')
    expect(await page.locator('#connection').textContent()).toBe('Connected')
    expect(await page.getByLabel('Secret').inputValue()).toBe('')
    expect(await page.evaluate('JSON.stringify([localStorage.length, sessionStorage.length, document.cookie])')).toBe('[0,0,""]')
    expect(await page.context().cookies()).toEqual([])
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    expect(await page.locator('#clients').textContent()).toBe('')
  })

  it('shows channels as they come, calls as they bridge, and their end', async () => {
    const page = await openAs('admin')
    await page.locator('#calls').getByText('PJSIP/listed-1').first().waitFor()
    const [ann, bob] = [
      { name: 'PJSIP/ann-1', id: '2.1', state: 'Ring' },
      { name: 'PJSIP/bob-1', id: '2.2', linkedid: '2.1', state: 'Ringing' }
    ]
    server.emit(channelEvent('Newchannel', ann) + channelEvent('Newchannel', bob))
    const call = page.locator('.call', { hasText: 'PJSIP/ann-1' })
    await call.getByText('ringing', { exact: true }).waitFor()
    for (const one of [ann, bob]) server.emit(channelEvent('BridgeEnter', { ...one, state: 'Up' }, { BridgeUniqueid: 'br-1' }))
    await call.getByText('talking', { exact: true }).waitFor()
    await call.getByText('PJSIP/ann-1 ↔ PJSIP/bob-1').waitFor()
    for (const one of [ann, bob]) server.emit(channelEvent('Hangup', one))
    await call.waitFor({ state: 'detached' })
  })

  it('follows the traffic of a simulated PBX', async () => {
    const busy = await startWebProxy([serverAt(simulator.addresses[0]!.port, 'sim')])
    onTestFinished(() => busy.stop())
    const page = await openAs('admin', busy.url)
    await page.locator('.call .badge', { hasText: 'talking' }).first().waitFor()
    await expect.poll(async () => Number(await page.locator('#figure-rate').textContent()), patient).toBeGreaterThan(5)
    expect(await page.locator('#rate-line polyline').getAttribute('points')).toMatch(/^0,/)
  })

  it('filters the stream of events, pauses it, and opens an event', async () => {
    const page = await openAs('admin')
    await page.locator('#events').getByText('FullyBooted').waitFor()
    server.emit(
      'Event: Alpha\r\nPrivilege: call,all\r\nChannel: PJSIP/one\r\n\r\nEvent: Beta\r\nPrivilege: call,all\r\nChannel: PJSIP/two\r\n\r\n'
    )
    await page.locator('.event', { hasText: 'Beta' }).waitFor()
    await page.getByLabel('Filter').fill('Channel=PJSIP/t*')
    await page.locator('.event', { hasText: 'Alpha' }).waitFor({ state: 'detached' })
    expect(await page.locator('.event').count()).toBe(1)
    await page.locator('.event', { hasText: 'Beta' }).click()
    await page.locator('.event .headers').getByText('PJSIP/two').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    server.emit('Event: Gamma\r\nPrivilege: call,all\r\nChannel: PJSIP/three\r\n\r\n')
    await page.getByLabel('Filter').fill('')
    // What the proxy answers comes behind the event.
    await send(page, 'Ping')
    await page.getByText('Ping: Success.').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.locator('.event', { hasText: 'Gamma' }).waitFor()
  })

  it('sends actions from a form with the fields of the catalogue', async () => {
    const page = await openAs('admin')
    await send(page, 'ping')
    await page.locator('#action-answer').getByText('Ping: Success.').waitFor()
    await send(page, 'CoreShowChannels')
    await page.locator('#action-answer td', { hasText: 'PJSIP/listed-1' }).waitFor()
    const before = server.actions.filter(({ name }) => name === 'Hangup').length
    await send(page, 'Hangup')
    const channel = page.getByLabel('Channel (required)')
    expect(await page.locator('#action-fields input:invalid').count()).toBe(1)
    expect(server.actions.filter(({ name }) => name === 'Hangup')).toHaveLength(before)
    await channel.fill('PJSIP/x-1')
    await page.getByText('More fields').click()
    await page.getByLabel(/One a line/).fill('Variable: a=1\nVariable: b=2')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('#action-answer').getByText('Hangup: Success.').waitFor()
    expect(server.actions.at(-1)!.text).toMatch(/Channel: PJSIP\/x-1\r\nVariable: a=1\r\nVariable: b=2\r\n/)
    await send(page, 'Logoff')
    await page.getByText('This concerns the session of the page').waitFor()
    expect(await page.locator('#connection').textContent()).toBe('Connected')
  })

  it('shows others only their own session, and holds them to their rights', async () => {
    const [admin, desk] = [await openAs('admin'), await openAs('desk')]
    await admin.locator('#clients td', { hasText: 'desk' }).waitFor()
    await desk.locator('#clients td', { hasText: 'desk' }).waitFor()
    expect(await desk.locator('#clients tbody tr').count()).toBe(1)
    expect(await desk.locator('#panel').textContent()).not.toContain(String(server.port))
    await desk.getByLabel('Action', { exact: true }).fill('Originate')
    await desk.getByLabel('Channel (required)').fill('PJSIP/x')
    await desk.getByRole('button', { name: 'Send' }).click()
    await desk
      .locator('#action-answer')
      .getByText(/Permission denied/)
      .first()
      .waitFor()
    expect(server.actions.some(({ name }) => name === 'Originate')).toBe(false)
  })

  it('shows whatever the network sends as text', async () => {
    const page = await openAs('admin')
    for (const [n, name] of markup.entries())
      server.emit(
        `${channelEvent(
          'Newchannel',
          { name, id: `9.${n}`, caller: [name, name], exten: name },
          { [`X${n}`]: name, '<b>header</b>': name }
        )}Event: <u>${n}</u>\r\nPrivilege: call,all\r\nChannel: ${name}\r\n\r\n`
      )
    for (const name of markup) await page.locator('#calls').getByText(name).first().waitFor()
    await page.getByLabel('Filter').fill('Newchannel')
    for (const summary of await page.locator('.event summary').all()) await summary.click()
    await page.locator('.headers').getByText('<b>header</b>').first().waitFor()
    await page.getByLabel('Filter').fill('<u>')
    await page.locator('.event .name', { hasText: '<u>0</u>' }).waitFor()
    expect(await page.locator('main img, main script, main b, main u').count()).toBe(0)
    expect(await page.evaluate('window.hit')).toBeUndefined()
    for (let n = 0; n < markup.length; n++) server.emit(channelEvent('Hangup', { name: markup[n]!, id: `9.${n}` }))
    await page.locator('.call', { hasText: markup[0]! }).waitFor({ state: 'detached' })
  })

  it('comes back by itself when the proxy does', async () => {
    const first = await startWebProxy([serverAt(server.port)])
    const page = await openAs('desk', first.url)
    await first.stop()
    await page.getByText(/The connection was lost/).waitFor()
    const second = await startWebProxy([serverAt(server.port)], {}, first.port)
    onTestFinished(() => second.stop())
    await page.getByText('Connected', { exact: true }).waitFor()
    await page.locator('#calls').getByText('PJSIP/listed-1').first().waitFor()
  })

  it('is one column on a phone, and nothing is wider than it', async () => {
    const page = await openAs('admin', undefined, { width: 390 })
    await page.locator('#clients td').first().waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(
      await page.evaluate(
        'new Set([...document.querySelectorAll(".card")].filter((c) => c.offsetParent).map((c) => c.offsetLeft)).size'
      )
    ).toBe(1)
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be read, ${colorScheme}: every text has a contrast of at least 4.5`, async () => {
      const page = await open(undefined, { colorScheme })
      const low = async () => JSON.parse((await page.evaluate(lowContrast)) as string) as string[]
      expect(await low()).toEqual([])
      await logIn(page)
      await page.locator('#clients td').first().waitFor()
      await send(page, 'CoreShowChannels')
      await page.locator('#action-answer td').first().waitFor()
      expect(await low()).toEqual([])
      const ground = (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string
      const red = Number(/\d+/.exec(ground)![0])
      expect(colorScheme === 'dark' ? red < 60 : red > 200).toBe(true)
    })

  it('has a name for every control, and is used by the keyboard alone', async () => {
    const page = await open()
    await page.getByLabel('User').focus()
    await page.keyboard.type('admin')
    await page.keyboard.press('Tab')
    await page.keyboard.type('admin-secret')
    await page.keyboard.press('Enter')
    await page.locator('#panel').waitFor()
    await page.getByLabel('Action', { exact: true }).fill('Originate')
    const nameless = await page.evaluate(
      '[...document.querySelectorAll("input, select, textarea, button")].filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel)).map((one) => one.outerHTML).join()'
    )
    expect(nameless).toBe('')
    expect(
      await page.evaluate(
        '[...document.querySelectorAll("[id]")].length === new Set([...document.querySelectorAll("[id]")].map((one) => one.id)).size'
      )
    ).toBe(true)
    await page.getByLabel('Action', { exact: true }).fill('Ping')
    await page.keyboard.press('Enter')
    await page.locator('#action-answer').getByText('Ping: Success.').waitFor()
  })
})

/** Visible texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3). */
const lowContrast = `JSON.stringify((() => {
  const rgb = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { c: [r, g, b], a } }
  const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const behind = (one) => { for (let at = one; at; at = at.parentElement) { const { c, a } = rgb(getComputedStyle(at).backgroundColor); if (a === 1) return c } return [255, 255, 255] }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const low = []
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || !one.checkVisibility()) continue
    const [a, b] = [light(rgb(getComputedStyle(one).color).c), light(behind(one))].sort((x, y) => y - x)
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(walker.currentNode.data.trim())
  }
  return low
})())`
