import { copyProduct } from '../support/product.js'
import type { Suite } from '../support/suite.js'
import { measureMany } from './measure-many.js'
import { measureParser } from './measure-parser.js'
import { measureRefresh } from './measure-refresh.js'
import { measureOutage, measureSilence } from './measure-silence.js'
import { measureStart } from './measure-start.js'

export const uacSuite: Suite = {
  name: 'uac',
  summary: "registrations, beside Kamailio's uac module on the same registrar",
  prepare: copyProduct,
  parts: {
    udp: (options, product) => measureStart('udp', options, product),
    tcp: (options, product) => measureStart('tcp', options, product),
    refresh: measureRefresh,
    silence: measureSilence,
    outage: measureOutage,
    parser: measureParser,
    many: measureMany
  }
}
