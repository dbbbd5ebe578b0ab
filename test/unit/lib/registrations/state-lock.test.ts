import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { IoError } from '../../../../src/lib/errors.js'
import { lockState } from '../../../../src/lib/registrations/state-lock.js'
import { scratchFolder } from '../../support/scratch.js'

it('a state file is one process’s at a time, and free again when that is done', async () => {
  const file = path.join(scratchFolder(), 'uac.state')
  const unlock = await lockState(file)
  await expect(lockState(file)).rejects.toThrow(/^Another pbxkit uac register has the state .*uac\.state$/)
  unlock()
  const again = await lockState(file)
  again()
  expect(fs.existsSync(`${file}.lock`)).toBe(false)
})

it('a state in a folder that is none is told before anything is sent', async () => {
  const file = path.join(scratchFolder(), 'file')
  fs.writeFileSync(file, '')
  await expect(lockState(path.join(file, 'uac.state'))).rejects.toThrow(IoError)
})
