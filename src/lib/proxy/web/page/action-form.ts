import { byId, element, setText, table } from './dom.js'
import { headerList } from './events-view.js'
import { type Answer, isSuccess } from './model/answers.js'
import {
  asMessage,
  type FormAction,
  type FormCatalog,
  type FormField,
  isOfTheSession,
  offeredActions,
  readMoreFields
} from './model/catalog.js'
import { first, headersOf, type Message, shown } from './model/message.js'

/** Rows and columns of a list that are shown. */
const maxRows = 200
const maxColumns = 8

type Ask = (fields: Record<string, string | string[]>) => Promise<Answer>

/** Sends any action, with the fields that Asterisk documents for it. Whether the user may, the proxy decides. */
export class ActionForm {
  readonly #name = byId<HTMLInputElement>('action-name')
  readonly #fields = byId('action-fields')
  readonly #server = byId<HTMLSelectElement>('action-server')
  readonly #ask: Ask
  #catalog: ReadonlyMap<string, FormAction> = new Map()
  #shown: string | undefined

  constructor(ask: Ask) {
    this.#ask = ask
    this.#name.addEventListener('input', () => this.#showFields())
    byId<HTMLFormElement>('action-form').addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#send()
    })
  }

  async load(): Promise<void> {
    if (this.#catalog.size > 0) return
    const response = await fetch('actions.json', { credentials: 'omit' })
    if (!response.ok) throw new Error(`actions.json: ${response.status}`)
    this.#catalog = offeredActions((await response.json()) as FormCatalog)
    byId('action-names').replaceChildren(...[...this.#catalog.values()].map(({ name }) => element('option', { value: name })))
    this.#showFields()
  }

  /** Which servers there are to choose from. */
  offerServers(names: readonly string[]): void {
    byId('action-server-row').hidden = names.length < 2
    const before = [...this.#server.options].map(({ value }) => value)
    if (before.slice(1).join('\n') === names.join('\n') && before.length > 0) return
    const chosen = this.#server.value
    const any = element('option', { value: '' }, 'the first that is up')
    this.#server.replaceChildren(any, ...names.map((name) => element('option', { value: name }, shown(name, 80))))
    if (names.includes(chosen)) this.#server.value = chosen
  }

  clear(): void {
    byId('action-answer').replaceChildren()
    this.#name.value = ''
    byId<HTMLTextAreaElement>('action-more').value = ''
    this.#showFields()
  }

  #showFields(): void {
    const name = this.#name.value.trim()
    const action = this.#catalog.get(name.toLowerCase())
    const isOwn = isOfTheSession(name)
    this.#name.setCustomValidity(isOwn ? 'The page does this itself' : '')
    setText(
      byId('action-note'),
      isOwn
        ? 'This concerns the session of the page, which it looks after itself.'
        : name === '' || action
          ? ''
          : 'Not in the documentation of Asterisk 22: it is sent as it is.'
    )
    if (action?.name === this.#shown) return
    this.#shown = action?.name
    this.#fields.replaceChildren(
      element('legend', { class: 'unseen' }, 'Fields of the action'),
      ...(action?.fields ?? []).flatMap(fieldRow)
    )
  }

  async #send(): Promise<void> {
    const answer = byId('action-answer')
    const button = byId<HTMLButtonElement>('action-send')
    const name = this.#catalog.get(this.#name.value.trim().toLowerCase())?.name ?? this.#name.value.trim()
    button.disabled = true
    try {
      const more = readMoreFields(byId<HTMLTextAreaElement>('action-more').value)
      const typed = [...this.#fields.querySelectorAll<HTMLInputElement>('[data-field]')]
        .map((input): [string, string] => [input.dataset.field!, input.value])
        .filter(([, value]) => value !== '')
      const server: [string, string][] =
        this.#server.value && !byId('action-server-row').hidden ? [['Server', this.#server.value]] : []
      setText(answer, 'Waiting for the answer …')
      const got = await this.#ask(asMessage([['Action', name], ...server, ...typed, ...more]))
      answer.replaceChildren(...answerView(name, got))
    } catch (error) {
      answer.replaceChildren(element('p', { class: 'error' }, shown((error as Error).message)))
    } finally {
      button.disabled = false
    }
  }
}

function fieldRow(field: FormField, index: number): HTMLElement[] {
  const id = `field-${index}`
  const label = element('label', { for: id }, field.name)
  if (field.required) label.append(' ', element('span', { class: 'required' }, '(required)'))
  const input = element('input', {
    ...{ id, 'data-field': field.name, type: field.secret ? 'password' : 'text', autocomplete: 'off', spellcheck: 'false' },
    ...(field.required && { required: '' }),
    ...(field.default !== undefined && { placeholder: `default: ${field.default}` }),
    ...(field.enum && { list: `${id}-values` })
  })
  if (!field.enum) return [label, input]
  return [label, input, element('datalist', { id: `${id}-values` }, ...field.enum.map((value) => element('option', { value })))]
}

function answerView(name: string, { response, items, itemCount, complete }: Answer): HTMLElement[] {
  const isGood = isSuccess({ response })
  const message = first(response, 'Message')
  const list = complete ? ` ${itemCount} ${itemCount === 1 ? 'item' : 'items'}.` : ''
  const said = `${name}: ${first(response, 'Response') ?? first(response, 'ProxyResponse') ?? 'answered'}${message ? `, ${message}` : ''}.${list}`
  const outputs = headersOf(response).filter(([header]) => header === 'Output')
  const rest: Message = Object.fromEntries(
    Object.entries(response).filter(([header]) => header !== 'Output' && header !== 'ActionID')
  )
  const views: HTMLElement[] = [element('p', { class: isGood ? 'good' : 'error' }, shown(said)), headerList(rest)]
  if (outputs.length > 0)
    views.push(element('pre', { class: 'output' }, outputs.map(([, line]) => shown(line, 2_000)).join('\n')))
  if (items.length > 0) views.push(itemTable(items))
  return views
}

/** The headers of a list that are not the same everywhere. */
function itemTable(items: readonly Message[]): HTMLElement {
  const rows = items.slice(0, maxRows)
  const columns = [...new Set(rows.flatMap((item) => Object.keys(item)))]
    .filter((name) => !/^(Event|ActionID)$/.test(name))
    .slice(0, maxColumns)
  return table(
    'Items of the list',
    columns.map((name) => shown(name, 60)),
    rows.map((item) => columns.map((name) => shown(first(item, name) ?? '', 200)))
  )
}
