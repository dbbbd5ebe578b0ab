import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { findCycle, type Import, readImports, resolveImport, type Sources } from './support/imports.js'

const root = path.join(import.meta.dirname, '../..')

const sources: Sources = new Map(
  fs
    .readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join('src', ...file.split(path.sep)))
    .sort()
    .map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8')])
)

/** `file -> import` of every import that breaks a rule. */
function breaches(files: Sources, breaks: (file: string, one: Import) => boolean): string[] {
  return [...files].flatMap(([file, text]) =>
    readImports(text).flatMap((one) => (breaks(file, one) ? [`${file} -> ${one.from}`] : []))
  )
}

const isIn = (file: string, ...folders: string[]) => folders.some((folder) => file.startsWith(`${folder}/`))

const forTerminals = /^(@oclif\/|oclif$|chalk$|inquirer$|@inquirer\/|pino$|pino-)/
const importsTerminal = (file: string, { from }: Import) => forTerminals.test(from) && !isIn(file, 'src/commands', 'src/lib/cli')

const sockets = /^(node:)?(net|tls|dgram|http|https|http2)$/
const opensSockets = (file: string, { from, typeOnly }: Import) => sockets.test(from) && !typeOnly && !isIn(file, 'src/lib/net')

const sqlLibraries = /^(kysely|libsql|mysql2|pg)($|\/)/
const reachesSql = (file: string, { from, typeOnly }: Import) =>
  sqlLibraries.test(from) && !isIn(file, 'src/lib/store') && !(typeOnly && from === 'kysely')

const wireRooms = ['ami', 'agi', 'sip', 'voipmonitor', 'asterisk-config', 'scram'].map((room) => `src/lib/${room}`)
const withoutIo = ['node:crypto', 'node:buffer', 'node:zlib', 'node:util']
const pureLibraries = ['src/lib/errors.ts', 'src/lib/nearest.ts']
function leavesWireRoom(file: string, { from, typeOnly }: Import): boolean {
  const room = wireRooms.find((one) => isIn(file, one))
  if (!room) return false
  if (!from.startsWith('.')) return !withoutIo.includes(from) && !(typeOnly && from.startsWith('node:'))
  const target = resolveImport(file, from)
  return !pureLibraries.includes(target) && !isIn(target, room)
}

const importsCommands = (file: string, { from }: Import) =>
  isIn(file, 'src/lib') && from.startsWith('.') && isIn(resolveImport(file, from), 'src/commands')

describe('the house', () => {
  it('has sources to look at', () => {
    expect(sources.size).toBeGreaterThan(20)
    expect(breaches(sources, () => true).length).toBeGreaterThan(sources.size)
  })

  it('lets only commands and lib/cli import what is for terminals', () => {
    expect(breaches(sources, importsTerminal)).toEqual([])
  })

  it('opens sockets in lib/net only', () => {
    expect(breaches(sources, opensSockets)).toEqual([])
  })

  it("reaches SQL through lib/store only; the types of kysely are everybody's", () => {
    expect(breaches(sources, reachesSql)).toEqual([])
  })

  it('loads what SQL needs when a store is opened, not before', () => {
    const early = (file: string, one: Import) =>
      file === 'src/lib/store/open-store.ts' &&
      !one.typeOnly &&
      !one.dynamic &&
      one.from !== './password.js' &&
      one.from !== './store-url.js'
    const drivers = (_: string, one: Import) => /^(libsql|mysql2|pg)$/.test(one.from) && !one.typeOnly && !one.dynamic
    expect(breaches(sources, (file, one) => early(file, one) || drivers(file, one))).toEqual([])
  })

  it('keeps wire formats pure: they import themselves, errors, nearest names, and builtins that do no I/O', () => {
    expect(breaches(sources, leavesWireRoom)).toEqual([])
  })

  it('lets no library import a command', () => {
    expect(breaches(sources, importsCommands)).toEqual([])
  })

  it('has no circle of imports', () => {
    expect(findCycle(sources)).toBeUndefined()
  })

  it('imports only files that exist', () => {
    const missing = breaches(
      sources,
      (file, { from }) => from.startsWith('.') && !fs.existsSync(path.join(root, resolveImport(file, from)))
    )
    expect(missing).toEqual([])
  })

  it('has no utils and no index', () => {
    expect([...sources.keys()].filter((file) => /(^|\/)(utils?|helpers?|index)\.ts$/.test(file))).toEqual([])
  })

  it('keeps commands short', () => {
    const lines = (text: string) => text.split('\n').length - 1
    const long = [...sources].filter(([file, text]) => isIn(file, 'src/commands') && lines(text) > 120)
    expect(long.map(([file, text]) => `${file}: ${lines(text)} lines`)).toEqual([])
  })
})

