import type { ConfigProblemCode } from './problem.js'

/** A line because of which its file is given up. It does not leave the reader. */
export class Fatal extends Error {
  readonly code: ConfigProblemCode

  constructor(code: ConfigProblemCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Past a bound that is ours: the whole configuration is given up. It does not leave the reader either. */
export class TooLarge extends Error {}
