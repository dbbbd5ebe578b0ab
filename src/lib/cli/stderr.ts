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
  aboveStatusLine(() => process.stderr.write(text))
}

/** To the beginning of the line, and all of it away. */
const clearLine = '\r\u001b[K'
/** Of a terminal that was never given a size. */
const usualColumns = 80

let statusLine = ''

/** Keeps one line at the bottom of a terminal up to date: what is written through here goes above it, and the shell's prompt takes its place at the end. */
export function showStatusLine(text: string): void {
  flush()
  // A line that wraps could not be taken away any more.
  statusLine = [...text].slice(0, (process.stderr.columns || usualColumns) - 1).join('')
  process.stderr.write(`${clearLine}${statusLine}`)
}

function aboveStatusLine(write: () => void): void {
  if (statusLine === '') return write()
  process.stderr.write(clearLine)
  write()
  process.stderr.write(statusLine)
}

function flush(): void {
  clearTimeout(timer)
  timer = undefined
  if (gathered.length === 0) return
  const lines = gathered.join('')
  gathered = []
  try {
    aboveStatusLine(() => fs.writeSync(2, lines))
  } catch {
    // Nobody reads the log, or the pipe is full: the service matters more.
  }
}

process.on('exit', () => {
  flush()
  if (statusLine !== '') process.stderr.write(clearLine)
})