describe('the rules of the house see a breach', () => {
  const at = (file: string, text: string): Sources => new Map([[file, text]])

  it('of terminals', () => {
    expect(breaches(at('src/lib/proxy/a.ts', "import chalk from 'chalk'"), importsTerminal)).toHaveLength(1)
    expect(breaches(at('src/lib/net/a.ts', "export { Command } from '@oclif/core/command'"), importsTerminal)).toHaveLength(1)
    expect(breaches(at('src/lib/proxy/a.ts', "const { default: p } = await import('pino')"), importsTerminal)).toHaveLength(1)
    expect(breaches(at('src/lib/cli/a.ts', "import chalk from 'chalk'"), importsTerminal)).toEqual([])
  })

  it('of sockets', () => {
    const importOf = (text: string) => breaches(at('src/lib/proxy/a.ts', text), opensSockets)
    expect(importOf("import net from 'node:net'")).toHaveLength(1)
    expect(importOf("import {\n  type Socket,\n  connect\n} from 'node:tls'")).toHaveLength(1)
    expect(importOf("import 'dgram'")).toHaveLength(1)
    expect(importOf("import type net from 'node:net'\nimport { type Socket } from 'node:net'")).toEqual([])
    expect(importOf("// import net from 'node:net'\n/* import 'node:net' */")).toEqual([])
  })

  it('of SQL', () => {
    const importOf = (text: string) => breaches(at('src/lib/uac/a.ts', text), reachesSql)
    expect(importOf("import { sql } from 'kysely'")).toHaveLength(1)
    expect(importOf("import mysql from 'mysql2/promise'\nconst pg = await import('pg')")).toHaveLength(2)
    expect(importOf("import type { Client } from 'pg'")).toHaveLength(1)
    expect(importOf("import type { Kysely } from 'kysely'\nimport { sql } from '../store/sql.js'")).toEqual([])
    expect(breaches(at('src/lib/store/a.ts', "import { sql } from 'kysely'"), reachesSql)).toEqual([])
  })

  it('of wire rooms', () => {
    const importOf = (text: string) => breaches(at('src/lib/ami/catalog/a.ts', text), leavesWireRoom)
    expect(importOf("import fs from 'node:fs'")).toHaveLength(1)
    expect(importOf("import { x } from '../../net/connect.js'")).toHaveLength(1)
    expect(importOf("import { x } from '../../amix/b.js'")).toHaveLength(1)
    expect(importOf("import { x } from 'valibot'")).toHaveLength(1)
    expect(importOf("import { x } from '../block.js'\nimport { y } from '../../errors.js'\nimport 'node:crypto'")).toEqual([])
  })

  it('of circles, but not through types or what is imported when it is used', () => {
    const circle = (back: string) =>
      findCycle(
        new Map([
          ['src/a.ts', "import { b } from './b.js'"],
          ['src/b.ts', "export * from './c.js'"],
          ['src/c.ts', back]
        ])
      )
    expect(circle("import { a } from './a.js'")).toEqual(['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/a.ts'])
    expect(circle("import type { a } from './a.js'")).toBeUndefined()
    expect(circle("import { type a } from './a.js'")).toBeUndefined()
    expect(circle("const { a } = await import('./a.js')")).toBeUndefined()
  })
})
