import fs from 'node:fs'
import path from 'node:path'

const folder = path.join(import.meta.dirname, '../fixtures')

export const fixture = (name: string): Buffer => fs.readFileSync(path.join(folder, name))
export const jsonFixture = <T>(name: string): T => JSON.parse(fixture(name).toString()) as T

/** All files of a folder of fixtures. */
export function fixtures(name: string, ending = ''): Buffer[] {
  return fs
    .readdirSync(path.join(folder, name))
    .filter((file) => file.endsWith(ending) && fs.statSync(path.join(folder, name, file)).isFile())
    .sort()
    .map((file) => fixture(path.join(name, file)))
}

/** What was sent and received in the recordings of astmanproxy: JSON strings after `C>` and `S>`. */
export function recordedLines(direction: 'C' | 'S'): Buffer[] {
  return fixtures('astmanproxy/recordings', '.txt')
    .map((text) =>
      Buffer.concat(
        [...text.toString().matchAll(new RegExp(`${direction}> (".*")$`, 'gm'))].flatMap(([, line]) => {
          try {
            return [Buffer.from(JSON.parse(line!) as string, 'latin1')]
          } catch {
            return []
          }
        })
      )
    )
    .filter((bytes) => bytes.length > 0)
}

export const texts = (...all: string[]): Buffer[] => all.map((text) => Buffer.from(text))
