import { expect, it } from 'vitest'
import { parseCommand } from '../../../../src/lib/voipmonitor/command.js'
import { commandRunFor, dangerOf } from '../../../../src/lib/voipmonitor/danger.js'

const danger = (text: string) => dangerOf(parseCommand(text, { force: true }))

it('what stops, changes or deletes something wants a question', () => {
  expect(danger('terminating')).toMatch(/stops/)
  expect(danger('manager_file start /tmp/x')).toMatch(/deletes a file/)
  for (const text of ['getversion', 'listcalls {}', 'manager_file stop', 'manager_file start'])
    expect(danger(text), text).toBeUndefined()
})

it('an unknown name is judged by what the sniffer would run for it', () => {
  expect(commandRunFor('xxgetversionyy')).toBe('getversion')
  expect(danger('please reload')).toMatch(/runs "reload": it changes/)
  expect(danger('xxgetversionyy')).toBe('if the sniffer does not know "xxgetversionyy" it runs "getversion"')
  expect(danger('something')).toBeUndefined()
})
