import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { ConfiguredProxy, certificateAndKey, serverSection, slowClients, userSection } from './support/configured-proxy.js'
import { describeLabWith } from './support/debian-clients.js'
import { debianLibraries } from './support/debian-libraries.js'
import { Program, scratchFile } from './support/program.js'
import { ANNA, directTo, unique } from './support/targets.js'

const packages = [...new Set(Object.values(debianLibraries).map((library) => library.package))]

await describeLabWith(packages, 'AMI client libraries of Debian, through the proxy, with Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let proxy: ConfiguredProxy
  let ca: string

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'debian-libraries' })
    const { cert, both } = await certificateAndKey()
    ca = scratchFile('proxy.crt', cert)
    const config = `${slowClients}tls-cert = ${scratchFile('proxy.pem', both)}\n\n${serverSection('pbx', asterisk)}${userSection(ANNA, ['admin = yes'])}`
    proxy = await ConfiguredProxy.start(config, { servers: ['pbx'] })
  })

  afterAll(async () => {
    await proxy?.stop()
    await asterisk?.stop()
  })

  for (const [name, { interpreter, program, overTls }] of Object.entries(debianLibraries)) {
    describe(name, () => {
      for (const way of overTls ? ['plain', 'TLS'] : ['plain']) {
        it(`${way}: logs in, pings, runs a command, gets a whole list and an event`, async () => {
          const env = {
            LAB_PORT: String(proxy.port),
            LAB_USERNAME: ANNA.username,
            LAB_SECRET: ANNA.secret,
            ...(way === 'TLS' && { LAB_CA: ca })
          }
          const client = new Program([], { command: [interpreter, scratchFile('client', program)], env })
          try {
            await client.prints((text) => text.includes('ready ok\n'), 'what it got')
            const word = unique('word')
            await directTo(asterisk).json(['UserEvent', '-F', 'UserEvent=Lab', '-F', `Word=${word}`])
            await client.prints((text) => text.includes(`event ${word}\n`), 'the event')
            const version = (await asterisk.rx('core show version')).trim()
            expect(client.text.split('\n').slice(0, -1)).toEqual([
              'login ok',
              'ping Pong',
              `command ${version}`,
              'list alice bob',
              'ready ok',
              `event ${word}`
            ])
          } finally {
            client.kill('SIGKILL')
          }
        })
      }
    })
  }
})
