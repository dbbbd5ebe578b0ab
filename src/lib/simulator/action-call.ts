import type { Pbx } from './pbx.js'
import type { ActionRequest } from './request-reader.js'
import { type Header, renderBlock } from './wire.js'

/** What an action may ask of the session that sent it. */
export interface ActionSession {
  write(text: string): void
  /** @returns whether any event is wanted now */
  setEventMask(mask: string): boolean
  end(): void
}

/** One action being answered: the request, and the answer's forms with the ActionID where Asterisk puts it. */
export class ActionCall {
  readonly request: ActionRequest
  readonly pbx: Pbx
  readonly session: ActionSession
  /** The ActionID header, byte for byte; none when the client sent none or an empty one. */
  readonly id: readonly Header[]

  constructor(request: ActionRequest, pbx: Pbx, session: ActionSession) {
    this.request = request
    this.pbx = pbx
    this.session = session
    const id = request.get('ActionID')
    this.id = id === '' ? [] : [['ActionID', id]]
  }

  get(name: string): string {
    return this.request.get(name)
  }

  respond(response: 'Success' | 'Error' | 'Goodbye', headers: readonly Header[]): void {
    this.session.write(renderBlock([['Response', response], ...this.id, ...headers]))
  }

  success(message: string): void {
    this.respond('Success', [['Message', message]])
  }

  error(message: string): void {
    this.respond('Error', [['Message', message]])
  }

  /** A list: its opening response, its items as they are, its closing event. */
  list(message: string, items: readonly (readonly Header[])[], complete: string, more: readonly Header[] = []): void {
    const opening: Header[] = [
      ['EventList', 'start'],
      ['Message', message]
    ]
    const closing: Header[] = [['Event', complete], ...this.id, ['EventList', 'Complete'], ['ListItems', items.length], ...more]
    const blocks = [[['Response', 'Success'] as const, ...this.id, ...opening], ...items, closing]
    this.session.write(blocks.map(renderBlock).join(''))
  }
}
