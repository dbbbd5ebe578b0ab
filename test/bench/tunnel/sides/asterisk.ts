// An Asterisk that costs next to nothing: sends recorded headers, and answers every line at once. Shares no code with what is measured.
import net from 'node:net'

/** Calls to make, one message for each order; told when all are over. */
export interface CallOrder {
  port: number
  calls: number
  parallel: number
  /** `agi_arg_1`: what the application is to do. */
  act: string
}

/** As Asterisk 22 sends them. */
const headers = [
  'agi_network: yes',
  'agi_request: agi://127.0.0.1:4574',
  'agi_channel: PJSIP/phone-00000001',
  'agi_language: en',
  'agi_type: PJSIP',
  'agi_uniqueid: 1795247331.1',
  'agi_version: 22.10.1',
  'agi_callerid: 1000',
  'agi_calleridname: Lab Caller',
  'agi_callingpres: 0',
  'agi_callingani2: 0',
  'agi_callington: 0',
  'agi_callingtns: 0',
  'agi_dnid: alice',
  'agi_rdnis: unknown',
  'agi_context: phones',
  'agi_extension: alice',
  'agi_priority: 2',
  'agi_enhanced: 0.0',
  'agi_accountcode: ',
  'agi_threadid: 140081670141632'
].join('\n')

const lf = 0x0a
const user = Buffer.from('200 result=1 (alice)\n')
const done = Buffer.from('200 result=1\n')
const hangup = Buffer.from('HANGUP\n')
/** A reply with a value that fills a line of 1000 bytes. */
const longReply = Buffer.from(`200 result=1 (${'x'.repeat(984)})\n`)
const chunk = Buffer.concat(Array.from({ length: 64 }, () => longReply))

function call(port: number, act: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    let asked = 0
    socket.write(`${headers}\nagi_arg_1: ${act}\n\n`)
    socket.on('data', (bytes: Buffer) => {
      // The tunnel's first question is whose call it is.
      if (asked === 0 && bytes.includes('SANDBOX_USERNAME')) {
        asked++
        socket.write(user)
        return
      }
      asked++
      const wanted = /VERBOSE (\d+)/.exec(bytes.toString('latin1', 0, 40))?.[1]
      if (wanted !== undefined) return void flood(socket, Number(wanted))
      let replies = 0
      for (let at = bytes.indexOf(lf); at >= 0; at = bytes.indexOf(lf, at + 1)) replies++
      if (replies === 1) socket.write(done)
      else if (replies > 1) socket.write(Buffer.concat(Array.from({ length: replies }, () => done)))
    })
    socket.on('end', () => socket.end(hangup))
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}

async function flood(socket: net.Socket, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve))
  }
}

async function make({ port, calls, parallel, act }: CallOrder): Promise<void> {
  let left = calls
  const work = async () => {
    while (left-- > 0) await call(port, act)
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: parallel }, work))
  process.send!({ seconds: (performance.now() - started) / 1000 })
}

process.on('message', (order: CallOrder) => {
  make(order).catch((error: Error) => process.send!({ error: error.message }))
})
process.stderr.write('ready asterisk=none:1\n')
