import type { ConfigFiles } from '../asterisk-config/files.js'

/** A folder of staged files bears this name from the moment on when it is decided that they will be put in place. */
export const journalName = '.pbxkit-commit'
/** In it, beside the files: what they replace, and a copy of that. */
export const planName = 'plan.json'
export const journalBackup = 'backup'

/**
 * The files that a run of `dialplan render` was about to put in place when it was killed: those beside them may be new, these are the old ones. The next rendering completes it.
 * @returns names, sorted; empty when all is well
 */
export function unfinishedFiles(files: ConfigFiles): string[] {
  if (!files.list(files.folder)?.includes(journalName)) return []
  try {
    const names = files.list(`${files.folder}/${journalName}`) ?? []
    // Without the plan all of it is done, and half of the journal removed.
    return names.includes(planName) ? names.filter((name) => name !== planName && name !== journalBackup).sort() : []
  } catch {
    // It belongs to who has rendered; that it is there says enough.
    return ['files that you may not see']
  }
}

/** One line for who reads such a folder. */
export function describeUnfinished(names: readonly string[]): string {
  return `A run of render was killed before it had put in place: ${names.join(', ')}. The others are new already; \`pbxkit dialplan render\` completes it`
}
