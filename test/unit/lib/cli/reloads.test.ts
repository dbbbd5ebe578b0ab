import { expect, it } from 'vitest'
import { Reloads } from '../../../../src/lib/cli/reloads.js'

/** Readings that end when they are told to. */
function readings() {
  const open: { end: (text: string) => void; fail: (error: Error) => void }[] = []
  const reloads = new Reloads<string>(() => new Promise((end, fail) => void open.push({ end, fail })))
  return { open, reloads }
}

it('of readings only one runs, and all who ask meanwhile share the next', async () => {
  const { open, reloads } = readings()
  const first = reloads.run()
  const third = first.then(() => reloads.run())
  const second = reloads.run()
  expect(open).toHaveLength(1)
  open[0]!.end('old')
  expect(await first).toBe('old')
  await new Promise(setImmediate)
  expect(open).toHaveLength(2)
  open[1]!.end('new')
  expect(await Promise.all([second, third])).toEqual(['new', 'new'])
  void reloads.run()
  expect(open).toHaveLength(3)
})

it('a reading that fails is told to those who asked for it, and keeps nobody from the next', async () => {
  const { open, reloads } = readings()
  const [first, second] = [reloads.run(), reloads.run()]
  open[0]!.fail(new Error('no way'))
  await expect(first).rejects.toThrow('no way')
  open[1]!.end('read')
  expect(await second).toBe('read')
})
