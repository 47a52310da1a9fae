# SPDX-License-Identifier: MPL-2.0
"""The numbers of node/wire/PROTOCOL.md, and nothing else."""

import enum

VERSION = 1


class Type(enum.IntEnum):
    """Commands, section 6."""

    HELLO = 1
    WELCOME = 2
    UPDATE = 3
    CALL = 4
    RESULT = 5
    ERROR = 6
    CAST = 7
    CHUNK = 8
    CREDIT = 9
    END = 10
    CANCEL = 11
    WAIT = 12
    SUBSCRIBE = 13
    EVENT = 14
    SCHEDULE = 15
    PING = 16
    PONG = 17
    DRAIN = 18
    GOODBYE = 19
    WHO = 20
    PROGRESS = 21


class Option(enum.IntEnum):
    """Keys of a header's options, section 4.2."""

    STATUS = 1
    EXECUTED = 2
    SENT_MS = 3
    TAIL = 4
    ALL = 5
    PART = 6
    POLICY = 7
    KEY = 8
    STREAM = 9
    ITEMS = 10
    BYTES = 11
    PRIORITY = 12
    DELAY_MS = 13


class Status(enum.IntEnum):
    """What an ERROR says, section 5."""

    OK = 0
    INVALID = 1
    NO_MEMORY = 2
    SYSTEM = 3
    INTERNAL = 4
    PENDING = 5
    TIMEOUT = 6
    CANCELLED = 7
    FAILED = 8
    TYPE = 9
    NO_PROCESS = 10
    NO_FUNCTION = 11
    PROCESS_LOST = 12
    CONTROLLER_LOST = 13
    NOT_CONNECTED = 14
    BUSY = 15
    TOO_BIG = 16
    DRAINING = 17
    STOPPED = 18
    REFUSED = 19
    NAME_TAKEN = 20
    EXISTS = 21
    NOT_FOUND = 22
    ENDPOINT = 23
    PROTOCOL = 24
    UNSUPPORTED = 25
    DEADLOCK = 26
    END = 27
    NO_PAYLOAD = 28
    BAD_PAYLOAD = 29
    CRASHED = 30
    LIMIT = 31
    FORBIDDEN = 32

    @classmethod
    def read(cls, number):
        """A number that is not known counts as FAILED."""
        try:
            return cls(number)
        except ValueError:
            return cls.FAILED


class Executed(enum.IntEnum):
    """What a caller must know before it tries again."""

    NO = 0
    MAYBE = 1
    YES = 2


class Policy(enum.IntEnum):
    """Who gets a call that names no process, section 8.4."""

    LEAST = 0
    ROUND_ROBIN = 1
    RANDOM = 2
    KEY = 3
    LOCAL_FIRST = 4


class EventType(enum.IntEnum):
    JOINED = 1
    LEFT = 2
    FUNCTION_ADDED = 3
    FUNCTION_REMOVED = 4
    LOST = 5


class TaskEventType(enum.IntEnum):
    LOST = 5
    FAILED = 6
    ENDED = 7


class Reason(enum.IntEnum):
    """Why a process left."""

    NONE = 0
    GOODBYE = 1
    LOST = 2
    SUPERSEDED = 3
    EXPIRED = 4


# Limits, section 10, and what a sender should do, section 3.
HEADER_BYTES = 1024
NAME_BYTES = 128
SIGNATURE_BYTES = 512
ERROR_TEXT_BYTES = 255
NESTING = 16
VALUES = 100_000
MESSAGE_BYTES = 64 << 20
WAITING_BYTES = 64 << 20
PACKET_BYTES = 64 << 10
FRAME_BYTES = 8 << 10
FRAMES = 1000
WINDOW_ITEMS = 64
WINDOW_BYTES = 1 << 20

# Named arguments: the one key of the map behind the others, section 6, CALL.
NAMED = "$named"
