# SPDX-License-Identifier: MPL-2.0
"""How a fetcher calls: FG, BG, NO_RETURN, BROADCAST, STREAM, PERIOD. A class or an
instance of it, as in `exec_modifier=BG (timeout=30)`.

Times are seconds, or texts: "5s", "1m24s", "1.2 minutes".
"""

import re
from dataclasses import dataclass
from typing import List, Optional, Union

from .exceptions import InitializationError

TimeUnits = Union[int, float, str]

_UNITS = {"ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "m": 60,
          "min": 60, "minute": 60, "h": 3600, "hour": 3600, "hr": 3600, "d": 86400,
          "day": 86400, "w": 604800, "wk": 604800, "week": 604800}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*,?", re.IGNORECASE)


def seconds(value):
    """None stays None."""
    if value is None or isinstance(value, (int, float)):
        if value != value:
            raise InitializationError("nan is no time")
        return value
    total, at, text = 0.0, 0, str(value).strip()
    while at < len(text):
        match = _PART.match(text, at)
        unit = match and (match[2].lower() or "s")
        unit = unit if unit in _UNITS else unit and unit.rstrip("s")
        if unit not in _UNITS:
            raise InitializationError(f"{value!r} is no time: say 5, \"5s\" or \"1m24s\"")
        total += float(match[1]) * _UNITS[unit]
        at = match.end()
    return total


@dataclass
class FG:
    """Wait for the result. A callback that yields gives an iterator."""

    timeout: Optional[TimeUnits] = None


@dataclass
class BG:
    """An AsyncResult at once; with `eta` it begins so many seconds later."""

    timeout: Optional[TimeUnits] = None
    eta: Optional[TimeUnits] = None
    return_result: bool = True


@dataclass
class NO_RETURN:
    """Fire and forget."""

    eta: Optional[TimeUnits] = None


@dataclass
class BROADCAST:
    """Every process that offers it: a dict from process to result. Where one failed its
    exception stands in place of the result. `stop_after` successes are enough."""

    timeout: Optional[TimeUnits] = None
    eta: Optional[TimeUnits] = None
    return_result: bool = True
    stop_after: int = 0


@dataclass
class STREAM:
    """An iterator always, also where the callback yields nothing."""

    timeout: Optional[TimeUnits] = None


@dataclass
class PERIOD:
    """A task: at the given times (UTC timestamps), every `interval`, or as `cron` says."""

    at_time: Optional[Union[List[float], float]] = None
    interval: Optional[TimeUnits] = None
    cron: Optional[str] = None


def instance(modifier):
    """`FG` stands for `FG ()`."""
    return modifier() if isinstance(modifier, type) else modifier
