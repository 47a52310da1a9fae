#!/usr/bin/env python3
#  SPDX-License-Identifier: MPL-2.0
"""terminal.py COMMAND…: runs it on a pseudo-terminal of 80 columns, prints all that it
showed there, and ends with its exit code. TERM is xterm and there are 25 lines, unless
the environment (TERM, LINES, and COLUMNS for those 80) says otherwise."""
import fcntl
import os
import pty
import struct
import sys
import termios

pid, master = pty.fork()
if pid == 0:
    os.environ.setdefault("TERM", "xterm")
    lines, columns = (int(os.environ.pop(*each)) for each in (("LINES", 25), ("COLUMNS", 80)))
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as error:
        print(error)
        os._exit(127)

try:
    while data := os.read(master, 65536):
        os.write(1, data.replace(b"\r\n", b"\n"))
except OSError:
    pass  # Linux says EIO when the other side is closed
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
