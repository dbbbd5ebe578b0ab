"""Runs a program on a pseudo-terminal: terminal.py STEPS PROGRAM [ARG ...]

STEPS is a JSON list of [text, reply]: each reply is typed once its text has been shown. Prints all that was shown; exits with the program's status.
"""
import json
import os
import pty
import select
import sys
import time

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

shown = b""
searched = 0
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    readable, _, _ = select.select([terminal], [], [], 0.5)
    if readable:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    while steps and steps[0][0].encode() in shown[searched:]:
        text, reply = steps.pop(0)
        searched = shown.index(text.encode(), searched) + len(text)
        os.write(terminal, reply.encode())
else:
    os.kill(pid, 9)

sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
