import { copyProduct } from '../support/product.js'
import type { Suite } from '../support/suite.js'
import { measureCommands, measureFirstRuns, measureHelp, measureNode24 } from './measure.js'

export const startupSuite: Suite = {
  name: 'startup',
  summary: 'CPU of whole processes, against the smallest program that Node can run',
  prepare: copyProduct,
  parts: { commands: measureCommands, help: measureHelp, 'first-run': measureFirstRuns, 'node-24': measureNode24 }
}
