import fs from 'node:fs'
import type { Site } from '../site/site.js'

/**
 * msmtp runs as Asterisk's user, whose folder it is: a password that only who has rendered can read would keep all voice mail here.
 * @returns a warning; undefined when all is well, or the file is not on this machine
 */
export function passwordWarning({ voicemail, smtp }: Site, folder: string): string | undefined {
  const { passwordFile } = smtp
  if (!voicemail.isEnabled || passwordFile === undefined) return undefined
  const [file, owner] = [passwordFile, folder].map((one) => fs.statSync(one, { throwIfNoEntry: false }))
  if (!file || !owner || owner.uid === 0) return undefined
  const mayRead = file.uid === owner.uid || (file.gid === owner.gid && (file.mode & 0o040) !== 0) || (file.mode & 0o004) !== 0
  return mayRead
    ? undefined
    : `The owner of ${folder} cannot read smtp.password_file ${passwordFile}, and voice mail would not be sent`
}
