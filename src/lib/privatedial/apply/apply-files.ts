import { isRefusal } from '../../ami/answer.js'
import type { AmiClient } from '../../ami-client/client.js'
import { ConfigFolder } from '../../dialplan/config-folder.js'
import { LoginError } from '../../errors.js'
import { type Comparison, compareObjects } from './compare-objects.js'
import { expectedObjects } from './expected-objects.js'
import { runningObjects } from './running-objects.js'

/** The modules that read each file, in the order in which they are reloaded: endpoints before the dialplan that calls them. */
const modules: readonly (readonly [module: string, files: RegExp])[] = [
  ['res_pjsip.so', /^pjsip(_transport|_endpoint)?\.conf$/],
  ['res_pjsip_outbound_registration.so', /^pjsip(_endpoint)?\.conf$/],
  ['res_pjsip_endpoint_identifier_ip.so', /^pjsip(_endpoint)?\.conf$/],
  ['res_pjsip_config_wizard.so', /^pjsip_(wizard|endpoint)\.conf$/],
  ['res_rtp_asterisk.so', /^rtp\.conf$/],
  ['app_minivm.so', /^minivm\.conf$/],
  ['pbx_config.so', /^extensions(_local)?\.conf$/]
]

/**
 * Has Asterisk read files again. What it answers proves nothing: it says "reloaded" also when objects failed.
 * @throws LoginError when the user may not; what AmiClient.send throws
 */
export async function reloadFiles(client: AmiClient, names: readonly string[], timeoutMs: number): Promise<void> {
  for (const [module, files] of modules) {
    if (!names.some((name) => files.test(name))) continue
    const answer = await client.send(
      [
        ['Action', 'Reload'],
        ['Module', module]
      ],
      { timeoutMs }
    )
    const message = answer.response.get('Message') ?? ''
    if (isRefusal(answer) && /permission/i.test(message))
      throw new LoginError(`Asterisk does not let this user reload ${module}: ${message}`, {
        hint: 'The user needs write = system,config,command,reporting in manager.conf.'
      })
  }
}

/** Compares what Asterisk has with what the files of the folder say, object by object. @throws as `runningObjects` */
export async function proveFiles(client: AmiClient, folder: string, timeoutMs: number): Promise<Comparison> {
  const expected = expectedObjects(new ConfigFolder(folder))
  return compareObjects(expected, await runningObjects(client, expected, timeoutMs))
}
