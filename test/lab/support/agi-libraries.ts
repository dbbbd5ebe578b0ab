/**
 * AGI libraries of other authors, each with a program in the form of their own manuals. Each answers, reads a variable and a header, tells WORD what it
 * has read (`EXTENSION VARIABLE`), plays a sound and ends.
 */
export interface AgiLibrary {
  /** What it needs of Debian, and of npm as `name@version`. */
  readonly debian: readonly string[]
  readonly npm: readonly string[]
  /** The program to run it with, before the file. */
  readonly command: readonly string[]
  /** `server` is given its port as its first word; `script` talks on stdin and stdout. */
  readonly form: 'server' | 'script'
  /** What becomes of `hello there`: some cut a value at its first blank. */
  readonly greeting?: string
  readonly program: string
}

const perlCall = `
  my $agi = Asterisk::AGI->new;
  my %input = $agi->ReadParse;
  $agi->answer;
  my $greeting = $agi->get_variable('GREETING');
  $agi->set_variable('WORD', "$input{extension} $greeting");
  $agi->stream_file('beep');
`

const require = `const { createRequire } = require('node:module')
const library = (name) => createRequire(process.env.LAB_FROM)(name)
const port = Number(process.argv[2])
`

export const agiLibraries: Readonly<Record<string, AgiLibrary>> = {
  'ding-dong 0.1.7 (npm), FastAGI': {
    debian: [],
    npm: ['ding-dong@0.1.7'],
    command: [process.execPath],
    form: 'server',
    program: `${require}
const handler = (context) => {
  let extension
  context.onEvent('variables')
    .then((variables) => { extension = variables.agi_extension; return context.answer() })
    .then(() => context.getVariable('GREETING'))
    .then((reply) => context.setVariable('WORD', extension + ' ' + reply.value))
    .then(() => context.streamFile('beep', '#'))
    .then(() => context.end())
}
new (library('ding-dong'))(handler, { debug: false }).start(port, '127.0.0.1').once('listening', () => console.log('listening'))
`
  },
  'asterisk.io 0.1.1 (npm), FastAGI': {
    debian: [],
    npm: ['asterisk.io@0.1.1'],
    command: [process.execPath],
    form: 'server',
    // It takes a value only when there is no blank in it.
    greeting: 'null',
    program: `${require}
const agi = library('asterisk.io').agi(port, '127.0.0.1')
agi.on('listening', () => console.log('listening'))
agi.on('connection', (call) => {
  call.on('error', () => {})
  call.command('Answer', () =>
    call.command('Get Variable GREETING', (code, result, greeting) =>
      call.command('Set Variable WORD "' + call.agi_extension + ' ' + greeting + '"', () =>
        call.command('Stream File beep ""', () => call.close()))))
})
`
  },
  'panoramisk 1.4 on asyncio (Python), FastAGI': {
    debian: ['python3-panoramisk'],
    npm: [],
    command: ['/usr/bin/python3'],
    form: 'server',
    program: `
import asyncio, sys
from panoramisk import fast_agi

async def call(request):
    await request.send_command('ANSWER')
    reply = await request.send_command('GET VARIABLE GREETING')
    greeting = reply['result'][1]
    await request.send_command('SET VARIABLE WORD "%s %s"' % (request.headers['agi_extension'], greeting))
    await request.send_command('STREAM FILE beep ""')

async def main():
    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route('ivr', call)
    server = await asyncio.start_server(application.handler, '127.0.0.1', int(sys.argv[1]))
    print('listening', flush=True)
    await server.serve_forever()

asyncio.run(main())
`
  },
  'Asterisk::AGI on Net::Server (Perl), FastAGI': {
    debian: ['libasterisk-agi-perl', 'libnet-server-perl'],
    npm: [],
    command: ['/usr/bin/perl'],
    form: 'server',
    program: `
package Lab;
use strict; use warnings;
use base 'Net::Server::Fork';
use Asterisk::AGI;
sub post_bind_hook { print "listening\\n" }
sub process_request {
  $| = 1;
${perlCall}
}
$| = 1;
Lab->run(host => '127.0.0.1', port => $ARGV[0], log_level => 0, ipv => 4);
`
  },
  'Asterisk::AGI (Perl), a script': {
    debian: ['libasterisk-agi-perl'],
    npm: [],
    command: ['/usr/bin/perl'],
    form: 'script',
    program: `#!/usr/bin/perl
use strict; use warnings;
use Asterisk::AGI;
$| = 1;
${perlCall}
`
  }
}
