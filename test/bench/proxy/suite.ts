import { copyProduct } from '../support/product.js'
import type { Suite } from '../support/suite.js'
import { measureBanners, measureIdle, measureLogins } from './measure-clients.js'
import { measureFilterClasses, measureFlatOut, measureSteady } from './measure-events.js'
import { measureSoak, measureStalled } from './measure-hardship.js'
import { measurePings } from './measure-pings.js'

export const proxySuite: Suite = {
  name: 'proxy',
  summary: 'the AMI proxy against a raw relay',
  prepare: copyProduct,
  parts: {
    'flat-out': measureFlatOut,
    steady: measureSteady,
    pings: measurePings,
    'filter-classes': measureFilterClasses,
    idle: measureIdle,
    logins: measureLogins,
    banners: measureBanners,
    stalled: measureStalled,
    soak: measureSoak
  }
}
