import { openStore, type Store, type StoreOptions } from '../store/open-store.js'
import { checkGuiUrl, type GuiTables, parseKeyRow, readGuiSensors, readKeyRow } from './gui-tables.js'
import type { KnownSensor, SensorKey } from './sensor.js'

/** The GUI's database, for reading; it is opened when something is first wanted of it. */
export class GuiDatabase {
  readonly #url: string
  readonly #options: StoreOptions
  #store: Promise<Store<GuiTables>> | undefined
  #key: Promise<SensorKey> | undefined

  /** @throws ConfigError for the URL of another kind of database */
  constructor(url: string, options: Omit<StoreOptions, 'readOnly'>) {
    this.#url = checkGuiUrl(url)
    this.#options = { ...options, readOnly: true }
  }

  /** @throws what `openStore` and `readGuiSensors` throw */
  async sensors(warn: (message: string) => void): Promise<KnownSensor[]> {
    return readGuiSensors(await this.#open(), warn)
  }

  /** The key of all its sniffers. @throws NoKeyRowError, SeveralKeyRowsError, KeyRowError, what `openStore` throws */
  key(): Promise<SensorKey> {
    this.#key ??= this.#readKey()
    return this.#key
  }

  async close(): Promise<void> {
    const store = await this.#store?.catch(() => undefined)
    await store?.close()
  }

  async #readKey(): Promise<SensorKey> {
    const store = await this.#open()
    return { key: parseKeyRow(await readKeyRow(store), store.describe), source: `${store.describe} table system` }
  }

  #open(): Promise<Store<GuiTables>> {
    this.#store ??= openStore<GuiTables>(this.#url, this.#options)
    return this.#store
  }
}
