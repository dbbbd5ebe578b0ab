import { describe, expect, it } from 'vitest'
import { parseRecording, recordingNames } from './recording.js'
import { httpScenarios } from './tables/http.js'
import { scenarios } from './tables/scenarios.js'

/** Those with a test file of their own, which names them. */
const others = ['12-users-filters', 'v122-asan-30-abuse', 'v130-asan-30-abuse']

describe('the recordings of astmanproxy', () => {
  it('all have a verdict', () => {
    const judged = [...scenarios, ...httpScenarios].map(({ name }) => name).concat(others)
    const left = recordingNames().filter((name) => !judged.includes(name) && !judged.includes(name.replace(/^v130-/, '')))
    expect(left).toEqual([])
    expect(recordingNames()).toEqual(expect.arrayContaining(judged))
  })

  it('a verdict has a reason', () => {
    for (const { verdicts } of [...scenarios, ...httpScenarios]) {
      expect(verdicts.length).toBeGreaterThan(0)
      for (const { what, why } of verdicts) expect([what, why]).not.toContain('')
    }
  })
})

describe('a recording', () => {
  it('is read into what was sent in one go, and all that came until the next', () => {
    const text = [
      '# title',
      '# a(1) connected to 127.0.0.1:1',
      '[   0.1] a(1) S> "Asterisk Call Manager Proxy/1.30.0\\r\\n"',
      '[   0.2] a(1) C> "Action: Ping\\r\\n"',
      '[   0.2] a(1) C> "\\r\\n"',
      '# b connected TLSv1.2 to 127.0.0.1:1',
      '[   0.3] a(1) S> "Response: Success\\r\\n"',
      '[   0.3] a(1) S> "\\r\\n"',
      '[   0.4] b S> "\\u00e9"',
      '# b server closed (FIN)',
      '[   0.5] b C> "too late"'
    ].join('\n')
    const { connections, exchanges, remarks } = parseRecording('x', text)
    expect(connections).toEqual([
      { label: 'a(1)', tls: undefined, banner: 'Asterisk Call Manager Proxy/1.30.0\r\n' },
      { label: 'b', tls: 'TLSv1.2', banner: '' }
    ])
    expect(exchanges).toEqual([
      { from: 0, sent: 'Action: Ping\r\n\r\n', received: new Map(), closed: new Set() },
      {
        from: 1,
        sent: '',
        received: new Map([
          [0, 'Response: Success\r\n\r\n'],
          [1, 'é']
        ]),
        closed: new Set([1])
      }
    ])
    expect(remarks[0]).toBe('title')
  })

  it('with a line that is neither wire nor remark is refused', () => {
    expect(() => parseRecording('x', 'what is this')).toThrow('neither wire nor remark')
  })
})
