import fs from 'node:fs'
import path from 'node:path'
import { root } from '../support/processes.js'
import { copyProduct, type Product } from '../support/product.js'
import type { Suite } from '../support/suite.js'
import { measureBytes, measureCalls, measureCommands } from './measure-calls.js'
import { measureIdle } from './measure-idle.js'

export const tunnelSuite: Suite = {
  name: 'tunnel',
  summary: 'the AGI tunnel against ssh -R',
  prepare: copyWithDatabase,
  parts: { commands: measureCommands, calls: measureCalls, bytes: measureBytes, idle: measureIdle }
}

/** The accounts are in a database, whose drivers are not in the bundle. */
function copyWithDatabase(): Product {
  const product = copyProduct()
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(path.dirname(product.program), '../node_modules'))
  return product
}
