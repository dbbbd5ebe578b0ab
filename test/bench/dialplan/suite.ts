import { copyProduct } from '../support/product.js'
import type { Suite } from '../support/suite.js'
import { measureBoots } from './boot.js'
import { measurePrograms } from './programs.js'
import { measureTrace } from './trace.js'

export const dialplanSuite: Suite = {
  name: 'dialplan',
  summary: '10,000 users: rendered, checked, traced; and how long Asterisk takes to start with them',
  prepare: copyProduct,
  parts: { programs: measurePrograms, trace: measureTrace, boot: measureBoots }
}
