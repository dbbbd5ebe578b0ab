/** Lines around a change that are shown with it, as diff -u does. */
const contextLines = 3

/** Past so many lines that were removed or added the middle is shown as replaced: the search takes time and memory by their square. */
const maxEdits = 1_000

type Edit = readonly [sign: ' ' | '-' | '+', line: string]

/**
 * What differs, as `diff -u` shows it, without secrets: the values of passwords are stars, and one that changed says so.
 * @returns '' for the same text
 */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const edits = editsBetween(linesOf(before), linesOf(after))
  const hunks = hunksOf(edits)
  return [`--- ${name}`, `+++ ${name} (rendered)`, ...hunks.flat()].map((line) => `${line}\n`).join('')
}

/**
 * Names that end with one of these words hold a secret, behind a sign as in Asterisk's files or only a blank as in msmtprc. In a comment, too: what is commented out is often still
 * in use elsewhere. What stands there is the owner's, too: a file that was never rendered.
 */
const secret =
  /^([\s;#+]*[\w/.-]*(?:password|passwordeval|secret|mailcmd|md5_cred|password_digest|refresh_token)(?:\s*\+?=>?\s*|[ \t]+))(?=\S).*$/i

function masked(line: string): string {
  return line.replace(secret, '$1***')
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Myers' algorithm on what is left between the same beginning and the same end. */
function editsBetween(a: readonly string[], b: readonly string[]): Edit[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const same = (lines: readonly string[]): Edit[] => lines.map((line): Edit => [' ', line])
  const middle = shortestEdits(a.slice(start, a.length - end), b.slice(start, b.length - end))
  return [...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))]
}

function shortestEdits(a: readonly string[], b: readonly string[]): Edit[] {
  const trace: Map<number, number>[] = []
  let furthest = new Map<number, number>([[1, 0]])
  const limit = Math.min(a.length + b.length, maxEdits)
  for (let d = 0; d <= limit; d++) {
    trace.push(furthest)
    const next = new Map(furthest)
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1))
      let x = down ? furthest.get(k + 1)! : furthest.get(k - 1)! + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      next.set(k, x)
      if (x >= a.length && x - k >= b.length) return traceBack(a, b, trace, d)
    }
    furthest = next
  }
  return [...a.map((line): Edit => ['-', line]), ...b.map((line): Edit => ['+', line])]
}

function traceBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[], depth: number): Edit[] {
  const edits: Edit[] = []
  let x = a.length
  let y = b.length
  for (let d = depth; d > 0; d--) {
    const furthest = trace[d]!
    const k = x - y
    const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1))
    const fromX = furthest.get(down ? k + 1 : k - 1)!
    const fromY = fromX - (down ? k + 1 : k - 1)
    while (x > (down ? fromX : fromX + 1) && y > (down ? fromY + 1 : fromY)) {
      edits.push([' ', a[--x]!])
      y--
    }
    if (down) edits.push(['+', b[--y]!])
    else edits.push(['-', a[--x]!])
  }
  while (x > 0) edits.push([' ', a[--x]!])
  return edits.reverse()
}

function hunksOf(edits: readonly Edit[]): string[][] {
  const hunks: string[][] = []
  const isNear = nearChanges(edits)
  let before = 0
  let after = 0
  let hunk: Edit[] | undefined
  let at = [0, 0]
  const close = () => {
    if (!hunk) return
    const count = (sign: string) => hunk!.filter(([one]) => one === ' ' || one === sign).length
    const head = `@@ -${at[0]! + 1},${count('-')} +${at[1]! + 1},${count('+')} @@`
    hunks.push([head, ...hunk.map(([sign, line]) => `${sign}${masked(line)}`)])
    hunk = undefined
  }
  for (const [index, edit] of edits.entries()) {
    if (!isNear[index]) close()
    else {
      if (!hunk) {
        hunk = []
        at = [before, after]
      }
      hunk.push(edit)
    }
    if (edit[0] !== '+') before++
    if (edit[0] !== '-') after++
  }
  close()
  return hunks
}

function nearChanges(edits: readonly Edit[]): boolean[] {
  const isNear = new Array<boolean>(edits.length).fill(false)
  for (const [index, [sign]] of edits.entries()) {
    if (sign === ' ') continue
    for (let at = Math.max(0, index - contextLines); at <= Math.min(edits.length - 1, index + contextLines); at++)
      isNear[at] = true
  }
  return isNear
}
