import { expect, vi } from 'vitest'
import { renderSite } from '../../../src/lib/privatedial/render-site.js'
import type { RenderedFile } from '../../../src/lib/privatedial/rendered-file.js'
import type { Site } from '../../../src/lib/site/site.js'
import { makeSite, makeTrunk } from '../../unit/support/sites.js'
import { type AsteriskPlace, type RunningAsterisk, startAsterisk } from '../servers/asterisk.js'
import { defaultFiles } from '../servers/asterisk-config.js'
import { choosePort } from '../servers/ports.js'

/** Where the provider is: another address than the phones', by which Asterisk knows it. */
export const providerHost = '127.0.0.2'

export interface RenderedPbx {
  asterisk: RunningAsterisk
  site: Site
  providerPort: number
  tlsPort: number
  /** Its etc folder as it sees it. */
  configFolder: string
}

const names = [
  ...[
    'pjsip_endpoint.conf',
    'pjsip_transport.conf',
    'pjsip.conf',
    'pjsip_wizard.conf',
    'minivm.conf',
    'minivm-mail',
    'rtp.conf',
    'numbers.conf'
  ],
  ...['extensions.conf', 'extensions_local.conf']
]

/** Starts an Asterisk with what a site is rendered to. @param more changes of the site that has its ports already */
export async function startRendered(
  form: Site['output']['form'],
  changes: (place: AsteriskPlace) => Partial<Site> = () => ({}),
  more: (site: Site) => Partial<Site> = () => ({})
) {
  const taken = new Set<number>()
  const providerPort = await choosePort(undefined, taken)
  taken.add(providerPort)
  const tlsPort = await choosePort(undefined, taken)
  let site = makeSite()
  let configFolder = ''
  let rendered: RenderedFile[] | undefined
  const render = (place: AsteriskPlace) => {
    const { ports, dir } = place
    const listen = { bind: '127.0.0.1', port: ports.sip }
    const host = `${providerHost}:${providerPort}`
    site = makeSite({
      output: { form },
      transport: {
        udp: listen,
        tcp: listen,
        tls: {
          ...{ bind: '127.0.0.1', port: tlsPort, cert: `${dir}/etc/tls.crt`, key: `${dir}/etc/tls.key`, method: 'tlsv1_2' },
          ...{ acme: undefined, days: 365, renewDays: 30 }
        }
      },
      trunks: [makeTrunk('itsp', { hosts: [host], match: [host] })],
      ...changes(place)
    })
    site = { ...site, ...more(site) }
    configFolder = `${dir}/etc`
    return renderSite(site, { configFolder })
  }
  const fileOf = (name: string) => (place: AsteriskPlace) => {
    rendered ??= render(place)
    return rendered.find((one) => one.name === name)?.text ?? ''
  }
  const asterisk = await startAsterisk({
    name: `render-${form}`,
    files: { 'modules.conf': modules, ...Object.fromEntries(names.map((name) => [name, fileOf(name)])) }
  })
  return { asterisk, site, providerPort, tlsPort, configFolder } satisfies RenderedPbx
}

/** The lab's own, with what our files need. */
export function modules({ ports, dir }: AsteriskPlace): string {
  return defaultFiles(ports, dir)['modules.conf']!.replace(/^noload = (app_minivm|res_pjsip_config_wizard)\.so\n/gm, '')
}

/** A provider that did not answer when Asterisk last looked, once a minute, is not called; here it is asked again. */
export function isReachable({ asterisk }: RenderedPbx, trunk: string): Promise<void> {
  return vi.waitFor(
    async () => {
      await asterisk.rx(`pjsip qualify ${trunk}`)
      expect(await asterisk.rx('pjsip show contacts')).toMatch(new RegExp(`${trunk}/sip:\\S+ .* Avail`))
    },
    { timeout: 15_000, interval: 500 }
  )
}
