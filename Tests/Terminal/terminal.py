"""Runs a program on a terminal of so many columns: terminal.py COLUMNS PROGRAM ARGUMENT...

What the program writes to its terminal goes to stdout, its exit status is passed on.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

columns, program = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    os.execv(program[0], program)
while True:
    try:
        output = os.read(terminal, 65536)
    except OSError:  # The terminal is gone with the program.
        break
    if not output:
        break
    os.write(1, output)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
