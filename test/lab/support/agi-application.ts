import { scratchFile } from './program.js'

/**
 * An AGI application that does as the first argument of AGI() says, as a process that can be killed: `node FILE serve PORT` is a FastAGI server (0 picks a port, and
 * it prints `port N`), without words it is a script on stdin and stdout. On stderr it tells where it is, as `stage NAME PID`.
 */
const program = String.raw`#!/usr/bin/env node
const net = require('node:net')
const tell = (stage) => process.stderr.write('stage ' + stage + ' ' + process.pid + '\n')

const acts = {
  /** Asks, tells, and ends in good order. */
  async word(call) {
    const answer = await call.ask('GET FULL VARIABLE "\${CHANNEL(language)} \${EXTEN}"')
    await call.ask('SET VARIABLE WORD "' + /\((.*)\)/.exec(answer)[1] + '"')
  },
  async silent() {
    tell('silent')
    await new Promise(() => {})
  },
  async command(call) {
    tell('command')
    await call.ask('WAIT FOR DIGIT 4000')
    await new Promise(() => {})
  },
  async between(call) {
    await call.ask('SET VARIABLE WORD between')
    tell('between')
    await new Promise(() => {})
  },
  /** Until the caller hangs up. */
  async polite(call) {
    tell('polite')
    await call.hangup
  },
  async slow(call) {
    await new Promise((resolve) => setTimeout(resolve, 4000))
    await acts.word(call)
  },
  async long(call) {
    await call.ask('SET VARIABLE WORD ' + 'x'.repeat(9000))
  },
  async half(call) {
    call.write('SET VARIABLE WO')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    await call.ask('RD whole')
  },
  async unfinished(call) {
    call.write('SET VARIABLE WO')
  },
  async pipelined(call) {
    const answers = call.answers(3)
    call.write('SET VARIABLE A a\nSET VARIABLE B b\nSET VARIABLE WORD three\n')
    await answers
  },
  /** 60 MB of commands, while the first one runs for half a minute. */
  async flood(call) {
    call.write('WAIT FOR DIGIT 30000\n')
    const line = 'SET VARIABLE WORD ' + 'x'.repeat(8000) + '\n'
    for (let bytes = 0; bytes < 60 * 2 ** 20; bytes += line.length) {
      if (call.write(line)) continue
      const stuck = setTimeout(tell, 500, 'flood')
      await new Promise((resolve) => call.stream.once('drain', resolve))
      clearTimeout(stuck)
    }
  },
  /** As fast as it can, and for as long as it is let. */
  async hurry(call) {
    tell('hurry')
    for (;;) if (!call.write('SET VARIABLE WORD x\n'.repeat(100))) await new Promise((resolve) => call.stream.once('drain', resolve))
  },
  async failure(call) {
    call.write('failure: I do not like it\n')
    await call.over
  },
  async denied(call) {
    const answer = await call.ask('EXEC System "true"')
    await call.ask('SET VARIABLE WORD ' + answer.slice(0, 3))
  },
  async crlf(call) {
    await call.ask('SET VARIABLE WORD crlf\r')
  },
  async nul(call) {
    const answer = await call.ask('SET VARIABLE WORD a\0b')
    await call.ask('SET VARIABLE WORD ' + answer.slice(0, 3))
  },
  async close() {},
  async reset(call) {
    tell('reset')
    call.stream.resetAndDestroy()
  }
}

async function serve(input, output) {
  let text = ''
  let isInHeaders = true
  let hungUp, ended
  const waiting = []
  const call = {
    stream: input,
    hangup: new Promise((resolve) => (hungUp = resolve)),
    over: new Promise((resolve) => (ended = resolve)),
    write: (line) => output.write(line),
    answers: (count) => Promise.all(Array.from({ length: count }, () => new Promise((resolve) => waiting.push(resolve)))),
    ask: (line) => {
      const answer = call.answers(1)
      output.write(line + '\n')
      return answer.then(([one]) => one)
    }
  }
  const headers = await new Promise((resolve) => {
    input.on('error', () => {}).on('end', ended).on('close', ended)
    output.on('error', () => {})
    process.on('SIGHUP', hungUp)
    input.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (isInHeaders) {
        const end = text.indexOf('\n\n')
        if (end < 0) return
        isInHeaders = false
        resolve(text.slice(0, end))
        text = text.slice(end + 2)
      }
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
        const line = text.slice(0, at)
        text = text.slice(at + 1)
        if (line === 'HANGUP') hungUp()
        else if (/^\d{3} /.test(line)) waiting.shift()?.(line)
      }
    })
  })
  // As a script it has its argument as a word, too.
  const act = /agi_arg_1: (\w+)/.exec(headers)?.[1] ?? 'word'
  await acts[act](call)
  output.end()
  if (input !== output) process.exit(0)
}

if (process.argv[2] === 'serve') {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void serve(socket, socket))
  server.listen({ port: Number(process.argv[3]), host: '127.0.0.1', backlog: 1 }, () => console.log('port ' + server.address().port))
} else void serve(process.stdin, process.stdout)
`

let written: string | undefined

/** The program, written once; whoever runs it as a script has to make it executable. */
export function agiApplication(): string {
  written ??= scratchFile('application.cjs', program)
  return written
}
