// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Asterisk's variables
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../../src/lib/asterisk-config/files.js'
import { loadEndpoints } from '../../../../../src/lib/dialplan/trace/load-endpoints.js'
import { play } from './play.js'

const wizard = `[user](!)
type = wizard
accepts_registrations = yes
has_hint = yes
hint_context = lookup
endpoint/context = c
aor/max_contacts = 3
[alice](user)
hint_exten = +461
endpoint/callerid = Alice <+461>
endpoint/set_var = A=1
endpoint/set_var = B=2
[trunk]
type = wizard
remote_hosts = a.example,b.example:5070
`

describe("PJSIP's wizard", () => {
  it('makes endpoints, addresses of record and hints', () => {
    const { directory, hintSections } = loadEndpoints(new MemoryFiles({ 'pjsip_wizard.conf': wizard }))
    expect([...directory.endpoints.keys()]).toEqual(['alice', 'trunk'])
    expect(directory.endpoints.get('alice')!.settings.get('@hint_exten')).toEqual(['+461'])
    expect(directory.aors.get('trunk')!.contacts).toEqual(['sip:a.example', 'sip:b.example:5070'])
    expect(hintSections.map(({ name, settings }) => [name, settings.map(({ value }) => value)])).toEqual([
      ['lookup', ['+461,hint,PJSIP/alice']]
    ])
  })

  it('is seen by a call', () => {
    const text =
      '[c]\ninclude => lookup\nexten => _+X.,1,NoOp(${HINT} ${DEVICE_STATE(${HINT})} ${A}${B} ${PJSIP_ENDPOINT(alice,set_var)} ${PJSIP_AOR(alice,max_contacts)})\n'
    const trace = play({ 'extensions.conf': text, 'pjsip_wizard.conf': wizard }, { number: '+461', from: 'alice' })
    expect(trace.steps[0]!.appData).toBe('PJSIP/alice NOT_INUSE 12 A=1,B=2 3')
  })

  it('is nothing when there are no files, or broken ones', () => {
    expect(loadEndpoints(new MemoryFiles({})).directory.endpoints.size).toBe(0)
    expect(loadEndpoints(new MemoryFiles({ 'pjsip.conf': '[oops' })).directory.endpoints.size).toBe(0)
  })
})
