# SPDX-License-Identifier: MPL-2.0
"""What is wrong with an option is said where it is given: where it is used, in the I/O
thread, nobody is there to be told."""

import re

from .exceptions import InitializationError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")
_LONGEST = 48 * 3600


def check_name(of, name):
    if not isinstance(name, str) or not _NAME.match(name):
        raise InitializationError(f"{name!r} is no name of {of}: 1 to 128 of "
                                  "A-Z a-z 0-9 . _ -")


def check_workers(workers):
    if not isinstance(workers, int) or workers < 1:
        raise InitializationError(f"workers={workers!r}: a number of threads, at least 1, was "
                                  "expected")


def check_heartbeat(wanted):
    if not isinstance(wanted, (int, float)) or not 0 <= wanted <= _LONGEST:
        raise InitializationError(f"a heartbeat of {wanted!r}: seconds were expected")
