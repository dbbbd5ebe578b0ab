import { ConfigError, DataError } from '../../errors.js'

/** What draws: Graphviz's language in, a picture out. */
export interface Drawer {
  /** @throws DataError when Graphviz cannot */
  svg(dot: string): Promise<string>
}

/** Graphviz as WebAssembly: it needs no program, no network and no compiler. Loaded when a picture is wanted, not before. @throws ConfigError where it is not installed */
export async function loadDrawer(): Promise<Drawer> {
  const { instance } = await import('@viz-js/viz').catch((cause: Error) => {
    throw new ConfigError('Pictures need the package @viz-js/viz, which is not installed', {
      cause,
      hint: '--format dot or --format mermaid needs nothing'
    })
  })
  return {
    async svg(dot) {
      // One for each picture: what has failed once, or drawn for long, is not to be trusted with the next.
      const graphviz = await instance()
      try {
        const result = graphviz.render(dot, { format: 'svg', engine: 'dot' })
        if (result.status === 'success') return result.output
        throw new Error(result.errors.map(({ message }) => message).join('; '))
      } catch (cause) {
        throw new DataError(`Graphviz cannot draw this: ${(cause as Error).message}`, {
          cause,
          hint: '--format dot shows what it was given'
        })
      }
    }
  }
}
