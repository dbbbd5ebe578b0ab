import { describe, expect, it } from 'vitest'
import { fillMissingArgs, nameNearestCommand, optionalArgs, repeatableFlags } from '../../../../src/lib/cli/lenient-input.js'
import { Args, Flags } from '../../../../src/lib/cli/oclif.js'

const definitions = {
  to: Args.string({ description: 'who gets it', required: true }),
  shell: Args.string({ description: 'bash or zsh', required: true, options: ['bash', 'zsh'] }),
  note: Args.string({ description: 'more' })
}

describe('repeatableFlags', () => {
  it('leaves the words behind a repeatable flag alone, and other flags as they are', () => {
    const flags = { name: Flags.string({ multiple: true }), one: Flags.string(), yes: Flags.boolean() }
    const made = repeatableFlags(flags)
    expect(made.name).toMatchObject({ multiple: true, multipleNonGreedy: true })
    expect([made.one, made.yes]).toEqual([flags.one, flags.yes])
  })

  it('takes a command without any', () => expect([repeatableFlags(undefined), optionalArgs(undefined)]).toEqual([{}, {}]))
})

describe('fillMissingArgs', () => {
  it('names all that are missing, and what they are', async () => {
    await expect(fillMissingArgs(definitions, {}, () => undefined)).rejects.toMatchObject({
      message: 'TO and SHELL are missing',
      hint: 'TO: who gets it; SHELL: bash or zsh. See --help.',
      exit: 64
    })
    await expect(fillMissingArgs(definitions, { to: 'a' }, () => undefined)).rejects.toThrow('SHELL is missing')
  })

  it('does not look at the terminal when all are there', async () => {
    const look = () => expect.fail('looked')
    await expect(fillMissingArgs(definitions, { to: 'a', shell: 'zsh' }, look)).resolves.toBeUndefined()
  })

  it('asks for what is missing, in order', async () => {
    const asked: string[] = []
    const given: Record<string, unknown> = {}
    await fillMissingArgs(definitions, given, () => async (question) => {
      asked.push(question)
      return asked.length === 1 ? 'bo' : 'zsh'
    })
    expect(given).toEqual({ to: 'bo', shell: 'zsh' })
    expect(asked).toEqual(['TO (who gets it):', 'SHELL (bash or zsh):'])
  })

  it.each([
    ['', 'SHELL is missing'],
    ['fsh', 'SHELL must be one of bash, zsh, not "fsh"']
  ])('refuses the answer "%s"', async (answer, message) => {
    await expect(fillMissingArgs(definitions, { to: 'a' }, () => async () => answer)).rejects.toThrow(message)
  })
})

describe('nameNearestCommand', () => {
  const ids = () => ['agi:serve', 'agi:tunnel', 'agi:tunnel:serve', 'agi:tunnel:user:add', 'agi:tunnel:user:rm']
  const hint = (id: string, word: string, message = `Unexpected argument: ${word}\nSee more help with --help`) =>
    (nameNearestCommand(Object.assign(new Error(message), { args: [word] }), id, ids) as { hint?: string }).hint

  it('finds the command below that a word too many may be', () => {
    expect(hint('agi:tunnel', 'srve')).toBe('Did you mean agi tunnel serve?')
    expect(hint('agi:tunnel', 'usr')).toBe('Did you mean agi tunnel user?')
  })

  it('leaves other errors as they are', () => {
    expect(hint('agi:serve', 'srve')).toBeUndefined()
    expect(hint('agi:tunnel', 'srve', 'Something else')).toBeUndefined()
  })
})
