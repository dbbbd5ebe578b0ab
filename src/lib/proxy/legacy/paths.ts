import fs from 'node:fs'
import path from 'node:path'

/** Where astmanproxy looked for its files, 1.22 and 1.30 alike: the paths were compiled in. */
const legacyConfPath = '/etc/asterisk/astmanproxy.conf'
const legacyUsersPath = '/etc/asterisk/astmanproxy.users'

/**
 * The astmanproxy.conf that the old program would have read. Undefined when there is none, or when it is not ours to read.
 * @param root the folder that takes the place of `/`
 */
export function findLegacyConf(root = '/'): string | undefined {
  const file = path.join(root, legacyConfPath)
  try {
    fs.accessSync(file, fs.constants.R_OK)
    return fs.statSync(file).isFile() ? file : undefined
  } catch {
    return undefined
  }
}

/** The users of an astmanproxy.conf: in the file beside it, or where the old program looked for them. */
export function findLegacyUsers(conf: string, root = '/'): string | undefined {
  return [path.join(path.dirname(conf), 'astmanproxy.users'), path.join(root, legacyUsersPath)].find((file) =>
    fs.existsSync(file)
  )
}
