# SPDX-License-Identifier: MPL-2.0
"""Payloads: compiled functions that are shipped to a process and run there.

A payload is a shared object made with daffi_payload.h, or a bundle of one with its
manifest and signature, as daffi_payload_write () writes it. It is known by its hash: a
process that has it already is not sent it again. This client signs nothing; where the
receiving process takes signed ones only (daffi_transfer.h), ship a bundle.
"""

import hashlib
import struct

from . import values
from .exceptions import DaffiError, InitializationError
from .protocol import Status

WHOLE_BYTES = 64 << 10      # up to here the bytes go with the offer
LARGEST_BYTES = 16 << 20
BUNDLE_MORE_BYTES = (64 << 10) + 1024
ABI = 1
_MAGIC = "daffi payload 1"
_MACHINES = {62: "x86_64", 183: "aarch64", 243: "riscv64"}


class Payload:
    """`Payload ("get_pid.so")`, `Payload ("get_pid.payload")`, or the bytes of either."""

    def __init__(self, source):
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
        else:
            with open(source, "rb") as file:
                data = file.read(LARGEST_BYTES + BUNDLE_MORE_BYTES + 1)
        self.manifest = self.key = self.signature = None
        self.data = data if data[:4] == b"\x7fELF" else self._open(data)
        if self.data[:6] != b"\x7fELF\x02\x01" or len(self.data) < 64:
            raise InitializationError("a payload is a shared object (ELF, 64 bits)")
        if len(self.data) > LARGEST_BYTES:
            raise InitializationError(f"a payload has at most {LARGEST_BYTES} bytes")
        self.hash = hashlib.blake2b(self.data, digest_size=32).digest()
        self.manifest = self.manifest or self._describe()

    def _open(self, data):
        """Keeps what a bundle says of its shared object, which is returned."""
        try:
            magic, manifest, key, signature, shared_object = values.unpack(data)
        except (ValueError, TypeError):
            magic = None
        if magic != _MAGIC or not isinstance(shared_object, bytes):
            raise InitializationError("neither a shared object nor a bundle of one")
        self.manifest, self.key, self.signature = manifest, key, signature
        return shared_object

    def _describe(self):
        machine = struct.unpack_from("<H", self.data, 18)[0]
        return values.pack({
            "daffi": 1, "hash": self.hash, "size": len(self.data), "name": "",
            "version": "", "arch": _MACHINES.get(machine, "?"), "abi": ABI, "expires": 0,
            "processes": "", "functions": []})


def payload_of(source):
    return source if isinstance(source, Payload) else Payload(source)


def ship(g, process, payload):
    """Nothing where the process has it already. Blocks."""
    whole = len(payload.data) <= WHOLE_BYTES
    offer = [payload.manifest, payload.key, payload.signature]
    answer = g.call("$node.payload.offer", *offer, *([payload.data] if whole else []),
                    process=process)
    size = answer.get("chunk") or WHOLE_BYTES
    for offset in range(0, len(payload.data), size):
        if answer.get("have"):
            break
        answer = g.call("$node.payload.put", payload.hash, offset,
                        payload.data[offset:offset + size], process=process)
    if not answer.get("have"):
        raise DaffiError("the process wants more of the payload than there is",
                         Status.PROTOCOL, process=process)


def _with_payload(g, process, payload, name, args, timeout=None):
    """A call that wants the payload there; it is shipped where it is not."""
    try:
        return g.call(name, *args, process=process, timeout=timeout)
    except DaffiError as reason:
        if reason.status != Status.NO_PAYLOAD:
            raise
    ship(g, process, payload)
    return g.call(name, *args, process=process, timeout=timeout)


def transfer_and_call(g, process, payload, function, args, timeout):
    payload = payload_of(payload)
    return _with_payload(g, process, payload, "$node.payload.call",
                         [payload.hash, function, list(args)], timeout)


def publish(g, process, payload, function, name):
    payload = payload_of(payload)
    _with_payload(g, process, payload, "$node.payload.publish",
                  [payload.hash, function, name])
