import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { PageShell } from './support/page-shell.js'
import { root } from './support/pbxkit.js'
import { hasTerminal } from './support/terminal.js'
import { readTerminalText, terminalPicture, textOfPicture, wrapped } from './support/terminal-picture.js'

const picture = path.join(root, 'docs/images/terminal.svg')
const columns = 116

/** Four slips of the pen that Asterisk loads without a word. */
const slips = `[general]
static = yes

[phones]
exten => _X.,1,Dial(PJSIP/\${EXTEN},30)
 same => n,Goto(s-\${DIALSTATUS},1)
exten => s-BUSY,1,Voicemail(\${EXTEN}@default,b)
 same => n,Hangup()
exten => 100,1,Answer()
 same => n,Playbak(hello-world)
`

/** What somebody sees who types this, with the demo proxy and the three people of the README. */
async function play(): Promise<string> {
  const shell = await PageShell.open('site')
  await shell.use('demo')
  shell.write('old/extensions.conf', slips)
  await shell.run({
    command: 'pbxkit ami send Originate -F Channel=Local/long@demo -F Application=Wait -F Data=600 -F Async=true',
    isService: false,
    prints: 'Success',
    status: 0
  })
  const commands = [
    'pbxkit ami send CoreShowChannels --format table --columns Channel,Application,ApplicationData,Duration',
    'pbxkit proxy status',
    'pbxkit dialplan check old',
    'pbxkit dialplan trace 0812340002 --from anna --dir etc | tail -2'
  ]
  const parts: string[] = []
  for (const command of commands)
    parts.push(`\x1b[32m$\x1b[39m \x1b[1m${command}\x1b[22m\n${(await shell.show(command, columns)).trimEnd()}`)
  return terminalPicture(wrapped(readTerminalText(parts.join('\n\n')), columns), {
    columns,
    title: `A terminal: ${commands.join('; ')}`
  })
}

/** Times, rates and ports differ from run to run, and with them the blanks between columns. */
const alike = (svg: string) =>
  textOfPicture(svg).map((line) =>
    line
      .replace(/Asterisk Call.*/, '')
      .replace(/\d+(?:\.\d+)*(?: ?(?:[KM]?B|ms|s)\b)?/g, '0')
      .replace(/ +/g, ' ')
      // What a channel of the simulator does at the moment is chance.
      .replace(/^(Local\S+) .* (0:0:0)$/, '$1 $2')
  )

describe.skipIf(!hasTerminal)('docs/images/terminal.svg (needs python3)', () => {
  it('shows what the program says today; PBXKIT_PICTURES=write makes it anew', async () => {
    const made = await play()
    if (process.env.PBXKIT_PICTURES === 'write') fs.writeFileSync(picture, made)
    expect(alike(fs.readFileSync(picture, 'utf8'))).toEqual(alike(made))
    expect(made).toMatch(/fill="#ff7b72"[^>]*>error/)
  }, 60_000)
})

describe('the picture of a terminal (of this test)', () => {
  it('keeps looks, and nothing that moves the cursor', () => {
    expect(readTerminalText('a\x1b[1;31mb\x1b[22mc\x1b[0m\x1b[2Kd\r\n\x1b[?25l\x1b[90me\r\n')).toEqual([
      [
        { text: 'a', bold: false, dim: false, color: undefined },
        { text: 'b', bold: true, dim: false, color: 31 },
        { text: 'c', bold: false, dim: false, color: 31 },
        { text: 'd', bold: false, dim: false, color: undefined }
      ],
      [{ text: 'e', bold: false, dim: false, color: 90 }]
    ])
  })

  it('goes on below where a line is longer than the terminal', () => {
    const text = (lines: ReturnType<typeof wrapped>) => lines.map((runs) => runs.map((run) => run.text))
    expect(text(wrapped(readTerminalText('ab\x1b[1mcdefgh\x1b[0m\n\nxyz'), 3))).toEqual([
      ['ab', 'c'],
      ['def'],
      ['gh'],
      [],
      ['xyz']
    ])
  })

  it('is XML in which the text stands', () => {
    const svg = terminalPicture(readTerminalText('\x1b[36ma <b> & "c"\x1b[0m  d\n\ne'), { columns: 20, title: '<t>' })
    expect(svg).toContain('<title>&lt;t&gt;</title>')
    expect(textOfPicture(svg)).toEqual(['a <b> & "c"  d', 'e'])
    expect(alike(svg)).toEqual(['a <b> & "c" d', 'e'])
  })
})
