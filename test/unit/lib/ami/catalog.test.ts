import { describe, expect, it } from 'vitest'
import { followingEvent, listEndEvent, loadCatalog } from '../../../../src/lib/ami/catalog/catalog.js'
import { listEnds } from '../../../../src/lib/ami/catalog/overlay.js'
import { recordedAnswers } from '../../support/ami-fixtures.js'

describe('the bundled catalogue', () => {
  it('closes lists with the event that the documentation names', async () => {
    const { actions } = await loadCatalog()
    const documented = [...actions.values()].filter(({ complete }) => complete?.length)
    expect(documented.length).toBeGreaterThan(5)
    expect(Object.fromEntries(documented.map(({ name }) => [name, listEndEvent(name)]))).toEqual(
      Object.fromEntries(documented.map(({ name, complete }) => [name, complete![0]]))
    )
  })

  it('closes lists with the event that a real Asterisk closed them with', () => {
    const lists = Object.entries(recordedAnswers()).filter(([, blocks]) => blocks.at(-1)?.[1] === 'Complete')
    expect(lists.length).toBeGreaterThan(20)
    expect(Object.fromEntries(lists.map(([action]) => [action, listEndEvent(action)]))).toEqual(
      Object.fromEntries(lists.map(([action, blocks]) => [action, blocks.at(-1)![0].slice(2)]))
    )
  })

  it('names actions that are documented, or known from older releases', async () => {
    const { actions, olderActions } = await loadCatalog()
    const known = new Set([...actions.keys(), ...olderActions.map((name) => name.toLowerCase())])
    expect(Object.keys(listEnds).filter((action) => !known.has(action.toLowerCase()))).toEqual([])
  })

  it('knows every action that a real Asterisk answered', async () => {
    const { actions } = await loadCatalog()
    expect(Object.keys(recordedAnswers()).filter((action) => !actions.has(action.toLowerCase()))).toEqual([])
  })

  it('finds list ends and following events in any case, and none for other actions', () => {
    expect(listEndEvent('sippeers')).toBe('PeerlistComplete')
    expect(followingEvent('FAXSTATS')).toBe('FAXStats')
    expect(listEndEvent('Ping')).toBeUndefined()
    expect(followingEvent('constructor')).toBeUndefined()
    expect(listEndEvent('__proto__')).toBeUndefined()
  })
})
