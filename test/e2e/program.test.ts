import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands, findFault, shellWords } from './support/command-lines.js'
import { pbxkit, program, root, writeFile } from './support/pbxkit.js'

const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }

describe('pbxkit', () => {
  it('--version says its version, the platform and the version of Node', async () => {
    expect(await pbxkit(['--version'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `pbxkit/${version} ${process.platform}-${process.arch} node-${process.version}\n`
    })
  })

  for (const args of [['--help'], ['help'], []]) {
    it(`${args.join(' ') || 'alone'} lists the topics`, async () => {
      const { status, stdout, stderr } = await pbxkit(args)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      for (const topic of ['ami', 'manager', 'proxy']) expect(stdout).toMatch(new RegExp(`^ +${topic} `, 'm'))
    })
  }

  it('help ami send is ami send --help', async () => {
    const [help, flag] = [await pbxkit(['help', 'ami', 'send']), await pbxkit(['ami', 'send', '--help'])]
    expect(help).toMatchObject({ status: 0, stderr: '', stdout: flag.stdout })
    expect(flag.stdout).toContain('--dry-run')
  })

  it('help of what does not exist is a usage error', async () => {
    expect(await pbxkit(['help', 'ami', 'sned'])).toMatchObject({
      status: 64,
      stdout: '',
      stderr: expect.stringContaining('Did you mean ami send')
    })
  })

  it('refuses an old Node with a sentence, in syntax that it understands', () => {
    const pretend = writeFile(
      "Object.defineProperty(process, 'versions', { value: Object.assign({}, process.versions, { node: '18.20.4' }) })\n",
      {
        name: 'pretend.js'
      }
    )
    for (const args of [['--version'], ['ami', 'send', 'Ping']]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['-r', pretend, program, ...args], { encoding: 'utf8' })
      expect({ status, stdout }).toEqual({ status: 78, stdout: '' })
      expect(stderr).toMatch(/^pbxkit needs Node\.js 20\.19 or newer; this is 18\.20\.4 \(.*\)\.\n$/)
    }
    expect(fs.readFileSync(program, 'utf8')).not.toMatch(/=>|`|\b(const|let|class|async)\b(?![^\n]*\/\/)|\?\./)
  })
})

describe.each(commands.map((command) => [command.id.replaceAll(':', ' '), command] as const))('%s', (name, command) => {
  it('has a summary, a description, and at least three examples', () => {
    expect(command.summary).toMatch(/\w+\.$/)
    expect(command.description!.length).toBeGreaterThan(100)
    expect(command.examples.length).toBeGreaterThanOrEqual(3)
  })

  it('has examples that parse', () => {
    for (const example of command.examples) {
      const text = (typeof example === 'string' ? example : example.command)
        .replaceAll('<%= config.bin %>', 'pbxkit')
        .replaceAll('<%= command.id %>', name)
      const own = text.slice(text.indexOf('pbxkit '))
      expect(findFault(shellWords(own).slice(1)), text).toBeUndefined()
    }
  })

  it('shows every flag in its help', async () => {
    const { status, stdout } = await pbxkit([...name.split(' '), '--help'])
    expect(status).toBe(0)
    for (const flag of Object.keys(command.flags)) expect(stdout).toContain(`--${flag}`)
  })
})

const fromVoipmonitor = path.join(root, 'docs/from-voipmonitor.md')

describe.skipIf(!fs.existsSync(fromVoipmonitor))('docs/from-voipmonitor.md', () => {
  const text = fs.readFileSync(fromVoipmonitor, 'utf8')

  it('has a line that parses for each example of VoIPmonitor\u2019s own documentation', () => {
    const rows = [...text.matchAll(/^\| `((?:[^`])*)` \| `pbxkit ([^`]*)` \|$/gm)]
    const documented = rows.map(([, old]) => old!.replaceAll('\\|', '|'))
    expect(documented).toEqual([
      'php php/run.php send_manager_cmd -s 2 -c listcalls',
      'php php/run.php send_manager_cmd -h s4.voipmonitor.org -p 5029 -a -c listcalls',
      'echo listcalls | nc -U /tmp/vm_manager_socket',
      "ssh myGUIhost 'echo listcalls | nc -U /tmp/vm_manager_socket'",
      "echo 'manager_file start /tmp/vm_manager_socket' | nc 127.0.0.1 5029",
      "echo 'manager_file stop' | nc 127.0.0.1 5029",
      'mysql -h HOST1 … "select content from system where type=\'manager_key\'" | mysql -h HOST2 …',
      'php php/run.php generate_aes_key',
      'php php/run.php store_aes_key'
    ])
    for (const [, , line] of text.matchAll(/(`|^)pbxkit ([^`\n]*)/gm)) expect(findFault(shellWords(line!)), line).toBeUndefined()
  })
})

describe('the check of command lines (of this test)', () => {
  it('sees what does not parse', () => {
    expect(findFault(['ami', 'sned'])).toMatch(/no command/)
    expect(findFault(['ami', 'send', 'Ping', '--hots', 'x'])).toMatch(/no flag --hots/)
    expect(findFault(['ami', 'send', 'Ping', 'Pong'])).toMatch(/takes no 2 words/)
    expect(findFault(['ami', 'send', '--format', 'xml'])).toMatch(/cannot be xml/)
    expect(findFault(['ami', 'send', 'Ping', '-F'])).toMatch(/no value/)
    expect(findFault(['ami', 'events', '--no-reconnect', '--filter=A=b', '--count', '1'])).toBeUndefined()
    expect(shellWords(`send -F Command='core show channels' "a b" | jq x`)).toEqual([
      'send',
      '-F',
      'Command=core show channels',
      'a b'
    ])
  })
})
