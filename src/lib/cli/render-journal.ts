import { ConfigFolder } from '../dialplan/config-folder.js'
import { describeUnfinished, unfinishedFiles } from '../dialplan/unfinished-render.js'

/** Completes what a run that was killed has left, before the site is read, which may be broken: Asterisk may start at any time. Who only looks is told of it. */
export async function completeFolder(
  folder: string,
  { looksOnly, force }: { looksOnly: boolean; force: boolean },
  note: (message: string) => void
): Promise<void> {
  if (looksOnly) return noteUnfinished(folder, note)
  const { completeJournal } = await import('../privatedial/write/journal.js')
  const completed = await completeJournal(folder, force)
  if (completed.length > 0) note(`A run that was killed had not put in place: ${completed.join(', ')}; they are now`)
}

/** For commands that read a folder: Asterisk would find old files beside new ones in it. */
export function noteUnfinished(folder: string, note: (message: string) => void): void {
  const names = unfinishedFiles(new ConfigFolder(folder))
  if (names.length > 0) note(describeUnfinished(names))
}
