/** A setting as Asterisk has it once all files are read. Text, where a byte that is not UTF-8 is U+FFFD. */
export interface LoadedSetting {
  readonly name: string
  readonly value: string
  /** It was written with `=>`. */
  readonly isArrow: boolean
  /** It came from a template or another section; `file` and `line` are where it was written. */
  readonly isInherited: boolean
  readonly file: string
  readonly line: number
}

/** A section, with what it inherited before its own settings, in Asterisk's order. */
export interface LoadedSection {
  readonly name: string
  /** `(!)`: others inherit from it, and modules do not see it. */
  readonly isTemplate: boolean
  /** The names of what it inherits from, in order. */
  readonly templates: readonly string[]
  readonly settings: readonly LoadedSetting[]
  readonly file: string
  readonly line: number
}

/** What the reader builds. Names and values have one character a byte. Sections share what they inherit. */
export interface SettingDraft {
  readonly name: string
  readonly value: string
  readonly isArrow: boolean
  readonly isInherited: boolean
  readonly file: string
  readonly line: number
}

export interface SectionDraft {
  /** Cut to the 79 bytes that Asterisk keeps. */
  readonly name: string
  isTemplate: boolean
  readonly templates: string[]
  settings: SettingDraft[]
  readonly file: string
  readonly line: number
}
