import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unifiedDiff } from '../../../../../src/lib/privatedial/write/line-diff.js'

it('shows what differs with the lines around it, as diff -u does', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n'
  const after = before.replace('b\n', 'B\n').replace('i\n', 'i\ni2\n')
  expect(unifiedDiff('x.conf', before, after)).toBe(
    '--- x.conf\n+++ x.conf (rendered)\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -7,4 +7,5 @@\n g\n h\n i\n+i2\n j\n'
  )
  expect(unifiedDiff('x.conf', before, before)).toBe('')
})

it('shows no secret', () => {
  const text = unifiedDiff(
    'x',
    'password = hunter2\n',
    'password = hunter3\ninbound_auth/password = hunter4\nmailcmd = send -p hunter5\n'
  )
  expect(text).not.toContain('hunter')
  expect(text).toContain('+inbound_auth/password = ***')
})

it('shows no secret of a file that was written by hand: of msmtprc, in comments, under longer names', () => {
  const before = [
    'password hunter1',
    'passwordeval echo hunter2',
    ';password = hunter3',
    '# password hunter4',
    'turnpassword=hunter5',
    'oauth_secret => hunter6',
    'md5_cred=hunter7',
    'password += hunter8'
  ]
  const text = unifiedDiff('msmtprc', `${before.join('\n')}\n`, 'passwordless = yes\nsecret_file = /x\n')
  expect(text).not.toContain('hunter')
  expect(text).toContain('-;password = ***')
  expect(text).toContain('+passwordless = yes')
  expect(text).toContain('+secret_file = /x')
})

it('is what makes the one text out of the other', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 })
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const text = (all: readonly string[]) => all.map((line) => `${line}\n`).join('')
      expect(patched(before, unifiedDiff('x', text(before), text(after)))).toEqual(after)
    })
  )
})

/** What patch(1) does. */
function patched(before: readonly string[], diff: string): string[] {
  const out: string[] = []
  let at = 0
  for (const line of diff.split('\n').slice(2, -1)) {
    const [, start] = /^@@ -(\d+)/.exec(line) ?? []
    if (start !== undefined) while (at < Number(start) - 1) out.push(before[at++]!)
    else if (line.startsWith('+')) out.push(line.slice(1))
    else {
      expect(before[at]).toBe(line.slice(1))
      if (line.startsWith(' ')) out.push(before[at]!)
      at++
    }
  }
  return [...out, ...before.slice(at)]
}
