# SPDX-License-Identifier: MPL-2.0
"""Payloads: compiled functions that are shipped to a process and run there.

A payload is a shared object made with daffi_payload.h. It is known by its hash: a process
that has it already is not sent it again. Unsigned ones only: the receiving process must
take those (daffi_transfer.h, unsigned_local).
"""

import hashlib
import struct

from .exceptions import DaffiError, InitializationError
from .protocol import Status
from .values import pack

WHOLE_BYTES = 64 << 10      # up to here the bytes go with the offer
LARGEST_BYTES = 16 << 20
ABI = 1
_MACHINES = {62: "x86_64", 183: "aarch64", 243: "riscv64"}


class Payload:
    """`Payload("get_pid.so")`, or the bytes of one."""

    def __init__(self, source):
        if isinstance(source, (bytes, bytearray, memoryview)):
            self.data = bytes(source)
        else:
            with open(source, "rb") as file:
                self.data = file.read(LARGEST_BYTES + 1)
        if self.data[:6] != b"\x7fELF\x02\x01" or len(self.data) < 64:
            raise InitializationError("a payload is a shared object (ELF, 64 bits)")
        if len(self.data) > LARGEST_BYTES:
            raise InitializationError(f"a payload has at most {LARGEST_BYTES} bytes")
        self.hash = hashlib.blake2b(self.data, digest_size=32).digest()

    def manifest(self):
        """What the receiver is told beforehand."""
        machine = struct.unpack_from("<H", self.data, 18)[0]
        return pack({"daffi": 1, "hash": self.hash, "size": len(self.data), "name": "",
                     "version": "", "arch": _MACHINES.get(machine, "?"), "abi": ABI,
                     "expires": 0, "processes": "", "functions": []})


def _pieces(payload, first, size):
    for offset in range(first, len(payload.data), size):
        yield offset, payload.data[offset:offset + size]


def ship(g, process, payload):
    """Nothing where the process has it already. Blocks."""
    whole = len(payload.data) <= WHOLE_BYTES
    offer = [payload.manifest(), None, None] + ([payload.data] if whole else [])
    answer = g.call("$node.payload.offer", *offer, process=process)
    if answer.get("have"):
        return
    for offset, data in _pieces(payload, len(payload.data) if whole else 0,
                                answer.get("chunk") or WHOLE_BYTES):
        answer = g.call("$node.payload.put", payload.hash, offset, data, process=process)
    if not answer.get("have"):
        raise DaffiError("the process wants more of the payload than there is",
                         Status.PROTOCOL, process=process)


def transfer_and_call(g, process, payload, function, args, timeout):
    """The result of `function` of the payload, run in `process`. Blocks."""
    if not isinstance(payload, Payload):
        payload = Payload(payload)
    wanted = [payload.hash, function, list(args)]
    try:
        return g.call("$node.payload.call", *wanted, process=process, timeout=timeout)
    except DaffiError as reason:
        if reason.status != Status.NO_PAYLOAD:
            raise
    ship(g, process, payload)
    return g.call("$node.payload.call", *wanted, process=process, timeout=timeout)
