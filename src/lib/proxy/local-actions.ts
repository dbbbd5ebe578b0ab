import type { Block } from '../ami/block.js'
import { EventMask } from '../ami/event-mask.js'
import type { ClientSession } from './client-session.js'
import type { Wishes } from './client-view.js'
import type { LoginVerdict } from './login-state.js'
import { errorAnswer, ownAnswer } from './rewrite.js'

interface LocalAction {
  needsLogin: boolean
  /** Does Asterisk want a class of `write` for it? Then the account's rights are asked first. */
  needsRights?: boolean
  answer: (client: ClientSession, block: Block, id: Buffer | undefined) => void
}

function decide(client: ClientSession, block: Block, { id, verdict }: { id: Buffer | undefined; verdict: LoginVerdict }): void {
  const { accepted, delayMs, isBlocked } = verdict
  if (!accepted) return client.refused(block.get('Username')?.trim() ?? '', id, delayMs, isBlocked ? 'blocked' : 'refused')
  client.receive(
    ownAnswer(
      [
        ['Response', 'Success'],
        ['Message', 'Authentication accepted']
      ],
      id
    )
  )
  client.loggedIn(wishesOf(block))
}

/** What a Login, or an Events, asks for. */
function wishesOf(login: Block): Wishes {
  const since = login.get('Since')?.trim() ?? ''
  // `Event:` is what some libraries send for `Events:`.
  const text = login.get('Events') || login.get('Event')
  const isBack = /^\d{1,32}$/.test(since)
  return {
    mask: text ? new EventMask(text) : EventMask.all,
    isSequenced: isBack || /^(on|yes|true|1)$/i.test(login.get('Sequence')?.trim() ?? ''),
    since: isBack ? Number(since) : undefined
  }
}

/** Actions that concern a client's own session, answered in Asterisk's words. They never reach the session that all clients share. */
export const localActions: Record<string, LocalAction | undefined> = {
  __proto__: null as never,

  login: {
    needsLogin: false,
    answer(client, block, id) {
      const verdict = client.login.attempt(block)
      if (!(verdict instanceof Promise)) return decide(client, block, { id, verdict })
      // A hash that cannot be computed, for want of memory, lets nobody in.
      const decided = verdict.catch(() => ({ accepted: false, delayMs: 0, isBlocked: true }))
      client.hold(decided.then((late) => decide(client, block, { id, verdict: late })))
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
    answer(client, block, id) {
      const text = block.get('EventMask')?.trim()
      if (!text) return client.receive(errorAnswer('Invalid event mask', id))
      const mask = new EventMask(text)
      client.view.open({ ...wishesOf(block), mask })
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
    needsRights: true,
    // Never forwarded: it would filter for all, and of a MatchCriteria without a parenthesis Asterisk 22 dies.
    answer(client, block, id) {
      const error = client.view.addEventFilter(block)
      if (error !== undefined) return client.receive(errorAnswer(error, id))
      client.receive(
        ownAnswer(
          [
            ['Response', 'Success'],
            ['Message', 'Success']
          ],
          id
        )
      )
    }
  },

  waitevent: {
    needsLogin: true,
    answer(client, _block, id) {
      client.receive(errorAnswer('WaitEvent is not available through this proxy; events come on this connection', id))
    }
  }
}
