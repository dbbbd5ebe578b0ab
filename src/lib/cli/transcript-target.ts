import fs from 'node:fs'
import type { Transcripts } from '../agi-transcript/transcripts.js'
import type { LogFiles } from './log-files.js'

/**
 * Where --transcript writes: a folder (one that is there, or a name that ends in a slash) gets a file for each call, anything else is one file for all.
 * @param isCheck nothing is made @throws IoError
 */
export async function openTranscripts(
  target: string | undefined,
  files: LogFiles,
  { note, isCheck }: { note: (message: string) => void; isCheck: boolean }
): Promise<Transcripts | undefined> {
  if (target === undefined) return undefined
  const { transcriptsInFile, transcriptsInFolder } = await import('../agi-transcript/transcripts.js')
  const isFolder = target.endsWith('/') || fs.statSync(target, { throwIfNoEntry: false })?.isDirectory() === true
  if (isCheck) {
    if (!isFolder) files.check(target)
    return undefined
  }
  return isFolder ? transcriptsInFolder(target, note) : transcriptsInFile(files.open(target, undefined))
}
