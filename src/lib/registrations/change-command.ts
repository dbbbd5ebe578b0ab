import { spawn } from 'node:child_process'
import type { RegistrationEvent } from './registration-event.js'

// Every one is a process; an outage of 10,000 accounts is no reason to start 10,000.
const maxRunning = 4
const maxWaiting = 1000
const timeoutMs = 30_000

/** Runs a program for each event that changes something; it finds the event as JSON on stdin, and its parts in the environment. */
export class ChangeCommand {
  readonly #command: string
  readonly #waiting: RegistrationEvent[] = []
  #running = 0
  /** Events that nobody was told of. */
  dropped = 0

  constructor(command: string) {
    this.#command = command
  }

  tell(event: RegistrationEvent): void {
    if (event.event === 'refreshed') return
    if (this.#waiting.length >= maxWaiting) this.dropped++
    else this.#waiting.push(event)
    this.#next()
  }

  #next(): void {
    if (this.#running >= maxRunning) return
    const event = this.#waiting.shift()
    if (!event) return
    this.#running++
    const { l_uuid: uuid, event: kind, state, aor, code, reason } = event
    const env = {
      PBXKIT_EVENT: kind,
      PBXKIT_UUID: uuid,
      PBXKIT_STATE: state,
      PBXKIT_AOR: aor,
      PBXKIT_CODE: code === null ? '' : String(code),
      PBXKIT_REASON: reason ?? ''
    }
    const child = spawn('/bin/sh', ['-c', this.#command], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'inherit']
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    const end = () => {
      clearTimeout(timer)
      this.#running--
      this.#next()
    }
    child.stdin.on('error', () => {}).end(`${JSON.stringify(event)}\n`)
    child.once('error', end)
    child.once('close', end)
    // It must not keep us alive.
    child.unref()
  }
}
