import { splitArguments } from '../arguments.js'
import { parseDialOptions, withCommas } from '../trace/dial-options.js'
import { splitAt } from '../variables/split-raw.js'
import type { EdgeKind } from './graph.js'

/** A context that a priority may lead to, as it is written; its variables are still there. */
export interface Jump {
  readonly kind: EdgeKind
  readonly context: string
}

/** Applications within applications: Exec in ExecIf in Exec. A dialplan has one. */
const maxDepth = 5

/** Where a priority may send a call, or a channel that it makes: only what leaves the context is told. */
export function findJumps(application: string, data: string, depth = 0): Jump[] {
  if (depth > maxDepth) return []
  switch (application.toLowerCase()) {
    case 'goto':
      return location('goto', data)
    case 'gosub':
      return location('gosub', data)
    case 'gotoif':
    case 'gotoiftime':
      return branches('goto', data)
    case 'gosubif':
      return branches('gosub', data)
    case 'execif':
    case 'execiftime':
      return splitAt(splitAt(data, '?', 2)[1] ?? '', ':', 2).flatMap((one) => nested(one, depth))
    case 'exec':
    case 'tryexec':
      return nested(data, depth)
    case 'dial':
    case 'retrydial':
      return dial(data)
    case 'page':
    case 'originate':
      return locals(data)
    case 'background':
      return context('goto', splitArguments(data)[3])
    case 'disa':
      return context('goto', splitArguments(data)[1])
    case 'channelredirect':
      return location('goto', splitArguments(data).slice(1).join(','))
    case 'set':
      return handler(data)
    default:
      return []
  }
}

/** `[[context,]extension,]priority[(arguments)]`. */
function location(kind: EdgeKind, text: string): Jump[] {
  const fields = splitAt(withoutArguments(text), ',', 4)
  return fields.length >= 3 ? context(kind, fields[0]) : []
}

/** The parenthesis of a Gosub's arguments is one that belongs to no function. */
function withoutArguments(text: string): string {
  let braces = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') braces++
    else if (text[at] === '}') braces--
    else if (text[at] === '(' && braces === 0) return text.slice(0, at)
  }
  return text
}

function context(kind: EdgeKind, name: string | undefined): Jump[] {
  const bare = name?.trim() ?? ''
  return bare === '' ? [] : [{ kind, context: bare }]
}

/** `condition?location:location`. Colons and question marks of variables and expressions are not those. */
function branches(kind: EdgeKind, data: string): Jump[] {
  const [, rest = ''] = cutOutside(data, '?')
  const [yes = '', no = ''] = cutOutside(rest, ':')
  return [...location(kind, yes), ...location(kind, no)]
}

function cutOutside(text: string, sign: string): [string, string | undefined] {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{' || text[at] === '[' || text[at] === '(') depth++
    else if (text[at] === '}' || text[at] === ']' || text[at] === ')') depth--
    else if (text[at] === sign && depth <= 0) return [text.slice(0, at), text.slice(at + 1)]
  }
  return [text, undefined]
}

function nested(text: string, depth: number): Jump[] {
  const open = text.indexOf('(')
  if (open < 0) return []
  const close = text.lastIndexOf(')')
  return findJumps(text.slice(0, open).trim(), text.slice(open + 1, close < open ? undefined : close), depth + 1)
}

/** Local channels, and the routines and places of Dial's options. */
function dial(data: string): Jump[] {
  const [destinations = '', , optionText = ''] = splitArguments(data)
  const options = parseDialOptions(optionText)
  const routine = options.get('U')
  const places = ['b', 'B'].flatMap((letter) => location('gosub', withCommas(options.get(letter) ?? '')))
  const ways = ['F', 'G'].flatMap((letter) => location('goto', withCommas(options.get(letter) ?? '')))
  return [...locals(destinations), ...(routine ? context('gosub', routine.split('^')[0]) : []), ...places, ...ways]
}

function locals(text: string): Jump[] {
  return [...text.matchAll(/Local\/[^&@]*@([^/&,\s]+)/gi)].flatMap(([, name]) => context('dial', name))
}

/** `Set(CHANNEL(hangup_handler_push)=context,extension,1)`. */
function handler(data: string): Jump[] {
  const [, where] = /^CHANNEL\(hangup_handler_(?:push|wipe)\)=(.*)$/s.exec(data) ?? []
  return where === undefined ? [] : location('gosub', where)
}
