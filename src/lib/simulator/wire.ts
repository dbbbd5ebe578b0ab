/** A header as it goes onto the wire. Text is latin1 here: a string holds bytes, so that what a client sent comes back byte for byte. */
export type Header = readonly [name: string, value: string | number]

/** Headers as one block, in their order. */
export function renderBlock(headers: readonly Header[]): string {
  let text = ''
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`
  return `${text}\r\n`
}

/** An event on its way to every session whose mask has all of its classes. */
export interface SimulatedEvent {
  /** `call` of `Privilege: call,all`. */
  readonly classes: readonly string[]
  readonly bytes: Buffer
}

/** An event with its Privilege line, as Asterisk writes it: `call,all`. */
export function makeEvent(name: string, privilege: string, headers: readonly Header[]): SimulatedEvent {
  const text = renderBlock([['Event', name], ['Privilege', `${privilege},all`], ...headers])
  return { classes: privilege.split(','), bytes: Buffer.from(text, 'latin1') }
}
