// Takes the pictures of the web page that the documentation shows: node bin/ts.mjs test/lab/screenshots.ts
// It needs Debian's chromium, and writes docs/images/. Nothing in the pictures is of a real PBX.
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { launchChromium } from './support/browser-launch.js'
import { serverAt, startWebProxy } from './support/web-proxy.js'
import { startScene } from './support/web-scene.js'

const folder = path.join(import.meta.dirname, '../../docs/images')

interface Shot {
  file: string
  colorScheme: 'light' | 'dark'
  width: number
  height: number
}

const shots: readonly Shot[] = [
  { file: 'web-light.png', colorScheme: 'light', width: 1000, height: 760 },
  { file: 'web-dark.png', colorScheme: 'dark', width: 1000, height: 760 },
  { file: 'web-phone.png', colorScheme: 'dark', width: 390, height: 800 }
]

async function take(browser: Browser, url: string, play: () => void, { file, colorScheme, width, height }: Shot): Promise<void> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height }, locale: 'en-GB', timezoneId: 'UTC' })
  await page.goto(url)
  await page.getByLabel('User').fill('admin')
  await page.getByLabel('Secret').fill('admin-secret')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.locator('#calls .call').nth(1).waitFor()
  play()
  await page.locator('#calls .call').nth(2).waitFor()
  await page.getByLabel('Action', { exact: true }).fill('Hangup')
  await page.getByLabel('Cause').waitFor()
  // The second look at the status has the lag that the first has measured.
  await page.locator('#servers').getByText(/ ms$/).waitFor()
  await page.locator('#figure-rate', { hasText: /^[1-9]/ }).waitFor()
  await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({ path: path.join(folder, file) })
  await page.close()
}

const { server, play } = await startScene()
const proxy = await startWebProxy([serverAt(server.port, 'pbx-a')])
const browser = await launchChromium()
try {
  for (const shot of shots) await take(browser, proxy.url, play, shot)
} finally {
  await browser.close()
  await proxy.stop()
  await server.stop()
}
