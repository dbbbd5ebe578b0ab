import { describe, expect, it } from 'vitest'
import { AgiHeaders, HeaderBlockReader } from '../../../../src/lib/agi/header-block.js'
import { CallRefusedError } from '../../../../src/lib/tunnel/errors.js'
import { programTarget } from '../../../../src/lib/tunnel-client/target.js'

const blockWith = (argument: string) => Buffer.from(`agi_network: yes\nagi_arg_1: ${argument}\n\n`)

describe('a program for each call', () => {
  it('is not started with what no argument can be: the call is refused, whatever the server sent', async () => {
    const { headers } = new HeaderBlockReader().push(blockWith('a\0b'))!
    await expect(programTarget(process.execPath)(headers)).rejects.toMatchObject({ reason: 'app-error' })
  })

  it('that is not there refuses the call', async () => {
    const refused = programTarget('/nowhere/at-all')(new AgiHeaders(blockWith('a')))
    await expect(refused).rejects.toBeInstanceOf(CallRefusedError)
  })
})
