import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { ConfiguredProxy, certificateAndKey, serverSection, slowClients, userSection } from './support/configured-proxy.js'
import { describeLabWith } from './support/debian-clients.js'
import { Watched } from './support/limit.js'
import { Program, scratchFile, scratchFolder } from './support/program.js'
import { ANNA, unique } from './support/targets.js'

/** What the page tells of its WebSocket. */
interface Report {
  isOpen: boolean
  /** Of the end that the browser saw; 1006: none was negotiated. */
  code?: number
  messages: Record<string, string>[]
}

/** Logs in, asks, starts a call, waits for its channel, and says what came. */
const page = (url: string, id: string) => `<!doctype html><title>panel</title><script>
const report = { isOpen: false, messages: [] }
const tell = () => fetch('/report', { method: 'POST', body: JSON.stringify(report) })
const socket = new WebSocket(${JSON.stringify(url)})
const send = (action) => socket.send(JSON.stringify(action))
socket.onopen = () => {
  report.isOpen = true
  send({ Action: 'Ping', ActionID: 'early' })
  send(${JSON.stringify({ Action: 'Login', Username: ANNA.username, Secret: ANNA.secret, ActionID: 'login' })})
  send({ Action: 'Ping', ActionID: 'ping' })
  send(${JSON.stringify({ Action: 'Originate', Channel: 'Local/short@test', Application: 'Wait', Data: '0', Async: 'true', ChannelId: id, ActionID: 'call' })})
}
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data)
  report.messages.push(message)
  if (message.Event === 'Newchannel' && message.Uniqueid === ${JSON.stringify(id)}) tell()
}
socket.onclose = ({ code }) => {
  if (report.isOpen) return
  report.code = code
  tell()
}
</script>`

await describeLabWith(['chromium'], "a browser's WebSocket, through the proxy, with Asterisk 22", () => {
  let asterisk: RunningAsterisk
  let proxy: ConfiguredProxy
  let site: http.Server
  let sitePort: number
  let certificate: string
  let body = ''
  const reports: Report[] = []
  const watched = new Watched()

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'browser' })
    site = http.createServer(async (request, response) => {
      if (request.method === 'POST') {
        reports.push(JSON.parse(await text(request)))
        watched.changed()
      }
      response.setHeader('Content-Type', 'text/html').end(body)
    })
    // A reverse proxy as operators have it: the page and /ws are of one host.
    site.on('upgrade', (request: http.IncomingMessage, socket: net.Socket) => {
      const headers = request.rawHeaders.map((value, n) => (n % 2 === 0 ? `${value}: ` : `${value}\r\n`)).join('')
      const inner = net.connect(proxy.port, '127.0.0.1', () => inner.write(`GET ${request.url} HTTP/1.1\r\n${headers}\r\n`))
      for (const one of [socket, inner]) one.on('error', () => {})
      inner.pipe(socket).pipe(inner)
    })
    site.listen(0, '127.0.0.1')
    await once(site, 'listening')
    sitePort = (site.address() as net.AddressInfo).port
    const { cert, both } = await certificateAndKey()
    certificate = cert
    const config = `${slowClients}tls-cert = ${scratchFile('proxy.pem', both)}\nallow-origin[] = http://panel.localhost:${sitePort}\n\n${serverSection('pbx', asterisk)}${userSection(ANNA)}`
    proxy = await ConfiguredProxy.start(config, { servers: ['pbx'] })
  })

  afterAll(async () => {
    await proxy?.stop()
    site?.close()
    site?.closeAllConnections()
    await asterisk?.stop()
  })

  /** Opens a page of `origin` in the browser. @returns what it tells of its WebSocket to `url` */
  async function visit(origin: string, url: string, id: string): Promise<Report> {
    reports.length = 0
    body = page(url, id)
    const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
    const command = [
      'chromium',
      '--headless=new',
      // Root has no sandbox, and the shared memory of containers is small.
      ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
      ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--no-proxy-server'],
      `--user-data-dir=${scratchFolder('chromium')}`,
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(spki).digest('base64')}`
    ]
    const browser = new Program([`${origin}/`], { command })
    try {
      return await watched.until(
        () => {
          if (browser.ended) throw new Error(`the browser ended: ${browser.stderr}`)
          return reports[0]
        },
        () => `the report of the page; the browser said:\n${browser.stderr}`,
        // The first start of a browser on a loaded machine.
        30_000
      )
    } finally {
      browser.kill('SIGTERM')
      await browser.end().catch(() => browser.kill('SIGKILL'))
    }
  }

  function expectWork({ isOpen, messages }: Report, id: string): void {
    const answer = (wanted: string) => messages.find(({ ActionID }) => ActionID === wanted)
    expect(isOpen).toBe(true)
    expect(answer('early')).toMatchObject({ Response: 'Error', Message: 'Permission denied' })
    expect(answer('login')).toMatchObject({ Response: 'Success', Message: 'Authentication accepted' })
    expect(answer('ping')).toMatchObject({ Response: 'Success', Ping: 'Pong' })
    expect(answer('call')).toMatchObject({ Response: 'Success', Message: 'Originate successfully queued' })
    expect(messages.at(-1)).toMatchObject({ Event: 'Newchannel', Uniqueid: id, Context: 'test' })
  }

  it('a page of the same host, behind a reverse proxy, logs in, asks and gets an event', async () => {
    const id = unique('call')
    expectWork(await visit(`http://127.0.0.1:${sitePort}`, `ws://127.0.0.1:${sitePort}/ws`, id), id)
  })

  for (const scheme of ['ws', 'wss']) {
    it(`a page of an origin that is allowed does the same with ${scheme}, on the proxy's own port`, async () => {
      const id = unique('call')
      expectWork(await visit(`http://panel.localhost:${sitePort}`, `${scheme}://127.0.0.1:${proxy.port}/ws`, id), id)
    })
  }

  it('a page of another origin is refused, though everything else is the same', async () => {
    const id = unique('call')
    const report = await visit(`http://other.localhost:${sitePort}`, `ws://127.0.0.1:${proxy.port}/ws`, id)
    expect(report).toEqual({ isOpen: false, code: 1006, messages: [] })
  })
})
