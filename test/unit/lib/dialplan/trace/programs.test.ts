import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { joinPrograms, programs } from '../../../../fixtures/dialplan/programs.js'
import { play, shown } from './play.js'

const file = path.join(import.meta.dirname, '../../../../fixtures/dialplan/program-steps.json')
/** The steps that Asterisk 22 ran (test/lab/dialplan-trace.test.ts). */
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string[]>

describe('a dialplan runs as in Asterisk', () => {
  const { text, contextOf } = joinPrograms()

  it.each(programs.map((program, index) => [program.name, index, program] as const))(
    '%s',
    (name, index, { number = 's', digits }) => {
      const trace = play(
        { 'extensions.conf': text, 'pjsip.conf': '[alice]\ntype = endpoint\n' },
        { number, context: contextOf(index), ...(digits !== undefined && { digits }) }
      )
      expect(shown(trace)).toEqual(recorded[name])
    }
  )
})
