import { afterAll, describe, expect, it } from 'vitest'
import { cleanUp } from '../soak/pbxkit.js'
import { rigs, soak } from '../soak/soak.js'
import { ensureBuilt } from './support/pbxkit.js'

ensureBuilt()

/** Long enough for a death of each server and several reloads; `npm run soak` takes half an hour. */
const options = { seconds: 15, roundMs: 50, restSeconds: 6 }

afterAll(cleanUp)

describe('services under load, with garbage, slow readers, reloads and deaths', () => {
  it.concurrent.each(Object.keys(rigs))(
    '%s: all is answered, and descriptors, wake-ups and memory are as before',
    async (name) => {
      const { faults, rounds } = await soak(name, options)
      expect(faults).toEqual([])
      expect(rounds).toBeGreaterThan(0)
    },
    90_000
  )
})
