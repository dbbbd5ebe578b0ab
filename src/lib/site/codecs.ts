import { Fault, type Rule } from './rule.js'
import { nearest } from './tree.js'

/** Formats of Asterisk 22 that phones and providers speak (core/codec_builtin.c, and what passes through). */
export const codecNames = [
  'opus',
  'g722',
  'ulaw',
  'alaw',
  'gsm',
  'g729',
  'g723',
  'g726',
  'g726aal2',
  'ilbc',
  'lpc10',
  'speex',
  'speex16',
  'speex32',
  'siren7',
  'siren14',
  'g719',
  'slin',
  'slin16',
  'slin48',
  'silk8',
  'silk12',
  'silk16',
  'silk24',
  'codec2',
  'h261',
  'h263',
  'h263p',
  'h264',
  'h265',
  'vp8',
  'vp9',
  'mpeg4',
  't140',
  'red'
] as const

export const codec: Rule<string> = (text) => {
  const name = text.toLowerCase()
  return (codecNames as readonly string[]).includes(name)
    ? name
    : new Fault('is no codec that is known here', nearest(name, codecNames))
}
