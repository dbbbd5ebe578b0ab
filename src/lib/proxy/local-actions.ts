import type { Block } from '../ami/block.js'
import { EventMask } from '../ami/event-mask.js'
import type { ClientSession } from './client-session.js'
import { errorAnswer, ownAnswer } from './rewrite.js'

/** What local actions need of the proxy. */
export interface LocalActionContext {
  subscribe: (client: ClientSession, mask: EventMask) => void
}

interface LocalAction {
  needsLogin: boolean
  answer: (client: ClientSession, block: Block, id: Buffer | undefined, context: LocalActionContext) => void
}

/** Actions that concern a client's own session, answered in Asterisk's words. They never reach the session that all clients share. */
export const localActions: Record<string, LocalAction | undefined> = {
  __proto__: null as never,

  login: {
    needsLogin: false,
    answer(client, block, id) {
      if (!client.login.attempt(block)) return client.refused(block.get('Username')?.trim() ?? '', id)
      // `Event:` is what some libraries send for `Events:`.
      const mask = new EventMask(block.get('Events') || block.get('Event') || 'on')
      client.receive(
        ownAnswer(
          [
            ['Response', 'Success'],
            ['Message', 'Authentication accepted']
          ],
          id
        )
      )
      client.loggedIn(mask)
    }
  },

  challenge: {
    needsLogin: false,
    answer(client, block, id) {
      if (block.get('AuthType')?.trim().toLowerCase() !== 'md5') return client.receive(errorAnswer('Must specify AuthType', id))
      client.receive(
        ownAnswer(
          [
            ['Response', 'Success'],
            ['Challenge', client.login.issueChallenge()]
          ],
          id
        )
      )
    }
  },

  logoff: {
    needsLogin: false,
    answer(client, _block, id) {
      client.goodbye(id)
    }
  },

  events: {
    needsLogin: true,
    answer(client, block, id, { subscribe }) {
      const text = block.get('EventMask')?.trim()
      if (!text) return client.receive(errorAnswer('Invalid event mask', id))
      const mask = new EventMask(text)
      subscribe(client, mask)
      client.receive(
        ownAnswer(
          [
            ['Response', 'Success'],
            ['Events', mask.wantsAny ? 'On' : 'Off']
          ],
          id
        )
      )
    }
  },

  filter: {
    needsLogin: true,
    answer(client, _block, id) {
      client.receive(errorAnswer('Filter is not available through this proxy; Events with an EventMask is', id))
    }
  },

  waitevent: {
    needsLogin: true,
    answer(client, _block, id) {
      client.receive(errorAnswer('WaitEvent is not available through this proxy; events come on this connection', id))
    }
  }
}
