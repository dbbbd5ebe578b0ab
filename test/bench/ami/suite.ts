import { copyProduct } from '../support/product.js'
import type { Suite } from '../support/suite.js'
import { measureStartUp } from './start-up.js'

export const amiSuite: Suite = {
  name: 'ami',
  summary: 'the start of ami send and of the program',
  prepare: copyProduct,
  parts: { 'start-up': measureStartUp }
}
