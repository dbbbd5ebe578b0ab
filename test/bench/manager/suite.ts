import { copyProduct } from '../support/product.js'
import type { Suite } from '../support/suite.js'
import { measureDecoding } from './decoding.js'
import { measureMemory } from './memory.js'
import { measureRequests } from './requests.js'

export const managerSuite: Suite = {
  name: 'manager',
  summary: "VoIPmonitor's manager: requests, large answers, memory",
  prepare: copyProduct,
  parts: { requests: measureRequests, decoding: measureDecoding, memory: measureMemory }
}
