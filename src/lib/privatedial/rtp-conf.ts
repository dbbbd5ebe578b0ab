import { writeConfig } from '../asterisk-config/write.js'
import type { RtpSettings } from '../site/site.js'

/** Ports of media. Strict: packets of others than the phone that began are dropped; it learns the phone's outside address by itself. */
export function rtpConf({ start, end }: RtpSettings): string {
  const settings = [
    { name: 'rtpstart', value: String(start) },
    { name: 'rtpend', value: String(end) },
    { name: 'strictrtp', value: 'yes' }
  ]
  return writeConfig([{ name: 'general', settings }], 'Media.').toString()
}
