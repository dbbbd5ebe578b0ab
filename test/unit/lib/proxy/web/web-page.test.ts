import { describe, expect, it } from 'vitest'
import { WebAccess } from '../../../../../src/lib/proxy/web/web-access.js'
import { startFront } from '../http/support/front.js'

const here = new WebAccess(['127.0.0.1'])
const html = 'Accept: text/html,application/xhtml+xml,*/*;q=0.8'
const files = ['/app.js', '/app.css', '/icon.svg', '/actions.json']

describe('the web page', () => {
  it('is off unless it is allowed: its paths are not there, and / wants an action', async () => {
    const front = await startFront()
    expect(await front.ask(`GET / HTTP/1.1\r\n${html}`)).toMatchObject({
      status: 400,
      body: expect.stringContaining('Give an action')
    })
    for (const path of [...files, '/web/ws']) expect((await front.ask(`GET ${path} HTTP/1.1`)).status).toBe(404)
  })

  it('is refused to other addresses, and they learn why', async () => {
    const front = await startFront({ webAllow: new WebAccess(['192.0.2.0/24']) })
    const page = await front.ask(`GET / HTTP/1.1\r\n${html}`)
    expect(page).toMatchObject({ status: 403, body: expect.stringContaining('--web-allow') })
    for (const path of [...files, '/web/ws']) expect((await front.ask(`GET ${path} HTTP/1.1`)).status).toBe(403)
    // What is no page goes on.
    expect((await front.ask('GET /?Action=Ping HTTP/1.1')).status).toBe(200)
  })

  it('is at / for a browser, and an action at / is still an action', async () => {
    const front = await startFront({ webAllow: here })
    const page = await front.ask(`GET / HTTP/1.1\r\n${html}`)
    expect(page).toMatchObject({ status: 200, body: expect.stringMatching(/^<!doctype html>/) })
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await front.ask(`GET /?Action=Ping HTTP/1.1\r\n${html}`)).toMatchObject({
      body: expect.stringContaining('Ping: Pong')
    })
    expect((await front.ask('GET / HTTP/1.1\r\nAccept: application/json')).status).toBe(400)
    expect((await front.ask(`POST / HTTP/1.1\r\n${html}`, 'Action=Ping')).body).toContain('Ping: Pong')
  })

  it.each(['/', ...files])('answers %s with headers that let nothing else in', async (path) => {
    const front = await startFront({ webAllow: here })
    const { status, headers } = await front.ask(`GET ${path} HTTP/1.1\r\n${html}`)
    expect(status).toBe(200)
    const policy = headers.get('content-security-policy')!.split('; ')
    for (const directive of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "require-trusted-types-for 'script'"
    ])
      expect(policy).toContain(directive)
    expect(policy.join()).not.toMatch(/unsafe|\*|https?:/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.has('set-cookie')).toBe(false)
    expect(headers.has('access-control-allow-origin')).toBe(false)
  })

  it('is fetched again only when it has changed', async () => {
    const front = await startFront({ webAllow: here })
    const etag = (await front.ask('GET /app.js HTTP/1.1')).headers.get('etag')!
    expect(await front.ask(`GET /app.js HTTP/1.1\r\nIf-None-Match: ${etag}`)).toMatchObject({ status: 304, body: '' })
    expect((await front.ask('GET /app.js HTTP/1.1\r\nIf-None-Match: "other"')).status).toBe(200)
  })

  it('takes GET and HEAD only, and its WebSocket no ordinary request', async () => {
    const front = await startFront({ webAllow: here })
    expect(await front.ask('HEAD /app.css HTTP/1.1')).toMatchObject({ status: 200, body: '' })
    expect((await front.ask('POST /app.css HTTP/1.1', 'a=b')).status).toBe(405)
    expect((await front.ask('GET /web/ws HTTP/1.1')).status).toBe(426)
  })
})

describe('the files of the page', () => {
  it('fetch nothing from elsewhere and have nothing inline', async () => {
    const front = await startFront({ webAllow: here })
    const [page, style] = await Promise.all(
      ['/', '/app.css'].map(async (path) => (await front.ask(`GET ${path} HTTP/1.1\r\n${html}`)).body)
    )
    expect(page).not.toMatch(/https?:\/\//)
    expect(page).not.toMatch(/\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)/i)
    expect(style).toContain('prefers-color-scheme: dark')
    expect(style).not.toMatch(/@import|url\(/)
    // Without the script nothing that was typed could be sent.
    expect(page).not.toMatch(/<(?:input|select|textarea)[^>]*\sname=/)
  })

  it('are a script that makes no markup of texts', async () => {
    const front = await startFront({ webAllow: here })
    const script = (await front.ask('GET /app.js HTTP/1.1')).body
    expect(script.length).toBeGreaterThan(5_000)
    expect(script).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|document\.cookie/
    )
    expect(script).not.toMatch(/\bimport\b\s*["'({]/)
  })

  it('have the actions of Asterisk with what they need, and say what is secret', async () => {
    const front = await startFront({ webAllow: here })
    const { actions } = JSON.parse((await front.ask('GET /actions.json HTTP/1.1')).body) as {
      actions: { name: string; fields: { name: string; required?: boolean; secret?: boolean }[] }[]
    }
    const fieldsOf = (name: string) => actions.find((action) => action.name === name)!.fields
    expect(fieldsOf('Hangup')).toContainEqual(expect.objectContaining({ name: 'Channel', required: true }))
    expect(fieldsOf('Login')).toContainEqual(expect.objectContaining({ name: 'Secret', secret: true }))
    expect(fieldsOf('DBGet').every(({ secret }) => !secret)).toBe(true)
  })
})
