import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pbxkit, temporaryFolder } from './support/pbxkit.js'

function folder(): string {
  const dir = temporaryFolder()
  fs.writeFileSync(
    path.join(dir, 'extensions.conf'),
    '[in]\ninclude => users\n[users]\nexten => 1,1,Gosub(sub,s,1)\n[sub]\nexten => s,1,Return()\n[lost]\nexten => s,1,Goto(lost,s,1)\n'
  )
  fs.writeFileSync(path.join(dir, 'pjsip.conf'), '[bob]\ntype = endpoint\ncontext = in\n')
  return dir
}

const graph = (...args: string[]) => pbxkit(['dialplan', 'graph', ...args])

describe('dialplan graph', () => {
  it('is mermaid, with what is unreachable', async () => {
    const { status, stdout } = await graph(folder())
    expect(status).toBe(0)
    expect(stdout).toContain('flowchart LR\n  c0(["in"]):::entry\n  c1["users"]\n')
    expect(stdout).toContain('c3["lost<br/>unreachable"]:::unreachable')
    expect(stdout).toContain('c0 -.->|include| c1')
  })

  it('is a picture in a file, with the way of a call', async () => {
    const dir = folder()
    const file = path.join(dir, 'a.svg')
    expect(await graph(dir, '--format', 'svg', '--output', file, '--number', '1', '--from', 'bob')).toMatchObject({
      status: 0,
      stdout: ''
    })
    const svg = fs.readFileSync(file, 'utf8')
    expect(svg).toContain('<svg')
    expect(svg.match(/fill="#ffe0b2"/g)).toHaveLength(3)
    expect(fs.readdirSync(dir).sort()).toEqual(['a.svg', 'extensions.conf', 'pjsip.conf'])
  })

  it('is DOT and JSON', async () => {
    const dir = folder()
    expect((await graph(dir, '--format', 'dot')).stdout).toMatch(/^digraph dialplan \{\n/)
    const { nodes } = JSON.parse((await graph(dir, '--json', '--entry', 'lost')).stdout)
    expect(nodes.every(({ isReachable }: { isReachable: boolean }) => isReachable)).toBe(true)
  })

  it('says what is wrong', async () => {
    expect(await graph(temporaryFolder())).toMatchObject({ status: 78, stderr: expect.stringContaining('extensions.conf') })
    expect(await graph(folder(), '--context', 'in')).toMatchObject({ status: 64 })
    expect(await graph(folder(), '--output', '/none/such/file')).toMatchObject({
      status: 74,
      stderr: expect.stringContaining('Cannot write')
    })
  })
})
