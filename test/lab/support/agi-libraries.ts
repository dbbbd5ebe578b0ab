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

export const agiLibraries: Readonly<Record<string, AgiLibrary>> = {
  'ding-dong 0.1.7 (npm), FastAGI': {
    debian: [],
    npm: ['ding-dong@0.1.7'],
    command: [process.execPath],
    form: 'server',
    program: `
const AGIServer = require('node:module').createRequire(process.env.LAB_FROM)('ding-dong')
const handler = (context) => {
  let extension
  context.onEvent('variables')
    .then((variables) => { extension = variables.agi_extension; return context.answer() })
    .then(() => context.getVariable('GREETING'))
    .then((reply) => context.setVariable('WORD', extension + ' ' + reply.value))
    .then(() => context.streamFile('beep', '#'))
    .then(() => context.end())
}
new AGIServer(handler, { debug: false }).start(Number(process.argv[2]), '127.0.0.1').once('listening', () => console.log('listening'))
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
