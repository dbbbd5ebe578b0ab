import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearestNames, suggestion } from '../../../src/lib/nearest.js'

const actions = ['Originate', 'Ping', 'QueueAdd', 'QueuePause', 'QueueStatus', 'QueueSummary', 'Status', 'Hangup']

describe('nearestNames', () => {
  it.each([
    ['Orginate', 'Originate'],
    ['orignate', 'Originate'],
    ['Pnig', 'Ping'],
    ['HANGUP', 'Hangup'],
    ['Statsu', 'Status']
  ])('finds for %s first %s', (typed, name) => {
    expect(nearestNames(typed, actions)[0]).toBe(name)
  })

  it('finds names that begin with what was typed', () => {
    expect(nearestNames('queue', actions)).toEqual(['QueueAdd', 'QueuePause', 'QueueStatus'])
  })

  it('finds nothing for what is far from all', () => {
    expect(nearestNames('xyzzy', actions)).toEqual([])
    expect(nearestNames('', ['Originate'])).toEqual([])
  })

  it('counts a swap of neighbours as one mistake', () => {
    expect(nearestNames('pnig', ['anxg', 'ping'])).toEqual(['ping'])
  })

  it('prefers the name itself and keeps the limit', () => {
    expect(nearestNames('aab', ['aaa', 'aab', 'aac', 'aad'])[0]).toBe('aab')
    expect(nearestNames('aab', ['aaa', 'aab', 'aac', 'aad'], 2)).toHaveLength(2)
  })

  it('finds a name of six letters or more in which two neighbours are swapped', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{6,12}$/), fc.nat(10), (name, at) => {
        const i = at % (name.length - 1)
        const typed = name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2)
        expect(nearestNames(typed, [name])).toEqual([name])
      })
    )
  })
})

describe('suggestion', () => {
  it('asks with one, two and three names', () => {
    expect(suggestion('Pnig', actions)).toBe('Did you mean Ping?')
    expect(suggestion('aa', ['ab', 'ac'])).toBe('Did you mean ab or ac?')
    expect(suggestion('queue', actions)).toBe('Did you mean QueueAdd, QueuePause or QueueStatus?')
  })

  it('says nothing when nothing is near', () => {
    expect(suggestion('xyzzy', actions)).toBeUndefined()
  })
})
