import fs from 'node:fs'

/** Short enough for who watches; a service with thousands of logins a second would otherwise spend a tenth of its time on writing lines. */
const gatherMs = 20

let gathered: string[] = []
let timer: NodeJS.Timeout | undefined

/**
 * A line of the log. Lines are gathered for a moment and go out in one write; an urgent one goes at once, with those before it. What is gathered
 * is also written before anything else goes to stderr through here, and when the process ends, but for SIGKILL.
 */
export function logToStderr(line: string, isUrgent: boolean): void {
  gathered.push(line)
  if (isUrgent) flush()
  else timer ??= setTimeout(flush, gatherMs).unref()
}

/** What a person is to read, at once. */
export function writeToStderr(text: string): void {
  flush()
  process.stderr.write(text)
}

function flush(): void {
  clearTimeout(timer)
  timer = undefined
  if (gathered.length === 0) return
  const lines = gathered.join('')
  gathered = []
  try {
    fs.writeSync(2, lines)
  } catch {
    // Nobody reads the log, or the pipe is full: the service matters more.
  }
}

process.on('exit', flush)
