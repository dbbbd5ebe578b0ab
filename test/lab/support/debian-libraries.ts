/**
 * AMI client libraries of other languages and authors than those of npm, as Debian has them. Each program logs in, pings, runs a
 * command and waits for an event, and prints each step as a line `step value`, as those of libraries.ts do. LAB_PORT, LAB_USERNAME, LAB_SECRET
 * and LAB_CA (a certificate: then over TLS) are in the environment.
 */
interface DebianLibrary {
  readonly package: string
  /** Debian's own, whatever else of that name is in PATH. */
  readonly interpreter: string
  readonly overTls: boolean
  readonly program: string
}

export const debianLibraries: Readonly<Record<string, DebianLibrary>> = {
  'panoramisk (Python)': {
    package: 'python3-panoramisk',
    interpreter: '/usr/bin/python3',
    overTls: true,
    program: `
import asyncio, os, ssl
from panoramisk import Manager

ca = os.environ.get('LAB_CA')
manager = Manager(host='127.0.0.1', port=int(os.environ['LAB_PORT']), username=os.environ['LAB_USERNAME'], secret=os.environ['LAB_SECRET'],
                  ssl=ssl.create_default_context(cafile=ca) if ca else False)

def say(step, value):
    print(step, value, flush=True)

def on_event(manager, event):
    say('event', event.Word)

async def main():
    manager.loop = asyncio.get_running_loop()
    logged_in = asyncio.Event()
    manager.on_login = lambda _: logged_in.set()
    manager.register_event('UserEvent', on_event)
    await manager.connect()
    await logged_in.wait()
    say('login', 'ok')
    say('ping', (await manager.send_action({'Action': 'Ping'})).Ping)
    say('command', (await manager.send_command('core show version')).Output)
    endpoints = await manager.send_action({'Action': 'PJSIPShowEndpoints'}, as_list=True)
    say('list', ' '.join(item.ObjectName for item in endpoints if item.event == 'EndpointList'))
    say('ready', 'ok')
    await asyncio.Event().wait()

asyncio.run(main())
`
  },
  'Telephony::Asterisk::AMI (Perl)': {
    package: 'libtelephony-asterisk-ami-perl',
    interpreter: '/usr/bin/perl',
    overTls: false,
    program: `
use strict; use warnings;
use Telephony::Asterisk::AMI ();
$| = 1;
my $ami = Telephony::Asterisk::AMI->new(Host => '127.0.0.1', Port => $ENV{LAB_PORT}, Username => $ENV{LAB_USERNAME}, Secret => $ENV{LAB_SECRET});
$ami->connect or die $ami->error;
print "login ok\\n";
print 'ping ', $ami->action(Action => 'Ping')->{Ping}, "\\n";
print 'command ', $ami->action(Action => 'Command', Command => 'core show version')->{Output}, "\\n";
my @names;
$ami->action(Action => 'PJSIPShowEndpoints');
while (1) {
  my $item = $ami->read_response;
  push @names, $item->{ObjectName} if ($item->{Event} // '') eq 'EndpointList';
  last if ($item->{Event} // '') eq 'EndpointListComplete';
}
print "list @names\\n", "ready ok\\n";
while (1) {
  my $event = $ami->read_response;
  die $ami->error if ($event->{Response} // '') eq 'Error';
  next if ($event->{Event} // '') ne 'UserEvent';
  print "event $event->{Word}\\n";
  last;
}
$ami->disconnect or die $ami->error;
`
  },
  'RubyAMI (Ruby)': {
    package: 'ruby-ami',
    interpreter: '/usr/bin/ruby',
    overTls: false,
    program: `
require 'ruby_ami'
$stdout.sync = true
def say(step, value) = puts("#{step} #{value}")
logged_in, listed, names = Queue.new, Queue.new, []
on_event = ->(event) do
  next unless event.is_a? RubyAMI::Event
  logged_in << true if event.name == 'FullyBooted'
  names << event['ObjectName'] if event.name == 'EndpointList'
  listed << true if event.name == 'EndpointListComplete'
  say('event', event['Word']) if event.name == 'UserEvent'
end
quiet = Class.new { %w[trace debug info warn error].each { |level| define_method(level) { |*| } } }.new
stream = RubyAMI::Stream.new('127.0.0.1', ENV['LAB_PORT'].to_i, ENV['LAB_USERNAME'], ENV['LAB_SECRET'], on_event, quiet)
stream.async.run
logged_in.pop
say('login', 'ok')
say('ping', stream.send_action('Ping')['Ping'])
say('command', stream.send_action('Command', 'Command' => 'core show version')['Output'])
stream.send_action('PJSIPShowEndpoints')
listed.pop
say('list', names.join(' '))
say('ready', 'ok')
sleep
`
  },
  'socket and ssl of Python itself': {
    package: 'python3',
    interpreter: '/usr/bin/python3',
    overTls: true,
    program: `
import hashlib, os, socket, ssl

ca = os.environ.get('LAB_CA')
connection = socket.create_connection(('127.0.0.1', int(os.environ['LAB_PORT'])))
if ca:
    connection = ssl.create_default_context(cafile=ca).wrap_socket(connection, server_hostname='127.0.0.1')
stream = connection.makefile('rw', newline='')

def read():
    headers = {}
    for line in stream:
        line = line.rstrip('\\r\\n')
        if not line:
            return headers
        name, _, value = line.partition(': ')
        headers[name] = value
    raise EOFError

def action(**headers):
    stream.write(''.join(f'{name}: {value}\\r\\n' for name, value in headers.items()) + 'ActionID: 1\\r\\n\\r\\n')
    stream.flush()
    while True:
        answer = read()
        if 'Response' in answer:
            return answer

def say(step, value):
    print(step, value, flush=True)

assert stream.readline().startswith('Asterisk Call Manager/')
challenge = action(Action='Challenge', AuthType='MD5')['Challenge']
key = hashlib.md5((challenge + os.environ['LAB_SECRET']).encode()).hexdigest()
assert action(Action='Login', AuthType='MD5', Username=os.environ['LAB_USERNAME'], Key=key)['Response'] == 'Success'
say('login', 'ok')
say('ping', action(Action='Ping')['Ping'])
say('command', action(Action='Command', Command='core show version')['Output'])
action(Action='PJSIPShowEndpoints')
names = []
while (item := read())['Event'] != 'EndpointListComplete':
    if item['Event'] == 'EndpointList':
        names.append(item['ObjectName'])
say('list', ' '.join(names))
say('ready', 'ok')
while (event := read()).get('Event') != 'UserEvent':
    pass
say('event', event['Word'])
`
  }
}
