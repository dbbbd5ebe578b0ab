import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ruleCodes, rules } from '../../../../src/lib/dialplan-check/rules.js'
import { toSarif } from '../../../../src/lib/dialplan-check/sarif.js'
import { check, dialplan, placesOf } from './support.js'

const injected = 'exten => _X.,1,Dial(PJSIP/${EXTEN}@itsp)'

describe('ignore comments', () => {
  const places = (text: string) => placesOf('injection-dial', { 'extensions.conf': `[default]\n${text}\n` })

  it('count on the line and on the line above', async () => {
    expect(await places(`${injected} ; pbxkit-ignore injection-dial`)).toEqual([])
    expect(await places(`; pbxkit-ignore unknown-option, injection-dial because it is a test\n${injected}`)).toEqual([])
  })

  it('count for one line only, and not for other codes', async () => {
    expect(await places(`${injected} ; pbxkit-ignore injection-goto`)).toHaveLength(1)
    expect(await places(`; pbxkit-ignore injection-dial\n\n${injected}`)).toHaveLength(1)
    expect(await places(`exten => 1,1,Hangup() ; pbxkit-ignore injection-dial\n${injected}`)).toHaveLength(1)
  })

  it('count for the whole file', async () => {
    expect(await places(`${injected}\n; pbxkit-ignore-file injection-dial`)).toEqual([])
  })

  it('have --ignore beside them', async () => {
    expect(await placesOf('injection-dial', dialplan(injected), { ignore: ['injection-dial'] })).toEqual([])
  })
})

describe('findings', () => {
  it('come in the order of lines, each with what to do', async () => {
    const found = await check(dialplan(`${injected}\nexten => 5,1,Dail()\nexten => 6,1,Goto(none,1,1)`))
    expect(found.map(({ line }) => line)).toEqual([2, 3, 4])
    for (const { hint, message } of found) expect([hint, message]).not.toContain('')
    expect(found[1]).toMatchObject({ hint: 'Did you mean Dial?' })
  })

  it('never hold a secret', async () => {
    const text =
      '[a]\ntype=auth\nusername=a\npassword=Sesam\n[b]\ntype=auth\nusername=b\npassword=Hunter2-Hunter2\n[c]\ntype=auth\nusername=c\npassword=Hunter2-Hunter2\n'
    const found = await check({ 'pjsip.conf': text })
    expect(found.map(({ code }) => code)).toEqual(['secret-weak', 'secret-duplicate'])
    expect(JSON.stringify(found)).not.toMatch(/Sesam|Hunter2/)
  })

  it('count columns in characters, behind letters that are more than a byte', async () => {
    expect(await placesOf('unknown-function', dialplan('exten => 1,1,NoOp(äöü ${NONE(1)})'))).toEqual(['extensions.conf:2:25'])
  })

  it('count columns behind escapes as in the file', async () => {
    expect(await placesOf('unknown-function', dialplan('exten => 1,1,NoOp(a\\;b ${NONE(1)})'))).toEqual(['extensions.conf:2:26'])
  })

  it('are bounded for each code', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `exten => ${index + 100},1,Dail()`)
    expect((await check(dialplan(lines.join('\n')))).filter(({ code }) => code === 'unknown-application')).toHaveLength(200)
  })
})

describe('SARIF', () => {
  it('has the form of 2.1.0: a run, rules, results that point to them', async () => {
    const findings = await check(dialplan(injected), { modes: { 'extensions.conf': 0o644 } })
    const { version, runs } = toSarif(findings, { folder: '/etc/asterisk', version: '1.2.3' }) as {
      version: string
      runs: {
        tool: { driver: { rules: { id: string }[] } }
        results: { ruleId: string; ruleIndex: number; level: string; locations: unknown[] }[]
      }[]
    }
    expect(version).toBe('2.1.0')
    const [run] = runs
    expect(run!.tool.driver.rules.map(({ id }) => id)).toEqual(ruleCodes)
    expect(run!.results).toHaveLength(findings.length)
    expect(run!.results[0]).toMatchObject({ ruleId: 'injection-dial', level: 'warning' })
    expect(ruleCodes[run!.results[0]!.ruleIndex]).toBe('injection-dial')
    expect(run!.results[0]!.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'extensions.conf', uriBaseId: 'CONFIGURATION' },
          region: { startLine: 2, startColumn: 27 }
        }
      }
    ])
  })

  it('gives what is about a whole file no line', () => {
    const finding = {
      code: 'readable-by-others',
      severity: 'warning',
      file: '/x y/a.conf',
      line: 0,
      column: 0,
      message: 'm',
      hint: 'h'
    } as const
    const text = JSON.stringify(toSarif([finding], { folder: '/etc', version: '1' }))
    expect(text).toContain('"artifactLocation":{"uri":"file:///x%20y/a.conf"}')
    expect(text).not.toContain('startLine')
  })
})

describe('docs/dialplan-check.md', () => {
  it('has the table of the rules as the program has it', () => {
    const text = fs.readFileSync(path.join(import.meta.dirname, '../../../../docs/dialplan-check.md'), 'utf8')
    const rows = ruleCodes.map((code) => {
      const { severity, says, why, mend } = rules[code]
      const cell = (one: string) => one.replaceAll('|', '\\|')
      return `| \`${code}\` | ${severity} | ${cell(says)} | ${cell(why)} | ${cell(mend)} |`
    })
    expect(text.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows)
  })
})
