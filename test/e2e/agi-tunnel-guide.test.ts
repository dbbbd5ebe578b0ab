import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort, program, root, temporaryFolder } from './support/pbxkit.js'

const guide = path.join(root, 'docs/agi-tunnel.md')
const text = fs.existsSync(guide) ? fs.readFileSync(guide, 'utf8') : ''

/** The blocks that are to be run as they stand. */
const blocks = [...text.matchAll(/<!-- run -->\n```sh\n([\s\S]*?)```/g)].map(([, block]) => block!)

interface Line {
  command: string
  isService: boolean
  /** What the comment behind it promises. */
  prints: string | undefined
}

function readLine(line: string): Line {
  const [, command = '', prints] = /^(.*?)(?:\s+# prints (.*))?$/.exec(line) ?? []
  return { command: command.replace(/ &$/, ''), isService: command.endsWith(' &'), prints }
}

/** A shell for the lines of one block, in a folder of its own, with other ports than those of the guide. */
async function shell() {
  const home = temporaryFolder()
  const bin = path.join(home, 'bin')
  fs.mkdirSync(bin)
  fs.writeFileSync(path.join(bin, 'pbxkit'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, { mode: 0o755 })
  const ports = Object.fromEntries(await Promise.all(['20000', '4573', '4574'].map(async (port) => [port, await freePort()])))
  const env: NodeJS.ProcessEnv = { PATH: `${bin}:${process.env.PATH}`, HOME: home, XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: home }
  const start = (command: string) => {
    const moved = command.replaceAll(/\b(20000|4573|4574)\b/g, (port) => String(ports[port]))
    const child = spawn('sh', ['-c', `exec ${moved}`], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (chunk: Buffer) => (said[stream] += chunk.toString()))
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await exit
    })
    return { said, exit }
  }
  return { env, start }
}

describe.skipIf(text === '')('docs/agi-tunnel.md', () => {
  it('has lines to run', () => expect(blocks.length).toBeGreaterThan(1))

  it.each(blocks)('does what it says: %s', async (block) => {
    const { env, start } = await shell()
    for (const { command, isService, prints } of block.trimEnd().split('\n').map(readLine)) {
      const [, assignments] = /^export (.*)$/.exec(command) ?? []
      if (assignments !== undefined) {
        for (const [, name, value] of assignments.matchAll(/(\w+)=(\S+)/g)) env[name!] = value
        continue
      }
      const { said, exit } = start(command)
      if (isService) {
        await expect.poll(() => said.stderr, { timeout: 15_000, message: command }).toMatch(/^ready /m)
        continue
      }
      expect({ command, status: await exit, said }).toMatchObject({ status: 0 })
      if (prints !== undefined) expect(said.stdout).toContain(prints)
    }
  })
})
