# SPDX-License-Identifier: MPL-2.0
"""The controller's clock as this process knows it, section 8.2: so that time on the wire
counts against a deadline too."""

import time
from collections import deque

from .protocol import Option

_MODULUS = 1 << 32
SAMPLES = 8


def local_ms():
    return time.monotonic() * 1000


class Clock:
    def __init__(self):
        self._samples = deque(maxlen=SAMPLES)

    def forget(self):
        self._samples.clear()

    def learn(self, sent_ms, clock_ms):
        """An answer has just come to what was sent at `sent_ms` of our own clock."""
        now = local_ms()
        if isinstance(clock_ms, int) and clock_ms > 0:
            self._samples.append((now - sent_ms, clock_ms - (sent_ms + now) / 2))

    def now_ms(self):
        """None where it is not known."""
        if not self._samples:
            return None
        return local_ms() + min(self._samples)[1]

    def stamp(self, record, _now=None):
        """Just before it is sent: `sent_ms`."""
        now = self.now_ms()
        if now is not None:
            record.options[Option.SENT_MS] = int(now) % _MODULUS

    def left_ms(self, record):
        """What is left of a received ttl; None: it has none."""
        if record.ttl_ms is None:
            return None
        sent, now = record.options.get(Option.SENT_MS), self.now_ms()
        if sent is None or now is None:
            return record.ttl_ms
        spent = (int(now) - sent) % _MODULUS
        return max(0, record.ttl_ms - (spent if spent < _MODULUS // 2 else 0))
