import path from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { parseManagerKey } from '../../src/lib/voipmonitor/encryption.js'
import { scratchFolder } from '../unit/support/scratch.js'
import { startSnifferDouble } from '../unit/support/sniffer-double.js'
import { readExchanges } from '../unit/support/voipmonitor-exchanges.js'
import { type RunningSshd, startSshd } from './servers/sshd.js'
import { describeLab } from './support/lab.js'
import { pbxkit } from './support/program.js'

const exchanges = readExchanges()
const keyText = exchanges.find(({ n }) => n === 46)!.crypto!

await describeLab('manager --ssh through an sshd', () => {
  let sshd: RunningSshd

  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  const ask = async (...args: string[]) => {
    const env = {
      PATH: `${sshd.bin}:${process.env.PATH}`,
      PBXKIT_MANAGER_KEY: keyText.key,
      PBXKIT_MANAGER_IV: keyText.iv
    }
    const { status, stdout, stderr } = await pbxkit(['manager', ...args, '--ssh', sshd.destination], { env })
    return { status, stdout: String(stdout), stderr: String(stderr) }
  }
  const sniffer = async (path?: string) => {
    const double = await startSnifferDouble({ exchanges, key: parseManagerKey(keyText), ...(path && { path }) })
    onTestFinished(() => double.close())
    return double.address
  }

  it('reaches the unix socket of a sniffer there', async () => {
    const { path: socket } = await sniffer(path.join(scratchFolder(), 'vm.sock'))
    expect(await ask('listcalls', '--count', '--socket', socket!)).toMatchObject({ status: 0, stdout: '3\n' })
  })

  it('reaches its port, encrypted inside of ssh', async () => {
    const { port } = await sniffer()
    expect(await ask('send', 'getversion', '--port', String(port))).toMatchObject({ status: 0, stdout: '2026.04.0' })
  })

  it('says what ssh says of a socket that is not there', async () => {
    const { status, stderr } = await ask('totalcalls', '--socket', path.join(scratchFolder(), 'none.sock'))
    expect(status).toBe(69)
    expect(stderr).toMatch(/none\.sock/)
  })
})
