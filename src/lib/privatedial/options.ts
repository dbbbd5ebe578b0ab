/** What rendering depends on besides the site. */
export interface RenderOptions {
  /** The folder in which Asterisk finds the files: the mail command names its settings there. */
  readonly configFolder: string
}

export const defaultConfigFolder = '/etc/asterisk'
