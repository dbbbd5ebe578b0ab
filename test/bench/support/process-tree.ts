import fs from 'node:fs'
import { cpuSeconds } from './cpu.js'

/** A process and all that it has started, itself first. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(Number(name))
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = [pid]
  for (let at = 0; at < found.length; at++) found.push(...(children.get(found[at]!) ?? []))
  return found
}

/** CPU seconds of a process and its children. */
export function cpuSecondsOfTree(pid: number): number {
  return processTree(pid).reduce((sum, one) => sum + cpuSeconds(one), 0)
}

/** Memory of a process and its children in kB, what they share counted once. */
export function memoryKbOfTree(pid: number): number {
  return processTree(pid).reduce((sum, one) => sum + field(`/proc/${one}/smaps_rollup`, 'Pss'), 0)
}

/** The most that one process ever had resident, in kB. */
export function highestResidentKb(pid: number): number {
  return field(`/proc/${pid}/status`, 'VmHWM')
}

function field(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(fs.readFileSync(file, 'latin1'))?.[1] ?? 0)
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}
