# SPDX-License-Identifier: MPL-2.0
"""Records and packets, sections 3 and 4 of PROTOCOL.md: bytes in, records out, and back."""

import struct

import msgpack

from .protocol import FRAME_BYTES, FRAMES, HEADER_BYTES, NAME_BYTES, PACKET_BYTES, Option
from .values import ESCAPE

_U32 = 0xFFFFFFFF
_U64 = 0xFFFFFFFFFFFFFFFF
_FLAGS = (Option.TAIL, Option.PART, Option.STREAM)
_LARGEST = {Option.STATUS: 255, Option.EXECUTED: 2, Option.SENT_MS: _U32, Option.TAIL: 1,
            Option.ALL: _U32, Option.PART: 1, Option.POLICY: 255, Option.STREAM: 1,
            Option.ITEMS: _U32, Option.BYTES: _U32, Option.PRIORITY: 9,
            Option.DELAY_MS: _U32}


class Malformed(ValueError):
    """A record that cannot be read: what is behind it in its packet cannot be either."""


class Record:
    """One record. `body` is its bytes, all of them, wherever they travelled."""

    __slots__ = ("type", "id", "name", "peer", "ttl_ms", "options", "body", "detached")

    def __init__(self, type, id=0, name="", peer="", ttl_ms=None, options=None, body=b"",
                 detached=None):
        self.type = type
        self.id = id
        self.name = name
        self.peer = peer
        self.ttl_ms = ttl_ms
        self.options = options or {}
        self.body = body
        #  as a frame of its own; None: as its size wants
        self.detached = len(body) >= FRAME_BYTES if detached is None else detached


# --- writing ------------------------------------------------------------------------


def check_fields(name, peer, options):
    """ValueError for what no header can say: it is told to who gives it, since where it is
    sent nobody is there to be told."""
    texts = {"the name of a function": name, "the name of a process": peer,
             "the key": options.get(Option.KEY, "")}
    for what, text in texts.items():
        if not isinstance(text, str) or len(text.encode(errors=ESCAPE)) > NAME_BYTES:
            raise ValueError(f"{what}: a text of at most {NAME_BYTES} bytes was expected")
    for key in options.keys() & _LARGEST.keys():
        value = options[key]
        if not isinstance(value, int) or isinstance(value, bool) or \
                not 0 <= value <= _LARGEST[key]:
            raise ValueError(f"{key.name.lower()}: a number from 0 to {_LARGEST[key]} was "
                             "expected")


def _text(text):
    return msgpack.packb(text or None, unicode_errors=ESCAPE)


def _options(options):
    parts = [bytes((0x80 | len(options),))]
    for key in sorted(options):
        parts.append(bytes((key,)))
        if key == Option.SENT_MS:
            parts.append(struct.pack(">BI", 0xCE, options[key]))
        else:
            parts.append(msgpack.packb(options[key], unicode_errors=ESCAPE))
    return b"".join(parts)


def write_header(record, size):
    """The canonical form; `size` is None where the body is a frame."""
    ttl = b"\xc0" if record.ttl_ms is None else struct.pack(">BI", 0xCE, record.ttl_ms)
    parts = [struct.pack(">BBBQ", 0x97 if record.options else 0x96, record.type, 0xCF,
                         record.id),
             _text(record.name), _text(record.peer), ttl, msgpack.packb(size)]
    if record.options:
        parts.append(_options(record.options))
    return b"".join(parts)


def write_message(records):
    """The frames of one message: the packet, and a frame for each large body."""
    packet, frames = [], []
    for record in records:
        if record.detached:
            packet.append(write_header(record, None))
            frames.append(record.body)
        else:
            packet.append(write_header(record, len(record.body)))
            packet.append(record.body)
    return [b"".join(packet), *frames]


def write_messages(records):
    """As few messages as hold them, each with a packet of at most about 64 KiB."""
    batch, size, frames = [], 0, 0
    for record in records:
        own = HEADER_BYTES // 8 + (0 if record.detached else len(record.body))
        if batch and (size + own > PACKET_BYTES or frames >= FRAMES):
            yield write_message(batch)
            batch, size, frames = [], 0, 0
        batch.append(record)
        size += own
        frames += record.detached
    if batch:
        yield write_message(batch)


# --- reading ------------------------------------------------------------------------


def _number(value, largest, what):
    if type(value) is not int or not 0 <= value <= largest:
        raise Malformed(f"{what} is {value!r}")
    return value


def _name(value, what):
    if value is None:
        return ""
    if type(value) is not str or len(value.encode(errors=ESCAPE)) > NAME_BYTES:
        raise Malformed(f"{what} is no short text")
    return value


def _read_options(pairs):
    if pairs is None:
        return {}
    if type(pairs) is not tuple:
        raise Malformed("the options are no map")
    options = {}
    for key, value in pairs:
        if type(key) is not int:
            continue
        if key in _LARGEST:
            options[Option(key)] = _number(value, _LARGEST[key], Option(key).name)
        elif key == Option.KEY:
            if type(value) is not str:
                raise Malformed("a key is text")
            options[Option.KEY] = _name(value, "the key")
    for flag in _FLAGS:
        if not options.get(flag, 1):
            del options[flag]
    return options


def _read_header(packet, at):
    """The fields of the header at this place, and the place behind it."""
    window = packet[at:at + HEADER_BYTES]
    if not 0x90 <= window[0] <= 0x9F and window[0] not in (0xDC, 0xDD):
        raise Malformed("no array")
    #  maps as tuples of pairs: their keys may be of any kind
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors=ESCAPE,
                                object_pairs_hook=tuple, max_buffer_size=HEADER_BYTES)
    unpacker.feed(window)
    try:
        fields = unpacker.unpack()
    except (ValueError, TypeError, msgpack.OutOfData, msgpack.UnpackException) as reason:
        raise Malformed("no whole header within its limit") from reason
    if len(fields) < 6:
        raise Malformed("fewer than six elements")
    return fields, at + unpacker.tell()


def _read_record(packet, at, frames):
    fields, at = _read_header(packet, at)
    record = Record(_number(fields[0], 127, "the type"), _number(fields[1], _U64, "the id"),
                    _name(fields[2], "the name"), _name(fields[3], "the peer"))
    if fields[4] is not None:
        record.ttl_ms = _number(fields[4], _U32 - 1, "the ttl")
    size = None if fields[5] is None else _number(fields[5], _U32, "the size")
    record.options = _read_options(fields[6] if len(fields) > 6 else None)
    record.detached = size is None
    try:
        if size is None:
            record.body = next(frames)
        elif size > len(packet) - at:
            raise Malformed("the size is more than is there")
        else:
            record.body = packet[at:at + size]
            at += size
        if record.options.pop(Option.TAIL, 0):
            record.body += next(frames)
    except StopIteration:
        raise Malformed("a frame that is not there") from None
    return record, at


def read_message(frames):
    """The records of a message, in order. Malformed where one cannot be read: those before
    it have been told."""
    packet, rest = bytes(frames[0]), iter(frames[1:])
    at = 0
    while at < len(packet):
        record, at = _read_record(packet, at, rest)
        yield record
