import type { LoadedConfig } from '../../asterisk-config/load.js'
import { unfinishedFiles } from '../../dialplan/unfinished-render.js'
import type { CheckHost } from '../host.js'
import type { Report } from '../report.js'
import { valueSpot } from './pjsip-objects.js'

/** minivm.conf: a message shorter than `minmessage` makes Asterisk 22.10.1 crash. */
export function checkMinivm(config: LoadedConfig, report: Report): void {
  for (const { isTemplate, settings } of config.sections) {
    for (const setting of settings) {
      if (isTemplate || setting.name.toLowerCase() !== 'minmessage' || !(Number.parseInt(setting.value, 10) > 0)) continue
      report.add('minmessage', valueSpot(setting), `minmessage is ${setting.value}`)
    }
  }
}

/** asterisk.conf: Debian's begins with `[directories](!)`, whose settings nobody sees. */
export function checkAsteriskConf(config: LoadedConfig, report: Report): void {
  const used = new Set(config.sections.flatMap(({ templates }) => templates))
  for (const { name, isTemplate, settings, file, line } of config.sections) {
    if (!isTemplate || settings.length === 0 || used.has(name)) continue
    report.add(
      'directories-template',
      { file, line },
      `[${name}](!) is a template that nothing uses: its ${settings.length} settings do not count`
    )
  }
}

/** Files of ours that were to be replaced when the run was killed. */
export function checkUnfinishedRender(host: CheckHost, report: Report): void {
  for (const name of unfinishedFiles(host))
    report.add(
      'render-unfinished',
      { file: `${host.folder}/${name}`, line: 0 },
      `${name} was to be replaced when a run of render was killed`
    )
}
