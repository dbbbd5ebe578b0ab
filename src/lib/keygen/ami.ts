import { md5Key } from '../ami/login.js'
import { type Generated, lineValue, shellQuoted } from './generated.js'
import { alphabetOf, type RandomText, randomText, strengthNote } from './random-text.js'

/** 190 bits, of characters that mean nothing in any file, header or URI. */
const defaultLength = 32

export interface TextChoice {
  length?: number | undefined
  alphabet?: string | undefined
}

/** Random text as wanted, else 32 letters and digits. @throws UsageError */
export function chosenText({ length = defaultLength, alphabet = 'alphanumeric' }: TextChoice): RandomText {
  return randomText(length, alphabetOf(alphabet))
}

/** A secret for manager.conf, with the section of a user who may look and not change anything. @throws UsageError */
export function generateAmiSecret({ username = 'pbxkit', ...choice }: TextChoice & { username?: string | undefined }): Generated {
  const made = chosenText(choice)
  const secret = made.text
  return {
    facts: { type: 'ami', username, secret, entropyBits: made.entropyBits },
    texts: {
      value: `${secret}\n`,
      conf: `[${lineValue(username, 'The user')}]
secret = ${lineValue(secret, 'The secret')}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = system,call,agent,user,cdr,reporting
write = reporting
`,
      ini: `username = ${lineValue(username, 'The user')}\nsecret = ${lineValue(secret, 'The secret')}\n`,
      env: `PBXKIT_USERNAME=${shellQuoted(username)}\nPBXKIT_SECRET=${shellQuoted(secret)}\n`
    },
    preferred: 'value',
    note: strengthNote(made)
  }
}

/** The `Key` of a Login with `AuthType: MD5`: MD5(challenge + secret) in lower-case hex. */
export function answerChallenge(challenge: string, secret: string): Generated {
  const key = md5Key(challenge, secret)
  return { facts: { type: 'ami', challenge, key }, texts: { value: `${key}\n` }, preferred: 'value' }
}

/** The key that clients of the proxy send as `ProxyKey`. @throws UsageError */
export function generateProxyKey(choice: TextChoice): Generated {
  const made = chosenText(choice)
  return {
    facts: { type: 'proxykey', proxyKey: made.text, entropyBits: made.entropyBits },
    texts: {
      value: `${made.text}\n`,
      // astmanproxy.conf
      conf: `proxykey = ${lineValue(made.text, 'The key')}\n`,
      env: `PBXKIT_PROXY_KEY=${shellQuoted(made.text)}\n`
    },
    preferred: 'value',
    note: strengthNote(made)
  }
}
