const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const minutesOfDay = 24 * 60

/** When an include counts: all four have to fit. Members count from 0, but days of the month, which count from 0 for the first. */
export interface IncludeTiming {
  readonly minutes: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  /** As in the zone database; undefined for that of the machine. */
  readonly timeZone: string | undefined
  /** Parts that Asterisk skips because they say nothing. */
  readonly faults: readonly string[]
}

/**
 * Reads `times,weekdays,days,months[,timezone]` (pbx_timing.c), with `|` for `,`. Parts that are missing, empty or `*` always fit; ranges may go over the end
 * (`fri-mon`, `22:00-06:00`), `&` puts several together, and both ends belong to a range. Undefined for empty text: always.
 */
export function parseTiming(text: string): IncludeTiming | undefined {
  if (text === '') return undefined
  const fields = text.split(/[|,]/)
  const faults: string[] = []
  return {
    minutes: parseTimes(fields[0]!, faults),
    weekdays: parseRange(fields[1], 7, dayNames, faults),
    days: parseRange(fields[2], 31, [], faults),
    months: parseRange(fields[3], 12, monthNames, faults),
    timeZone: fields.length === 5 ? fields[4] : undefined,
    faults
  }
}

/** @param timeZone that of the Asterisk, for a timing that names none; default: that of this machine */
export function isWithin(timing: IncludeTiming, now: Date, timeZone?: string): boolean {
  const local = localParts(now, timing.timeZone || timeZone)
  // Asterisk cannot say what time it is in a zone that it does not know.
  if (!local) return false
  const { minute, weekday, day, month } = local
  return timing.months.has(month) && timing.days.has(day) && timing.weekdays.has(weekday) && timing.minutes.has(minute)
}

function localParts(now: Date, timeZone: string | undefined) {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric'
    })
    const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
    return {
      minute: Number(parts.hour) * 60 + Number(parts.minute),
      weekday: dayNames.indexOf(parts.weekday!.toLowerCase()),
      day: Number(parts.day) - 1,
      month: Number(parts.month) - 1
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function isAlways(text: string | undefined): boolean {
  return text === undefined || text === '' || text === '*'
}

function parseTimes(text: string, faults: string[]): Set<number> {
  if (isAlways(text)) return cycle(0, minutesOfDay - 1, minutesOfDay)
  const found = new Set<number>()
  for (const part of text.split('&')) {
    const dash = part.indexOf('-')
    const first = parseTime(dash < 0 ? part : part.slice(0, dash))
    const last = dash < 0 ? first : parseTime(part.slice(dash + 1).replace(/^[^0-9]+/, ''))
    if (first === undefined || last === undefined) faults.push(part)
    else for (const minute of cycle(first, last, minutesOfDay)) found.add(minute)
  }
  return found
}

function parseTime(text: string): number | undefined {
  const [, hour, minute] = /^\s*(\d{1,2}):\s*(\d{1,2})/.exec(text) ?? []
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined
  return Number(hour) * 60 + Number(minute)
}

function parseRange(text: string | undefined, size: number, names: readonly string[], faults: string[]): Set<number> {
  if (isAlways(text)) return cycle(0, size - 1, size)
  const found = new Set<number>()
  for (const part of text!.split('&')) {
    const dash = part.indexOf('-')
    const first = parseMember(dash < 0 ? part : part.slice(0, dash), size, names)
    const last = dash < 0 ? first : parseMember(part.slice(dash + 1), size, names)
    if (first === undefined || last === undefined) faults.push(part)
    else for (const member of cycle(first, last, size)) found.add(member)
  }
  return found
}

/** A name, or a number that counts from 1, of which two digits are read. */
function parseMember(text: string, size: number, names: readonly string[]): number | undefined {
  const named = names.indexOf(text.toLowerCase())
  if (named >= 0) return named
  const number = Number(/^\s*(\d{1,2})/.exec(text)?.[1] ?? 0)
  return number >= 1 && number <= size ? number - 1 : undefined
}

/** All from the first to the last, both of them, over the end if need be. */
function cycle(first: number, last: number, size: number): Set<number> {
  const length = ((last - first + size) % size) + 1
  return new Set(Array.from({ length }, (_, index) => (first + index) % size))
}
