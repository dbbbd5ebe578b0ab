import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { pbxkit, Running, writeFile } from './support/pbxkit.js'

const demo = ['proxy', 'serve', '--demo', '--listen', '127.0.0.1:0', '--hello-wait', '2s']
const html = { Accept: 'text/html' }

/** What the page's session answers to a login. */
async function logIn(port: number, secret: string): Promise<unknown> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/web/ws`, { origin: `http://127.0.0.1:${port}` })
  try {
    return await new Promise((resolve, reject) => {
      socket.once('open', () =>
        socket.send(JSON.stringify({ Action: 'Login', Username: 'admin', Secret: secret, ActionID: '1' }))
      )
      socket.on('error', reject).on('message', (data) => {
        const message = JSON.parse(String(data))
        if (message.ActionID === '1') resolve(message)
      })
    })
  } finally {
    socket.close()
  }
}

describe('the web page of the built program', () => {
  it('is served with all its files, and its session is for the users of the proxy', async () => {
    const port = await new Running([...demo, '--web-allow', '127.0.0.1']).ready()
    const get = async (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { headers: html })
    const page = await get('/')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const files = [...(await page.text()).matchAll(/(?:href|src)="([\w.]+)"/g)].map(([, file]) => file!)
    expect(files).toEqual(['icon.svg', 'app.css', 'app.js'])
    for (const file of files) expect((await (await get(`/${file}`)).text()).length).toBeGreaterThan(200)
    expect(await logIn(port, 'secret')).toMatchObject({ Response: 'Success' })
    expect(await logIn(port, 'wrong')).toMatchObject({ Response: 'Error', Message: 'Authentication failed' })
  })

  it('is not there unless it is wanted', async () => {
    const port = await new Running(demo).ready()
    expect((await fetch(`http://127.0.0.1:${port}/`, { headers: html })).status).toBe(400)
    expect((await fetch(`http://127.0.0.1:${port}/app.js`)).status).toBe(404)
  })

  it('is looked at by proxy check: networks, users, and secrets in clear', async () => {
    const config = (web: string) =>
      writeFile(`[server pbx]\nhost = 127.0.0.1\nusername = a\nsecret = s\n[user panel]\nsecret = Open1\n${web}`)
    const check = async (...args: string[]) => (await pbxkit(['proxy', 'check', ...args])).stdout
    expect(await check('--config', config(''), '--web-allow', '10.0.0.0/99')).toMatch(/error: .*--web-allow.*10\.0\.0\.0\/99/)
    expect(await check('--config', config(''), '--web-allow', '127.0.0.1')).toContain('(web-without-users)')
    const whole = await check('--config', config('web = yes\n'), '--web-allow', '10.0.0.0/8')
    expect(whole).toContain('(web-unencrypted)')
    expect(whole).not.toContain('web-without')
    expect(await check('--config', config('web = yes\n'))).toContain('(web-without-addresses)')
  })
})
