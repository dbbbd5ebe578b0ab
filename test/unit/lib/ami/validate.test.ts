import { describe, expect, it } from 'vitest'
import { loadCatalog } from '../../../../src/lib/ami/catalog/catalog.js'
import type { Field } from '../../../../src/lib/ami/encode.js'
import { actionName, checkAction, maxActionHeaders, maxActionLineBytes } from '../../../../src/lib/ami/validate.js'
import { DataError } from '../../../../src/lib/errors.js'

const catalog = await loadCatalog()
const check = (...fields: Field[]) => checkAction(fields, catalog)

describe('checkAction', () => {
  it('finds nothing in a sound action, in any case and order', () => {
    expect(check(['actionid', '1'], ['action', 'hangup'], ['CHANNEL', 'PJSIP/100-1'])).toEqual([])
  })

  it('finds an unknown action and offers the known ones, those of old releases too', () => {
    const [finding, ...others] = check(['Action', 'Orginate'])
    expect(others).toEqual([])
    expect(finding).toMatchObject({ severity: 'error', message: 'There is no action "Orginate"', typed: 'Orginate' })
    expect(finding!.candidates).toEqual(expect.arrayContaining(['Originate', 'SIPpeers']))
  })

  it('takes an action of an old release with any fields', () => {
    expect(check(['Action', 'sippeers'], ['Whatever', 'x'])).toEqual([])
  })

  it('finds a required field that is missing', () => {
    expect(check(['Action', 'Hangup'])).toEqual([{ severity: 'error', message: 'Hangup needs the field Channel' }])
  })

  it('remarks on a field that is not documented, and does not stop the action for it', () => {
    const findings = check(['Action', 'Hangup'], ['Channel', 'x'], ['Chanel', 'x'])
    expect(findings).toMatchObject([{ severity: 'remark', typed: 'Chanel' }])
    expect(findings[0]!.candidates).toContain('Channel')
  })

  it('takes any field where the action is free in them', () => {
    expect(check(['Action', 'UserEvent'], ['UserEvent', 'Foo'], ['Anything', 'x'])).toEqual([])
  })

  it('finds a line of one byte more than Asterisk takes, counted in bytes', () => {
    const room = maxActionLineBytes - 'Channel: '.length
    expect(check(['Action', 'Hangup'], ['Channel', 'x'.repeat(room)])).toEqual([])
    expect(check(['Action', 'Hangup'], ['Channel', 'x'.repeat(room + 1)])).toMatchObject([{ severity: 'error' }])
    expect(check(['Action', 'Hangup'], ['Channel', 'ж'.repeat(Math.floor(room / 2) + 1)])).toMatchObject([{ severity: 'error' }])
  })

  it('finds more headers than Asterisk takes', () => {
    const variables = (count: number) => Array.from({ length: count }, (): Field => ['Variable', 'a=1'])
    const originate = (count: number) => check(['Action', 'Originate'], ['Channel', 'x'], ...variables(count))
    expect(originate(maxActionHeaders - 2)).toEqual([])
    expect(originate(maxActionHeaders - 1)).toMatchObject([{ severity: 'error', message: expect.stringMatching(/^129 headers/) }])
  })
})

describe('actionName', () => {
  it('is the value of the Action header, wherever and however it is written', () => {
    expect(
      actionName([
        ['ActionID', '1'],
        ['ACTION', ' Ping ']
      ])
    ).toBe('Ping')
  })

  it('refuses fields without an action', () => {
    expect(() => actionName([['ActionID', '1']])).toThrow(DataError)
    expect(() => actionName([['Action', ' ']])).toThrow(DataError)
  })
})
