import fs from 'node:fs'
import { type SnifferDouble, type SnifferDoubleOptions, startSnifferDouble } from './sniffer-double.js'

/**
 * Gives a sniffer double `manager_file start PATH` and `stop` as the recorded sniffer has them: one socket at a time, what has its name is deleted, OK
 * also where nothing can listen.
 * @param how `silent`: it says OK and opens nothing; `kept`: the socket is that of its configuration
 */
export function withManagerFile(
  double: SnifferDouble,
  options: Pick<SnifferDoubleOptions, 'exchanges' | 'key'>,
  how?: 'silent' | 'kept'
): SnifferDouble {
  let running: { path: string; double: Promise<SnifferDouble> } | undefined
  const recorded = double.answers.get.bind(double.answers)
  double.answers.get = (line) => {
    const [, path] = /^manager_file start (.*)$/.exec(line) ?? []
    if (path !== undefined) {
      if (running) return `running (${running.path})\n`
      // Whatever it is.
      fs.rmSync(path, { force: true, recursive: true })
      if (how !== 'silent') running = { path, double: startSnifferDouble({ ...options, path }) }
      running?.double.catch(() => {})
      return `OK (${path})\n`
    }
    if (line !== 'manager_file stop') return recorded(line)
    if (how === 'kept') return 'manager enabled via the managersocket option cannot be terminated\n'
    if (!running) return 'not running\n'
    running.double.then((socket) => socket.close()).catch(() => {})
    running = undefined
    return 'OK\n'
  }
  const close = double.close.bind(double)
  double.close = () => {
    running?.double.then((socket) => socket.close()).catch(() => {})
    close()
  }
  return double
}
