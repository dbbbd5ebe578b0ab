import { type Browser, chromium } from 'playwright-core'

/** Debian's; playwright-core brings none. */
const executablePath = '/usr/bin/chromium'

/** Root has no sandbox, and the shared memory of containers is small. Nothing is asked of the network. */
const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-proxy-server', '--disable-background-networking']

/** Debian's Chromium without a window. The caller closes it. */
export function launchChromium(): Promise<Browser> {
  // The first start of a browser on a loaded machine.
  return chromium.launch({ executablePath, args, timeout: 60_000 })
}
