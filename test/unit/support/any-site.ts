import fc from 'fast-check'
import { type IvrAction, type Site, type SiteTrunk, type SiteUser, trunkDtmfs } from '../../../src/lib/site/site.js'
import { makeSite, makeTrunk, makeUser } from './sites.js'

/** Sites as `readSite` would give them: every field within its rules, the odd ones among them. */

const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,14}[a-z0-9]$/).filter((one) => !/-(iauth|oauth|identify|reg-\d+)$/.test(one))
const number = fc.stringMatching(/^\+[1-9][0-9]{7,13}$/)
const display = fc
  .string({ unit: fc.constantFrom(..."abcÅÖé漢 =#.'(),&|[]{}$!*"), minLength: 1, maxLength: 30 })
  .filter((one) => one.trim() === one && !/\$[{[]|^>/.test(one))
const secretCharacters = 'abcdefghXYZ0123456789#[]=>(){}$,&|"\'\\!+*'
const userSecret = fc
  .string({ unit: fc.constantFrom(...secretCharacters), minLength: 12, maxLength: 40 })
  .filter((one) => new Set(one).size > 3 && !/\$[{[]|^>|^\d+$/.test(one))
/** A provider may have chosen a semicolon and a leading >. */
const trunkSecret = fc
  .string({ unit: fc.constantFrom(...secretCharacters, ';', ' '), minLength: 4, maxLength: 30 })
  .filter((one) => one.trim() === one && !one.includes('\\;'))
const address = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `192.0.${a}.${b}`)

const user = (trunk: string | undefined): fc.Arbitrary<SiteUser> =>
  fc
    .record({
      name,
      number,
      display,
      secret: userSecret,
      email: fc.option(
        fc.stringMatching(/^[a-z][a-z0-9+._-]{0,8}[a-z0-9]$/).map((one) => `${one.replaceAll('..', '.')}@example.org`),
        {
          nil: undefined
        }
      ),
      access: trunk === undefined ? fc.constant('in' as const) : fc.constantFrom('in' as const, 'inout' as const),
      maxContacts: fc.integer({ min: 1, max: 20 }),
      sms: fc.constantFrom(undefined, '', 'main'),
      codecs: fc.constantFrom(undefined, ['alaw'], ['g722', 'ulaw', 'h264'])
    })
    .map(({ name: one, number: digits, ...changes }) =>
      makeUser(one, digits, { ...changes, trunk: changes.access === 'in' ? undefined : trunk })
    )

const trunk: fc.Arbitrary<SiteTrunk> = fc
  .record({
    name: name.map((one) => `itsp:${one}`),
    host: address,
    port: fc.constantFrom('', ':5080'),
    secret: fc.option(trunkSecret, { nil: undefined }),
    transport: fc.constantFrom('udp' as const, 'tcp' as const),
    dtmf: fc.constantFrom(...trunkDtmfs),
    qualify: fc.constantFrom(0, 60, 3600),
    fromDomain: fc.constantFrom(undefined, 'sip.example.com'),
    register: fc.boolean()
  })
  .map(({ name: one, host, port, secret, register, ...changes }) =>
    makeTrunk(one, {
      ...changes,
      hosts: [`${host}${port}`],
      match: [host],
      secret,
      username: secret === undefined ? undefined : 'account',
      register: secret !== undefined && register
    })
  )

const actions = ['record-temp', 'record-unavail', 'record-busy', 'record-name', 'play', 'erase', 'moh', 'echo', 'none'] as const
const keys = fc
  .array(fc.tuple(fc.constantFrom(...'0123456789*#'), fc.constantFrom(...actions)), { maxLength: 12 })
  .map((pairs) => new Map<string, IvrAction>(pairs))

const unique = <T extends { name: string; number?: string }>(all: readonly T[]): T[] =>
  all.filter(
    (one, index) =>
      all.findIndex((other) => other.name === one.name || (one.number !== undefined && other.number === one.number)) === index
  )

/** @param form the form of its files */
export function anySite(form: Site['output']['form']): fc.Arbitrary<Site> {
  return fc
    .record({
      trunks: fc.array(trunk, { maxLength: 3 }).map(unique),
      ivr: fc.record({ isEnabled: fc.boolean(), keys, maxRounds: fc.integer({ min: 1, max: 20 }), allowDial: fc.boolean() }),
      minDigits: fc.integer({ min: 2, max: 15 }),
      prefixes: fc.constantFrom(['0', '00'], ['8', '810'], ['1', '011']),
      emergency: fc.constantFrom(['112'], ['911', '933'], ['110', '119']),
      encryption: fc.constantFrom('none' as const, 'sdes' as const, 'sdes-optional' as const, 'dtls' as const),
      format: fc.constantFrom('wav49', 'wav', 'gsm', 'g722'),
      gainDb: fc.constantFrom(0, 12),
      hasVoicemail: fc.boolean(),
      hasNat: fc.boolean(),
      app: fc.constantFrom(undefined, '/usr/local/bin/sms')
    })
    .chain((around) =>
      fc.array(user(around.trunks[0]?.name), { maxLength: 6 }).map((users) => {
        const base = makeSite()
        const [nationalPrefix, internationalPrefix] = around.prefixes as [string, string]
        const withSms = users.map((one) => (around.app === undefined ? { ...one, sms: undefined } : one))
        return makeSite({
          output: { form },
          site: { ...base.site, nationalPrefix, internationalPrefix, emergency: around.emergency },
          dial: { ...base.dial, minDigits: around.minDigits },
          ivr: around.ivr,
          media: { ...base.media, encryption: around.encryption },
          nat: around.hasNat ? { externalAddress: '198.51.100.7', localNet: ['192.168.0.0/16', '10.0.0.0/8'] } : base.nat,
          voicemail: { ...base.voicemail, isEnabled: around.hasVoicemail, format: around.format, gainDb: around.gainDb },
          sms: { app: around.app, profiles: around.app === undefined ? [] : ['main'] },
          trunks: around.trunks,
          users: unique(withSms)
        })
      })
    )
}
