import { DataError } from '../errors.js'
import type { Site } from '../site/site.js'
import { checkSite } from './check-site.js'
import { extensionsConf } from './extensions/extensions-conf.js'
import { extensionsLocalConf } from './extensions/extensions-local-conf.js'
import { mailScript } from './mail-script.js'
import { minivmConf } from './minivm-conf.js'
import { msmtprc } from './msmtprc.js'
import { numbersConf } from './numbers-conf.js'
import { defaultConfigFolder, type RenderOptions } from './options.js'
import { pjsipConf } from './pjsip/pjsip-conf.js'
import { plainEndpoints } from './pjsip/plain-endpoints.js'
import { pjsipTransportConf } from './pjsip/transport-conf.js'
import { pjsipWizardConf, wizardEndpoints } from './pjsip/wizard-conf.js'
import { type RenderedFile, sealText } from './rendered-file.js'
import { rtpConf } from './rtp-conf.js'

/** Everybody may read it. */
const open = 0o644
/** Secrets are in it. */
const secret = 0o600

/**
 * The files that make an Asterisk of a site. The same site gives the same bytes.
 * @returns in the order in which they have to be put in place: what is included before what includes it
 * @throws DataError for a value that no file can have, with the user or trunk and where it was read
 */
export function renderSite(site: Site, { configFolder = defaultConfigFolder }: Partial<RenderOptions> = {}): RenderedFile[] {
  checkSite(site)
  const isPlain = site.output.form === 'plain'
  const config = (name: string, body: string, mode = open): RenderedFile => ({ name, text: sealText(body), mode })
  const mail = msmtprc(site.voicemail, site.smtp)
  const script = mailScript(site.voicemail, site.smtp, { configFolder })
  return [
    config('pjsip_endpoint.conf', isPlain ? plainEndpoints(site) : wizardEndpoints(site), secret),
    config('pjsip_transport.conf', pjsipTransportConf(site)),
    config('pjsip.conf', pjsipConf(site)),
    config('pjsip_wizard.conf', pjsipWizardConf(site)),
    ...(mail === undefined ? [] : [{ name: 'msmtprc', text: sealText(mail, '#'), mode: secret }]),
    ...(script === undefined ? [] : [{ name: 'minivm-mail', text: sealText(script, '#'), mode: open }]),
    // A command of the site's own may have a password among its arguments.
    config('minivm.conf', minivmConf(site, { configFolder }), site.voicemail.mailCommand === undefined ? open : secret),
    ...(site.rtp.isRendered ? [config('rtp.conf', rtpConf(site.rtp))] : []),
    config('extensions_local.conf', extensionsLocalConf(site)),
    config('extensions.conf', extensionsConf(site)),
    ...(isPlain ? [config('numbers.conf', numbersConf(site.users))] : [])
  ]
}

/** With real hints Asterisk takes 3 s to start with 2,000 users, 10 s with 5,000, and a minute with 10,000. */
const manyHints = 2_000
const tooManyHints = 5_000

/**
 * Looks whether Asterisk can bear that many users in that form.
 * @param isAccepted the owner knows, and wants it
 * @returns a warning, or undefined @throws DataError past 5,000 users with the wizard, unless accepted
 */
export function checkSize({ output, users }: Pick<Site, 'output' | 'users'>, isAccepted = false): string | undefined {
  if (output.form !== 'wizard' || users.length < manyHints) return undefined
  const what = `${users.length} users with the wizard, each with a hint: Asterisk will be slow to start and to reload`
  if (users.length >= tooManyHints && !isAccepted)
    throw new DataError(what, { hint: 'Use form = plain in [output], or accept it with --slow-start.' })
  return what
}
