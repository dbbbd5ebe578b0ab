import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecretName, mask, maskedValues, maskInside } from '../../../../src/lib/ami/secrets.js'

const secret = 'S3CR3T'

/** The values of a block that is given as `name: value` lines. */
function masked(...lines: string[]): string[] {
  return maskedValues(
    lines.map((line) => ({ name: line.slice(0, line.indexOf(':')), value: line.slice(line.indexOf(':') + 1).trim() }))
  )
}

describe('names of secrets', () => {
  it.each(
    'Secret Key ProxyKey password md5secret RemoteSecret DB_PASS api_token PIN pincode UserPin CONF_PIN CONFPIN Authorization X-Proxy-Key Md5Cred --secret'.split(
      ' '
    )
  )('%s is one', (name) => expect(isSecretName(name)).toBe(true))

  it.each('Ping Action Channel Variable Shipping PING Username Keypad Pinned Passthrough ChanVariable Challenge'.split(' '))(
    '%s is none',
    (name) => expect(isSecretName(name)).toBe(false)
  )
})

describe('a block', () => {
  it('has the secrets of a login masked, and nothing else', () => {
    expect(masked('Action: Login', 'Username: ann', `Secret: ${secret}`, `Key: ${secret}`, `ProxyKey: ${secret}`)).toEqual([
      'Login',
      'ann',
      mask,
      mask,
      mask
    ])
  })

  it.each([
    ['Setvar', ['Action: Setvar', 'Variable: __CONF_PIN', `Value: ${secret}`]],
    ['VarSet', ['Event: VarSet', 'Variable: HASH(user,password)', `Value: ${secret}`]],
    ['Value before its Variable', [`Value: ${secret}`, 'Variable: PIN']],
    ['UpdateConfig', ['Action: UpdateConfig', 'Var-000001: secret', `Value-000001: ${secret}`, `Match-000001: ${secret}`]],
    ['DBPut', ['Action: DBPut', 'Family: users', 'Key: pin', `Val: ${secret}`]],
    ['GetConfig', ['Response: Success', `Line-000001-000002: secret=${secret},&; ${secret}`]]
  ])('%s: what another header names as a secret is one', (_, lines) => {
    expect(masked(...lines).join()).not.toContain(secret)
  })

  it('of the database shows its key, which is no secret', () => {
    expect(masked('Action: DBPut', 'Family: cfim', 'Key: 100', 'Val: 200')).toEqual(['DBPut', 'cfim', '100', '200'])
  })

  it('shows the value of the other lines of an UpdateConfig', () => {
    expect(masked('Var-000000: callerid', 'Value-000000: Ann', 'Var-000001: secret', 'Value-000001: x')).toEqual([
      'callerid',
      'Ann',
      'secret',
      mask
    ])
  })
})

describe('a value', () => {
  it.each([
    [`a=1,PIN=${secret}`, `a=1,PIN=${mask}`],
    [`https://ann:${secret}@example.org/x`, `https://ann:${mask}@example.org/x`],
    [`http://example.org/?user=ann&secret=${secret}&x=1`, `http://example.org/?user=ann&secret=${mask}`],
    [`SIP/100--secret=${secret}`, `SIP/100--secret=${mask}`],
    [`{"user":"ann","password":"${secret}"}`, `{"user":"ann","password":${mask}`],
    [`{\\"secret\\" : \\"${secret}\\"}`, `{\\"secret\\" : ${mask}`],
    [`remotesecret => ${secret}`, `remotesecret => ${mask}`]
  ])('%s', (value, expected) => expect(maskInside(value)).toBe(expected))

  it.each(['PJSIP/100', 'a=1,b=2', 'sip:100@10.0.0.1:5060', 'Local/100@ctx', 'Authentication failed', 'http://example.org:80/'])(
    'without a secret stays: %s',
    (value) => expect(maskInside(value)).toBe(value)
  )

  it('hides a secret whatever it holds and whatever stands before it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(maskInside(`${before},secret=${secret}${after}`)).not.toContain(secret)
      })
    )
  })

  it.each([
    ['one long name', 'a'.repeat(2e5)],
    ['many addresses', 'sip:'.repeat(5e4)],
    ['many slashes', '//a:'.repeat(5e4)],
    ['many quotes', 'a"'.repeat(1e5)],
    ['blanks', `a${' '.repeat(2e5)}`]
  ])('that is hostile (%s) takes no longer than it is long', (_, value) => {
    const start = performance.now()
    maskInside(`${value}=`)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
