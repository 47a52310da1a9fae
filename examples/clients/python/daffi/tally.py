# SPDX-License-Identifier: MPL-2.0
"""How often a function ran, and for how long: what `$node.stats` tells of it.

Times are counted in classes, eight to each power of two, so that a quantile costs no
memory and is at most an eighth too large."""

import math

CLASSES = 8


class Tally:
    """Changed and read under the lock."""

    def __init__(self):
        self.begun = self.ended = self.failed = 0
        self.longest_us = 0.0
        self._classes = {}

    def begin(self):
        self.begun += 1

    def end(self, time_us, failed):
        self.ended += 1
        self.failed += failed
        self.longest_us = max(self.longest_us, time_us)
        fraction, power = math.frexp(max(time_us, 1.0))
        each = power * CLASSES + int((2 * fraction - 1) * CLASSES)
        self._classes[each] = self._classes.get(each, 0) + 1

    def quantile_us(self, share):
        """The end of the class that it falls into; 0 where nothing ran."""
        left = share * self.ended
        for each in sorted(self._classes):
            left -= self._classes[each]
            if left <= 0:
                power, part = divmod(each, CLASSES)
                return min(math.ldexp(0.5 + (part + 1) / (2 * CLASSES), power),
                           self.longest_us)
        return self.longest_us

    def told(self, function):
        return {"function": function, "calls": self.ended, "failed": self.failed,
                "running": self.begun - self.ended, "p50_us": self.quantile_us(0.5),
                "p90_us": self.quantile_us(0.9), "p99_us": self.quantile_us(0.99),
                "max_us": float(self.longest_us)}
