/** Attributes that this page sets, none of which a browser runs or fetches. */
type Attribute =
  | 'class'
  | 'id'
  | 'for'
  | 'type'
  | 'value'
  | 'title'
  | 'scope'
  | 'list'
  | 'required'
  | 'placeholder'
  | 'autocomplete'
  | 'spellcheck'
type Attributes = Partial<Record<Attribute | `data-${string}` | `aria-${string}`, string>>

/** An element with its children. Text goes in as text nodes only, so that nothing from the network is ever markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** An element of index.html. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (!found) throw new Error(`There is no #${id}`)
  return found as unknown as T
}

/** Changes a text only when it is another: a screen reader says what has changed. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** A table whose cells know their column, so that a narrow screen can show each row as a list. */
export function table(caption: string, columns: readonly string[], rows: readonly (readonly string[])[]): HTMLTableElement {
  const head = element('thead', {}, element('tr', {}, ...columns.map((column) => element('th', { scope: 'col' }, column))))
  const body = rows.map((cells) =>
    element('tr', {}, ...cells.map((cell, index) => element('td', { 'data-label': columns[index]! }, cell)))
  )
  return element('table', {}, element('caption', { class: 'unseen' }, caption), head, element('tbody', {}, ...body))
}

/** Runs `draw` at most once in so many milliseconds, with a frame, and so never while nobody looks. */
export function sometimes(draw: () => void, everyMs: number): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setTimeout(
      () =>
        requestAnimationFrame(() => {
          isDue = false
          draw()
        }),
      everyMs
    )
  }
}
