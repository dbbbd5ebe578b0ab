import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that ends with the test. */
export function scratchFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-'))
  onTestFinished(() => fs.rmSync(folder, { recursive: true }))
  return folder
}

/** A file in a folder of its own, which ends with the test. */
export function scratchFile(name: string, content: string | Buffer, mode = 0o600): string {
  const file = path.join(scratchFolder(), name)
  fs.writeFileSync(file, content, { mode })
  fs.chmodSync(file, mode)
  return file
}
