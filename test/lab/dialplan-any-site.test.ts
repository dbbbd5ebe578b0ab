import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MemoryFiles } from '../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../src/lib/asterisk-config/load.js'
import { renderSite } from '../../src/lib/privatedial/render-site.js'
import { anySite } from '../unit/support/any-site.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'

/** A section as GetConfig gives it: no templates, and what is inherited before what is its own. */
interface Category {
  readonly name: string
  readonly lines: string[]
}

await describeLab('any site, rendered and read by Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let ami: AmiSocket

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'any-site' })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN, { events: 'off' })
  })
  afterAll(async () => {
    ami?.destroy()
    await asterisk?.stop()
  })

  async function getConfig(file: string): Promise<Category[]> {
    const answer = await ami.ask(`Action: GetConfig\r\nFilename: ${file}\r\n`)
    expect({ file, response: answer.get('Response') }).toEqual({ file, response: 'Success' })
    const categories: Category[] = []
    for (const [name, value] of answer.headers) {
      if (name.startsWith('Category-')) categories.push({ name: value, lines: [] })
      else if (name.startsWith('Line-')) categories.at(-1)!.lines.push(value)
    }
    return categories
  }

  it.each(['plain', 'wizard'] as const)(
    'has the values that were given, and those that our reader reads (%s)',
    async (form) => {
      let users = 0
      for (const site of fc.sample(anySite(form), { numRuns: 40, seed: 11 })) {
        const files = renderSite(site)
        for (const { name, text } of files) fs.writeFileSync(path.join(asterisk.dir, 'etc', name), text)
        const texts = new MemoryFiles(Object.fromEntries(files.map(({ name, text }) => [name, text])))
        const opened = files
          .map(({ name }) => name)
          .filter((name) => /^(pjsip|pjsip_wizard|minivm|extensions|numbers)\.conf$/.test(name))
        for (const name of opened) {
          const ours = loadConfigStrictly(name, texts).sections.filter(({ isTemplate }) => !isTemplate)
          const lines = ours.map((one) => ({
            name: one.name,
            lines: one.settings.map((setting) => `${setting.name}=${setting.value}`)
          }))
          expect(await getConfig(name)).toEqual(lines)
        }
        const endpoints = await getConfig(form === 'plain' ? 'pjsip.conf' : 'pjsip_wizard.conf')
        const linesOf = (name: string) => endpoints.filter((one) => one.name === name).flatMap(({ lines }) => lines)
        const [endpoint, auth] = form === 'plain' ? ['', ''] : ['endpoint/', 'inbound_auth/']
        for (const { name, display, number, secret } of site.users) {
          users++
          expect(linesOf(name)).toEqual(
            expect.arrayContaining([`${endpoint}callerid=${display} <${number}>`, `${auth}password=${secret}`])
          )
          if (form !== 'plain') continue
          const numbers = (await getConfig('numbers.conf')).find((one) => one.name === `n${number.slice(-2)}`)
          expect(numbers?.lines).toContain(`${number}=${name}`)
        }
        for (const { name, secret } of site.trunks)
          if (secret !== undefined)
            expect(linesOf(name)).toContain(`${form === 'plain' ? '' : 'outbound_auth/'}password=${secret}`)
      }
      expect(users).toBeGreaterThan(50)
    },
    60_000
  )
})
