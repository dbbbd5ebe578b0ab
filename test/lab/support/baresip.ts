import fs from 'node:fs'
import path from 'node:path'
import { Program, scratchFolder } from './program.js'

export interface BaresipOptions {
  readonly name: string
  readonly password: string
  /** Of Asterisk on 127.0.0.1, TLS. */
  readonly port: number
  /** PEM file with what is trusted. */
  readonly caFile: string
  /** Typed when it has started. */
  readonly commands?: readonly string[]
}

/** baresip of Debian: a phone that speaks SIP over TLS and SRTP with keys in SDP (SDES), which it insists on. It hears nothing and sends a tone. */
export function startBaresip({ name, password, port, caFile, commands = [] }: BaresipOptions): Program {
  const folder = scratchFolder(`baresip-${name}`)
  const modules = ['account', 'menu', 'g711', 'srtp', 'aufile'].map(
    (one) => `module${one === 'account' || one === 'menu' ? '_app' : ''} ${one}.so\n`
  )
  const config = `sip_listen 127.0.0.1:0
sip_cafile ${caFile}
call_max_calls 2
audio_source aufile,${folder}/tone.wav
audio_player aufile,${folder}/heard.wav
audio_alert aufile,${folder}/alert.wav
rtp_ports 20000-20999
module_path /usr/lib/baresip/modules
${modules.join('')}`
  fs.writeFileSync(path.join(folder, 'config'), config)
  fs.writeFileSync(path.join(folder, 'tone.wav'), tone())
  const account = `<sip:${name}@127.0.0.1:${port};transport=tls>;auth_pass=${password};mediaenc=srtp-mand;audio_codecs=pcmu;answermode=auto;regint=60\n`
  fs.writeFileSync(path.join(folder, 'accounts'), account, { mode: 0o600 })
  fs.writeFileSync(path.join(folder, 'contacts'), '')
  return new Program(['-f', folder, ...commands.flatMap((one) => ['-e', one])], { command: ['baresip'] })
}

/** A minute of 500 Hz as WAVE: 8000 samples a second, 16 bits, mono. */
function tone(): Buffer {
  const samples = 8_000 * 60
  const wave = Buffer.alloc(44 + samples * 2)
  wave.write('RIFF', 0)
  wave.writeUInt32LE(36 + samples * 2, 4)
  wave.write('WAVEfmt ', 8)
  wave.writeUInt32LE(16, 16)
  wave.writeUInt16LE(1, 20)
  wave.writeUInt16LE(1, 22)
  wave.writeUInt32LE(8_000, 24)
  wave.writeUInt32LE(16_000, 28)
  wave.writeUInt16LE(2, 32)
  wave.writeUInt16LE(16, 34)
  wave.write('data', 36)
  wave.writeUInt32LE(samples * 2, 40)
  for (let sample = 0; sample < samples; sample++) wave.writeInt16LE(sample % 16 < 8 ? 8_000 : -8_000, 44 + sample * 2)
  return wave
}
