import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pbxkit, temporaryFolder } from './support/pbxkit.js'

const good = '[default]\nexten => _X.,1,Dial(PJSIP/${FILTER(0-9,${EXTEN})}@itsp)\n'
const weak = '[default]\nexten => _X.,1,Dial(PJSIP/${EXTEN}@itsp)\n'
const wrong = '[default]\nexten => 1,1,Goto(nowhere,s,1)\n'

function folder(files: Record<string, string>): string {
  const dir = temporaryFolder()
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(dir, name), text, { mode: 0o640 })
  return dir
}

const check = (dir: string, ...args: string[]) => pbxkit(['dialplan', 'check', dir, '--sounds', 'none', ...args])

describe('dialplan check', () => {
  it('ends with 0 without errors, and with 1 for errors, or with --strict for warnings', async () => {
    const [clean, warned, failed] = [good, weak, wrong].map((text) => folder({ 'extensions.conf': text })) as [
      string,
      string,
      string
    ]
    expect(await check(clean, '--strict')).toMatchObject({
      status: 0,
      stdout: '1 file: 0 errors, 0 warnings, 0 remarks\n',
      stderr: ''
    })
    expect(await check(warned)).toMatchObject({ status: 0 })
    expect(await check(warned, '--strict')).toMatchObject({ status: 1 })
    expect(await check(warned, '--strict', '--ignore', 'injection-dial')).toMatchObject({ status: 0 })
    expect(await check(failed)).toMatchObject({ status: 1 })
  })

  it('prints one finding a line, with file, line, column, severity and code', async () => {
    const dir = folder({ 'extensions.conf': wrong })
    const { stdout } = await check(dir)
    expect(stdout.split('\n')[0]).toBe(
      `${dir}/extensions.conf:2:19 error undefined-context Goto names context nowhere, which does not exist`
    )
  })

  it('prints JSON, NDJSON and SARIF with the same findings', async () => {
    const dir = folder({ 'extensions.conf': wrong })
    const finding = { code: 'undefined-context', severity: 'error', file: `${dir}/extensions.conf`, line: 2, column: 19 }
    const json = await check(dir, '--json')
    expect(json.status).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ findings: [finding], files: [`${dir}/extensions.conf`] })
    const lines = (await check(dir, '--format', 'ndjson')).stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([finding])
    const sarif = JSON.parse((await check(dir, '--format', 'sarif')).stdout)
    expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ results: [{ ruleId: 'undefined-context', level: 'error' }] }] })
  })

  it('says what is missing: the folder, a configuration in it, a code', async () => {
    const empty = folder({ 'notes.txt': '' })
    expect(await check(path.join(empty, 'none'))).toMatchObject({ status: 74 })
    expect(await check(empty)).toMatchObject({ status: 65 })
    const unknown = await check(folder({ 'extensions.conf': good }), '--ignore', 'nonsense')
    expect(unknown).toMatchObject({ status: 64, stdout: '' })
    expect(unknown.stderr).toContain('nonsense')
  })

  it('looks at sounds and at the modes of files', async () => {
    const dir = folder({
      'extensions.conf': '[default]\nexten => 1,1,Playback(beep&gone)\n',
      'pjsip.conf': '[a]\ntype=auth\nusername=b\npassword=Kie7ohPhaeY2\n'
    })
    fs.mkdirSync(path.join(dir, 'sounds/en'), { recursive: true })
    fs.writeFileSync(path.join(dir, 'sounds/en/beep.gsm'), '')
    fs.chmodSync(path.join(dir, 'pjsip.conf'), 0o644)
    const { stdout } = await pbxkit(['dialplan', 'check', dir, '--sounds', path.join(dir, 'sounds'), '--format', 'ndjson'])
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(found).toMatchObject([
      { code: 'sound-missing', line: 2, column: 28 },
      { code: 'readable-by-others', line: 0 }
    ])
  })
})
