import { agiCommands } from './catalogue.js'
import type { AgiCommand } from './command.js'
import { callsIn, computedName, expressionCalls, type FunctionCall } from './function-calls.js'
import { type NameRule, nameRule } from './name-rule.js'
import { deniedApplications, deniedCommands, deniedVariables, readableFunctions, writableFunctions } from './policy-defaults.js'

/** What applications may ask of Asterisk. What is left out is as in policy-defaults.ts. */
export interface CommandPolicyOptions {
  /** By the name in the catalogue, as in `GET DATA`; `SAY *` stands for all that begin so. */
  commands?: NameRule | undefined
  /** Of EXEC. The allow-list is the safe form. */
  applications?: NameRule | undefined
  /** Functions that may be read, `NAME` or `NAME(argument)`. */
  readableFunctions?: readonly string[] | undefined
  /** Functions that may be written, `NAME` or `NAME(argument)`. */
  writableFunctions?: readonly string[] | undefined
  /** Variables that may not be set. */
  deniedVariables?: readonly string[] | undefined
  /** May commands name other channels (HANGUP, CHANNEL STATUS, GET FULL VARIABLE)? */
  otherChannels?: boolean | undefined
}

/** Decides over commands, by what Asterisk would read in them. It keeps nothing of a call, so that one serves all calls. */
export class CommandPolicy {
  /** Names of the catalogue. */
  readonly #deniedCommands: ReadonlySet<string>
  readonly #allowsApplication: (name: string) => boolean
  readonly #allowsVariable: (name: string) => boolean
  readonly #readable: ReadonlySet<string>
  readonly #writable: ReadonlySet<string>
  readonly #otherChannels: boolean

  constructor(options: CommandPolicyOptions = {}) {
    const allowsCommand = nameRule(options.commands ?? { deny: deniedCommands })
    this.#deniedCommands = new Set([...agiCommands.keys()].filter((name) => !allowsCommand(name)))
    this.#allowsApplication = nameRule(options.applications ?? { deny: deniedApplications })
    this.#allowsVariable = nameRule({ deny: options.deniedVariables ?? deniedVariables })
    this.#readable = new Set((options.readableFunctions ?? readableFunctions).map(functionKey))
    this.#writable = new Set((options.writableFunctions ?? writableFunctions).map(functionKey))
    this.#otherChannels = options.otherChannels ?? false
  }

  /** @returns why it may not run, in words for a log; undefined when it may */
  refusal({ definition, words, args }: AgiCommand): string | undefined {
    // Asterisk would say 510 as well, unless a module that we do not know has added the command.
    if (!definition) return words.length === 0 ? 'no command' : 'unknown command'
    const { name } = definition
    if (this.#deniedCommands.has(name)) return `command ${name} is not allowed`
    switch (name) {
      case 'EXEC':
        return this.#execRefusal(args)
      case 'SET VARIABLE':
        return this.#setRefusal(args[0] ?? '')
      case 'GET VARIABLE':
        return this.#callsRefusal(callsIn(args[0] ?? ''), this.#readable)
      case 'GET FULL VARIABLE':
        return this.#expressionRefusal(args[0] ?? '') ?? this.#channelRefusal(args[1])
      case 'HANGUP':
      case 'CHANNEL STATUS':
        return this.#channelRefusal(args[0])
      default:
        return undefined
    }
  }

  /** Asterisk takes the first word behind the application for its options, and drops the others (`handle_exec`). */
  #execRefusal([application = '', ...others]: readonly string[]): string | undefined {
    // A name with blanks around it is not found by Asterisk 22; others may trim.
    const name = application.trim()
    if (!this.#allowsApplication(name)) return `application ${name} is not allowed`
    for (const options of others) {
      // The dialplan may have set AGIEXECFULL.
      const refusal = this.#expressionRefusal(options)
      if (refusal) return refusal
    }
    if (name.toUpperCase() !== 'SET') return undefined
    const [options = ''] = others
    return this.#setRefusal(options.split('=', 1)[0]!)
  }

  /** @param target a variable, or a function that is written; blanks around it and in front of the parenthesis do not count */
  #setRefusal(target: string): string | undefined {
    const name = target.trim().replace(/^_+/, '')
    if (!this.#allowsVariable(name)) return `variable ${name} is not allowed`
    // With AGIEXECFULL=yes it would be what the variable says.
    if (target.includes('$')) return 'a name is put together from variables'
    if (!target.includes('(')) return undefined
    const [written, ...inside] = callsIn(target)
    // An array's name, or something else that no list knows.
    if (!written) return 'the name of a function is missing'
    return this.#callsRefusal([written], this.#writable) ?? this.#callsRefusal(inside, this.#readable)
  }

  #expressionRefusal(text: string): string | undefined {
    const calls = expressionCalls(text)
    if (calls === computedName) return 'a name is put together from variables'
    return this.#callsRefusal(calls, this.#readable)
  }

  #callsRefusal(calls: readonly FunctionCall[], allowed: ReadonlySet<string>): string | undefined {
    const refused = calls.find(({ name, argument }) => !allowed.has(name) && !allowed.has(`${name}(${argument})`))
    return refused && `function ${refused.name} is not allowed`
  }

  #channelRefusal(channel: string | undefined): string | undefined {
    return channel === undefined || channel === '' || this.#otherChannels ? undefined : 'another channel is not allowed'
  }
}

/** `NAME`, or `NAME(argument)` as `FunctionCall` has them. */
function functionKey(text: string): string {
  const [call] = callsIn(text)
  return call ? `${call.name}(${call.argument})` : text.trim().toUpperCase()
}
