import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { equalInConstantTime } from '../../access/constant-time.js'
import { md5Key } from '../../ami/login.js'
import { ConfigError } from '../../errors.js'

/** bcryptjs computes in the process itself, in slices of 0.1 s: at cost 12 about a second in all, at 14 three. More would burn minutes. */
const maxBcryptCost = 14
/** 128 MiB (ln=17, r=8): four logins at once, as many as Node has threads for it, take half a gigabyte. */
const maxScryptBytes = 128 * 1024 * 1024
/** Multiplies the time and not the memory. */
const maxScryptP = 4
/** RFC 7914 asks for no least length; below 8 bytes salts repeat, and above 64 nothing is gained. */
const saltBytes = { min: 8, max: 64 }
/** Below 16 bytes a hash can be hit by chance, 64 is the longest that is in use. */
const hashBytes = { min: 16, max: 64 }
/** 32 MiB, and about 0.1 to 0.2 s in a thread of its own. */
const newHash = { ln: 15, r: 8, p: 1, saltBytes: 16, hashBytes: 32 }

interface ScryptHash {
  N: number
  r: number
  p: number
  salt: Buffer
  hash: Buffer
}

type Form =
  | { kind: 'plain'; secret: string }
  | { kind: 'bcrypt'; text: string; cost: number }
  | { kind: 'scrypt'; hash: ScryptHash }

/** What an account's secret is compared with: the secret itself, or its hash by bcrypt (`$2b$…`) or scrypt (`$scrypt$…`). */
export class StoredSecret {
  readonly #form: Form
  /** Stands in for the secret that a hash does not tell, so that a key costs the same to refuse. */
  readonly #unknown = randomBytes(16).toString('hex')

  private constructor(form: Form) {
    this.#form = form
  }

  /**
   * @param where the place in the configuration, for messages
   * @throws ConfigError for an empty secret, and for what looks like a hash and is none that can be checked
   */
  static parse(text: string, where: string): StoredSecret {
    if (text === '') throw new ConfigError(`${where}: the secret is empty, which would be a login without one`)
    if (text.startsWith('$scrypt$')) return new StoredSecret({ kind: 'scrypt', hash: parseScrypt(text, where) })
    if (/^\$2\w?\$/.test(text)) return new StoredSecret(parseBcrypt(text, where))
    if (/^\$(argon2\w*|pbkdf2[\w-]*|apr1|sha1|md5|[1567y]|gy)\$/.test(text)) {
      throw new ConfigError(`${where}: the secret is a hash of a form that is not supported`, {
        hint: 'Use bcrypt ($2b$…) or scrypt ($scrypt$ln=15,r=8,p=1$…).'
      })
    }
    return new StoredSecret({ kind: 'plain', secret: text })
  }

  get kind(): 'plain' | 'bcrypt' | 'scrypt' {
    return this.#form.kind
  }

  /** Can an MD5 challenge be checked? That takes the secret itself. */
  get canAnswerChallenge(): boolean {
    return this.#form.kind === 'plain'
  }

  /** What one comparison costs, to find the dearest: a rough measure, 0 for a plain one. */
  get cost(): number {
    if (this.#form.kind === 'plain') return 0
    // Measured: bcryptjs at cost 12 takes about four times as long as scrypt with N = 2^15, r = 8.
    if (this.#form.kind === 'bcrypt') return 2 ** this.#form.cost * 256
    const { N, r, p } = this.#form.hash
    return N * r * p
  }

  /** Where it is kept in plain: compared at once. Takes the same time whatever is wrong. */
  acceptsPlain(secret: string): boolean {
    return this.#form.kind === 'plain' && equalInConstantTime(this.#form.secret, secret)
  }

  /** Takes the same time whatever is wrong. */
  async accepts(secret: string): Promise<boolean> {
    const form = this.#form
    if (form.kind === 'plain') return this.acceptsPlain(secret)
    if (form.kind === 'bcrypt') return bcrypt.compare(secret, form.text)
    const { hash, salt, ...cost } = form.hash
    return timingSafeEqual(await scryptOf(secret, salt, hash.length, cost), hash)
  }

  /** @param key lower-case hex of MD5(challenge + secret); never right for a hash */
  acceptsKey(challenge: string, key: string): boolean {
    const secret = this.#form.kind === 'plain' ? this.#form.secret : this.#unknown
    return equalInConstantTime(md5Key(challenge, secret), key) && this.canAnswerChallenge
  }
}

/** Hashes a secret for the configuration: PHC form, `$scrypt$ln=15,r=8,p=1$salt$hash`, base64 without padding. */
export async function hashSecret(secret: string): Promise<string> {
  if (secret === '') throw new ConfigError('an empty secret would be a login without one')
  const { ln, r, p } = newHash
  const salt = randomBytes(newHash.saltBytes)
  const hash = await scryptOf(secret, salt, newHash.hashBytes, { N: 2 ** ln, r, p })
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
}

/** `$scrypt$ln=15,r=8,p=1$salt$hash`; `N=32768` may stand for `ln=15`. */
function parseScrypt(text: string, where: string): ScryptHash {
  const refuse = (why: string) =>
    new ConfigError(`${where}: the scrypt hash ${why}`, { hint: 'Its form is $scrypt$ln=15,r=8,p=1$salt$hash, in base64.' })
  const found = /^\$scrypt\$(ln|N)=(\d{1,7}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)={0,2}\$([A-Za-z0-9+/]+)={0,2}$/.exec(text)
  if (!found) throw refuse('cannot be read')
  const name = found[1]!
  const [cost, r, p] = [Number(found[2]), Number(found[3]), Number(found[4])]
  if (name === 'ln' && cost > 24) throw refuse('needs too much memory')
  const N = name === 'ln' ? 2 ** cost : cost
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1) throw refuse('has impossible parameters')
  if (128 * N * r > maxScryptBytes) throw refuse(`needs more than ${maxScryptBytes / 1024 / 1024} MiB`)
  if (p > maxScryptP) throw refuse(`has p > ${maxScryptP}, which takes too long`)
  const salt = Buffer.from(found[5]!, 'base64')
  const hash = Buffer.from(found[6]!, 'base64')
  if (salt.length < saltBytes.min || salt.length > saltBytes.max) throw refuse('has a salt that is too short or too long')
  if (hash.length < hashBytes.min || hash.length > hashBytes.max) throw refuse('is too short or too long')
  return { N, r, p, salt, hash }
}

function parseBcrypt(text: string, where: string): Form {
  const found = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)
  const cost = Number(found?.[1])
  if (!found || cost < 4)
    throw new ConfigError(`${where}: the bcrypt hash cannot be read`, { hint: 'Its form is $2b$10$ and 53 characters.' })
  if (cost > maxBcryptCost) {
    throw new ConfigError(`${where}: the bcrypt hash has cost ${cost}, and one login would take too long`, {
      hint: `Hash the secret again with a cost of at most ${maxBcryptCost}.`
    })
  }
  return { kind: 'bcrypt', text, cost }
}

function scryptOf(
  secret: string,
  salt: Buffer,
  bytes: number,
  cost: Required<Pick<ScryptOptions, 'N' | 'r' | 'p'>>
): Promise<Buffer> {
  // OpenSSL needs a little more than 128 * N * r bytes; its own limit is 32 MiB.
  const options = { ...cost, maxmem: 2 * maxScryptBytes }
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, bytes, options, (error, hash) => (error ? reject(error) : resolve(hash)))
  })
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
