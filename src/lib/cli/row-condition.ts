import { UsageError } from '../errors.js'
import type { Sensor } from '../sensors/sensor.js'
import type { ListRow } from '../voipmonitor/list-row.js'
import { type ColumnSet, findColumns } from './list-columns.js'
import { compileSelection } from './selection.js'

/** Columns of a row alone: the sensor's name is no condition on it. */
const nobody: Sensor = { name: '', address: { kind: 'unix', path: '' } }

/**
 * Conditions on what came: `NAME=glob,NAME!=glob` with the names of columns, and what else has to hold.
 * @returns undefined when there is none
 * @throws UsageError for a term that is none, or an unknown column
 */
export function rowCondition(
  globs: readonly string[],
  columns: ColumnSet,
  also: ((row: ListRow) => boolean) | undefined
): ((row: ListRow) => boolean) | undefined {
  if (globs.length === 0) return also
  const selection = compileSelection(globs)
  const readers = new Map(
    globs
      .flatMap((glob) => [...glob.matchAll(/(?:^|,)\s*([^=!,\s]+)\s*!?=/g)].map((match) => match[1]!))
      .map((name) => [name, findColumns(columns, [name])[0]!.value] as const)
  )
  return (row) => {
    const valuesOf = (name: string) =>
      [readers.get(name)?.({ row, sensor: nobody }) ?? null].filter((one) => one !== null).map(String)
    return (also?.(row) ?? true) && selection(valuesOf)
  }
}

/** Reads `COLUMN` or `COLUMN:asc`. @throws UsageError */
export function parseOrder(text: string): { column: string; direction: 'asc' | 'desc' } {
  const [, column, direction = 'desc'] = /^([^:]+)(?::(asc|desc))?$/.exec(text) ?? []
  if (column === undefined)
    throw new UsageError(`"${text}" is not an order`, { hint: 'Write COLUMN, COLUMN:asc or COLUMN:desc.' })
  return { column, direction: direction as 'asc' | 'desc' }
}
