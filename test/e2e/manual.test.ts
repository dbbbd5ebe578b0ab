import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands, findFault, shellWords } from './support/command-lines.js'
import { root, temporaryFolder } from './support/pbxkit.js'

const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const page = path.join(root, 'docs/pbxkit.1')

describe('the man page', () => {
  it('is what the manifest gives', () => {
    const { status, stderr } = spawnSync(process.execPath, ['bin/man.mjs', '--check'], { cwd: root, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it.skipIf(!has('man') || !has('groff'))(
    'renders without a warning, and has every command and flag (needs man and groff)',
    () => {
      const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', page], {
        env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '500' },
        encoding: 'utf8'
      })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      for (const { id, flags } of commands) {
        expect(stdout).toContain(`pbxkit ${id.replaceAll(':', ' ')}`)
        for (const flag of Object.keys(flags)) expect(stdout).toContain(`--${flag}`)
      }
    }
  )
})

describe('the command reference', () => {
  const run = (script: string, ...args: string[]) =>
    spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' })

  it('is what the manifest gives', () => {
    const { status, stderr } = run('bin/reference.mjs', '--check')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('has a heading for each command, which docs/commands.md leads to', () => {
    const index = fs.readFileSync(path.join(root, 'docs/commands.md'), 'utf8')
    for (const { id } of commands) {
      const words = id.replaceAll(':', ' ')
      const [topic] = words.split(' ')
      expect(index).toContain(`(reference/${topic}.md#${words.replaceAll(' ', '-')})`)
      expect(fs.readFileSync(path.join(root, `docs/reference/${topic}.md`), 'utf8')).toContain(`\n## ${words}\n`)
    }
  })

  it('is told to be stale when a page was changed, is missing, or belongs to nothing', () => {
    const copy = temporaryFolder()
    for (const name of ['bin', 'docs/reference', 'docs/commands.md', 'oclif.manifest.json', 'package.json'])
      fs.cpSync(path.join(root, name), path.join(copy, name), { recursive: true })
    fs.appendFileSync(path.join(copy, 'docs/reference/ami.md'), 'x')
    fs.rmSync(path.join(copy, 'docs/reference/uac.md'))
    fs.writeFileSync(path.join(copy, 'docs/reference/gone.md'), '')
    const script = path.join(copy, 'bin/reference.mjs')
    const { status, stderr } = run(script, '--check')
    expect(status).toBe(1)
    expect(stderr.match(/^docs\/reference\/\w+\.md/gm)).toEqual(['ami', 'uac', 'gone'].map((name) => `docs/reference/${name}.md`))
    expect(run(script).status).toBe(0)
    expect(run(script, '--check')).toMatchObject({ status: 0, stderr: '' })
    expect(fs.existsSync(path.join(copy, 'docs/reference/gone.md'))).toBe(false)
  })
})

const folder = path.join(root, 'docs/systemd')
const units = fs.readdirSync(folder).filter((name) => name.endsWith('.service'))

describe.each(units)('docs/systemd/%s', (name) => {
  const text = fs.readFileSync(path.join(folder, name), 'utf8')
  const start = /^ExecStart=(\S+) (.*)$/m.exec(text)!

  it('starts a service of pbxkit with flags that it has', () => {
    expect(start[1]).toBe('/usr/local/bin/pbxkit')
    expect(findFault(shellWords(start[2]!))).toBeUndefined()
  })

  it.skipIf(!has('systemd-analyze'))('is valid and hardened: exposure 2.0 of 10 at most (needs systemd-analyze)', () => {
    // The program has to exist for systemd; where it is installed is not this test's matter.
    const copy = path.join(temporaryFolder(), name)
    fs.writeFileSync(copy, text.replace(start[1]!, process.execPath))
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', copy], { encoding: 'utf8' })
    expect({ status: verified.status, stderr: verified.stderr }).toEqual({ status: 0, stderr: '' })
    const judged = spawnSync('systemd-analyze', ['security', '--no-pager', '--offline=true', '--threshold=20', copy], {
      encoding: 'utf8'
    })
    expect(judged.status, judged.stdout.slice(-300)).toBe(0)
  })
})
