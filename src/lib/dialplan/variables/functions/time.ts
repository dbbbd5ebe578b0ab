import { splitArguments } from '../../arguments.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'

/** Times, by the clock of the trace. */
export const timeFunctions: FunctionTable = {
  STRFTIME: { read: strftime },
  STRPTIME: {
    read: ({ data, notes }) => {
      notes.unknown(`STRPTIME(${data})`)
      return ''
    }
  }
}

/** `STRFTIME([epoch][,timezone[,format]])`. */
function strftime({ data, scene, notes }: FunctionCall): string {
  const [epoch = '', timeZone = '', format] = splitArguments(data)
  const time = /^\s*\d+/.test(epoch) ? new Date(Number.parseInt(epoch, 10) * 1000) : scene.now
  try {
    return formatTime(time, timeZone || scene.timeZone, format ?? '%c')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    notes.warn(`${timeZone} is no time zone, or ${epoch} no time`)
    return ''
  }
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December'
]

function pad(value: number, size = 2, fill = '0'): string {
  return String(value).padStart(size, fill)
}

/** As strftime in the C locale, with what dialplans use of it; an unknown letter stays as written. @throws RangeError for a zone that is none */
function formatTime(time: Date, timeZone: string | undefined, format: string): string {
  const parts = localParts(time, timeZone)
  const { year, month, day, hour, minute, second, weekday } = parts
  const yearDay = Math.round((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000)
  const values: Record<string, () => string> = {
    Y: () => pad(year, 4),
    C: () => pad(Math.floor(year / 100)),
    y: () => pad(year % 100),
    m: () => pad(month + 1),
    d: () => pad(day),
    e: () => pad(day, 2, ' '),
    H: () => pad(hour),
    k: () => pad(hour, 2, ' '),
    I: () => pad(hour % 12 || 12),
    l: () => pad(hour % 12 || 12, 2, ' '),
    M: () => pad(minute),
    S: () => pad(second),
    p: () => (hour < 12 ? 'AM' : 'PM'),
    j: () => pad(yearDay + 1, 3),
    a: () => days[weekday]!.slice(0, 3),
    A: () => days[weekday]!,
    b: () => months[month]!.slice(0, 3),
    h: () => months[month]!.slice(0, 3),
    B: () => months[month]!,
    u: () => String(weekday || 7),
    w: () => String(weekday),
    U: () => pad(Math.floor((yearDay + 7 - weekday) / 7)),
    W: () => pad(Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7)),
    s: () => String(Math.floor(time.getTime() / 1000)),
    q: () => pad(time.getMilliseconds(), 3),
    z: () => offset(parts, time),
    n: () => '\n',
    t: () => '\t',
    '%': () => '%'
  }
  const whole: Record<string, string> = {
    c: '%a %b %e %H:%M:%S %Y',
    D: '%m/%d/%y',
    F: '%Y-%m-%d',
    R: '%H:%M',
    T: '%H:%M:%S',
    X: '%H:%M:%S',
    x: '%m/%d/%y',
    r: '%I:%M:%S %p'
  }
  const expanded = format.replace(/%([cDFRTXxr])/g, (_, letter: string) => whole[letter]!)
  return expanded.replace(/%([a-zA-Z%])/g, (all, letter: string) => values[letter]?.() ?? all)
}

interface LocalParts {
  readonly year: number
  /** From 0. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** From Sunday, 0. */
  readonly weekday: number
}

function localParts(time: Date, timeZone: string | undefined): LocalParts {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric'
  })
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
  const { year, month, day, hour, minute, second } = parts as Record<string, number>
  const weekday = new Date(Date.UTC(year!, month! - 1, day)).getUTCDay()
  return { year: year!, month: month! - 1, day: day!, hour: hour!, minute: minute!, second: second!, weekday }
}

function offset({ year, month, day, hour, minute, second }: LocalParts, time: Date): string {
  const minutes = Math.round((Date.UTC(year, month, day, hour, minute, second) - time.getTime()) / 60_000)
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${pad(size % 60)}`
}
