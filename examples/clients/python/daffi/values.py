# SPDX-License-Identifier: MPL-2.0
"""Bodies: one msgpack value each, checked as section 4.3 of PROTOCOL.md says.

A str that came in with bytes that are no UTF-8 goes out with the same bytes. A map whose
keys Python cannot hash comes as `Pairs`.
"""

from dataclasses import dataclass

import msgpack

from .exceptions import error
from .protocol import MESSAGE_BYTES, NESTING, VALUES, Status

ESCAPE = "surrogateescape"


class Pairs(list):
    """A map as a list of (key, value)."""


@dataclass(frozen=True)
class ReservedExt:
    """An ext of a type below 0, which msgpack keeps for itself: for reading only."""

    code: int
    data: bytes


def _read_ext(code, data):
    return msgpack.ExtType(code, data) if code >= 0 else ReservedExt(code, data)


def _read_map(pairs):
    try:
        return dict(pairs)
    except TypeError:
        return Pairs(pairs)


def _foreign(value):
    if isinstance(value, int):
        raise TypeError("an integer of more than 64 bits cannot travel")
    raise TypeError(f"{type(value).__name__} cannot travel: nil, bool, int, float, str, "
                    "bytes, list, tuple and dict can")


def _children(value):
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, Pairs):
        for pair in value:
            yield from pair
    else:
        yield from value


def _check(value):
    """Raises ValueError where the value is nested too deep or holds too many others."""
    level, count, depth = [value], 1, 0
    while level:
        level = [each for each in level if isinstance(each, (list, tuple, dict))]
        if not level:
            return
        depth += 1
        if depth > NESTING:
            raise ValueError(f"nested more than {NESTING} deep")
        level = [child for each in level for child in _children(each)]
        count += len(level)
        if count > VALUES:
            raise ValueError(f"more than {VALUES} values")


def pack(value):
    """The bytes of a value; INVALID or TOO_BIG where it cannot travel."""
    try:
        _check(value)
        data = msgpack.packb(value, default=_foreign, unicode_errors=ESCAPE)
    except (TypeError, ValueError, OverflowError) as reason:
        raise error(Status.INVALID, str(reason)) from reason
    if len(data) > MESSAGE_BYTES:
        raise error(Status.TOO_BIG, f"{len(data)} bytes, more than {MESSAGE_BYTES}")
    return data


def unpack(data):
    """The value of a body; nothing is nil. ValueError where it is not one valid value."""
    if not data:
        return None
    options = {"raw": False, "strict_map_key": False, "unicode_errors": ESCAPE,
               "ext_hook": _read_ext, "max_array_len": VALUES, "max_map_len": VALUES}
    try:
        try:
            value = msgpack.unpackb(data, **options)
        except TypeError:
            value = msgpack.unpackb(data, object_pairs_hook=_read_map, **options)
    except (TypeError, OverflowError, RecursionError) as reason:
        raise ValueError(str(reason)) from reason
    if isinstance(value, (list, dict)):
        _check(value)
    return value
