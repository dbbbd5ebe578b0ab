import net from 'node:net'
import { ListenError } from '../errors.js'
import { type Address, formatAddress } from './address.js'
import { listen } from './listen.js'

export interface ListenerSetHandlers<Wish extends Address> {
  /** The socket has `noDelay` set and may be half open. @param wish the one that it came by, as it was in the last update */
  onConnection: (socket: net.Socket, wish: Wish) => void
  /** Told of a connection that could not be accepted (no file descriptors left): the listener goes on. */
  onAcceptError: (error: Error, wish: Wish) => void
}

interface Listener<Wish> {
  wish: Wish
  /** Where it really listens. */
  address: Address
  server: net.Server
}

/** Listens on addresses that may change while it runs. A wish may carry more than the address, such as what is spoken there. */
export class ListenerSet<Wish extends Address = Address> {
  readonly #handlers: ListenerSetHandlers<Wish>
  #listeners: Listener<Wish>[] = []
  #updated: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(handlers: ListenerSetHandlers<Wish>) {
    this.#handlers = handlers
  }

  /** Where it really listens, in the order of the wishes. */
  get addresses(): readonly Address[] {
    return this.#listeners.map(({ address }) => address)
  }

  /**
   * Listens on these addresses and on no others. An address that stays is not touched, and port 0 keeps the port that it has got; one that is not
   * wanted any more accepts nobody, and who came by it stays. One update runs after the other.
   * @throws ListenError when one of them is not to be had; all is as it was then
   */
  update(wishes: readonly Wish[]): Promise<void> {
    const update = this.#updated.then(() => this.#update(wishes))
    this.#updated = update.catch(() => {})
    return update
  }

  /** Accepts nobody any more, for ever; who is connected stays. */
  close(): void {
    this.#isClosed = true
    for (const { server } of this.#listeners) server.close()
    this.#listeners = []
  }

  async #update(wishes: readonly Wish[]): Promise<void> {
    const leaving = [...this.#listeners]
    const kept = wishes.map((wish) => takeSame(leaving, wish))
    const added: Listener<Wish>[] = []
    const closed: Listener<Wish>[] = []
    const next: Listener<Wish>[] = []
    try {
      for (const [index, wish] of wishes.entries()) {
        const listener = kept[index] ?? (await this.#open(wish, leaving, closed))
        if (!kept[index]) added.push(listener)
        next.push(listener)
      }
    } catch (error) {
      for (const { server } of added) server.close()
      if (!this.#isClosed) await this.#reopen(closed)
      throw error
    }
    if (this.#isClosed) {
      for (const { server } of added) server.close()
      return
    }
    for (const listener of leaving) if (!closed.includes(listener)) listener.server.close()
    for (const [index, listener] of next.entries()) listener.wish = wishes[index]!
    this.#listeners = next
  }

  /** From `127.0.0.1` to every address with the same port: the port is only free once the one that leaves it has closed. */
  async #open(wish: Wish, leaving: readonly Listener<Wish>[], closed: Listener<Wish>[]): Promise<Listener<Wish>> {
    try {
      return await this.#listen(wish, wish)
    } catch (error) {
      const inTheWay = leaving.filter((listener) => listener.address.port === wish.port && !closed.includes(listener))
      if (!(error instanceof ListenError) || error.details?.reason !== 'EADDRINUSE' || inTheWay.length === 0) throw error
      for (const listener of inTheWay) {
        listener.server.close()
        closed.push(listener)
      }
      return await this.#listen(wish, wish)
    }
  }

  /** Puts back what had to make room for an update that failed. */
  async #reopen(closed: readonly Listener<Wish>[]): Promise<void> {
    for (const listener of closed) {
      let reopened: Listener<Wish>[] = []
      try {
        reopened = [await this.#listen(listener.wish, listener.address)]
      } catch (error) {
        this.#handlers.onAcceptError(error as Error, listener.wish)
      }
      if (this.#isClosed) for (const { server } of reopened) server.close()
      this.#listeners = this.#listeners.flatMap((each) => (each === listener ? reopened : [each]))
    }
  }

  async #listen(wish: Wish, address: Address): Promise<Listener<Wish>> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true })
    const listener: Listener<Wish> = { wish, address, server }
    server.on('connection', (socket) => this.#handlers.onConnection(socket, listener.wish))
    listener.address = await listen(server, address)
    server.on('error', (error) => this.#handlers.onAcceptError(error, listener.wish))
    return listener
  }
}

/** Takes the listener that answers to the same wish out of the list. */
function takeSame<Wish extends Address>(listeners: Listener<Wish>[], wish: Wish): Listener<Wish> | undefined {
  const name = formatAddress(wish)
  const index = listeners.findIndex((listener) => formatAddress(listener.wish) === name)
  return index < 0 ? undefined : listeners.splice(index, 1)[0]
}
