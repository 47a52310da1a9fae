#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""busy_node ENDPOINT: a node that calls itself and answers when it is told to.

It holds a call in flight for the tests of the broker's end. It speaks ZMTP 3.0 and the
records of node/wire/PROTOCOL.md by hand: the broker is tested from outside, without the
library that it was built with.

Prints a line for each thing that happens: running (the call has come back to it),
drain, result, error, closed. A line on stdin: answer the call.
"""

import os
import socket
import struct
import sys
import threading

HELLO, WELCOME, CALL, RESULT, ERROR, DRAIN = 1, 2, 4, 5, 6, 18
MORE, LONG, COMMAND = 1, 2, 4


def say(text):
    print(text, flush=True)


def connect(endpoint):
    transport, _, address = endpoint.partition("://")
    if transport == "ipc":
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(address)
    else:
        host, _, port = address.rpartition(":")
        peer = socket.create_connection((host, int(port)))
    return peer


def read(peer, size):
    data = b""
    while len(data) < size:
        part = peer.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def read_frame(peer):
    flags = read(peer, 1)[0]
    size = struct.unpack(">Q", read(peer, 8))[0] if flags & LONG else read(peer, 1)[0]
    return flags, read(peer, size)


def write_frame(peer, flags, data):
    if len(data) > 255:
        peer.sendall(struct.pack(">BQ", flags | LONG, len(data)) + data)
    else:
        peer.sendall(struct.pack(">BB", flags, len(data)) + data)


def handshake(peer):
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0")
    peer.sendall(greeting.ljust(64, b"\0"))
    read(peer, 64)
    ready = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
    write_frame(peer, COMMAND, ready)


def value(data, at):
    """The unsigned integer, nil or string at this place, and the place behind it."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if first == 0xC0:
        return None, at + 1
    if first & 0xE0 == 0xA0:
        end = at + 1 + (first & 0x1F)
        return data[at + 1 : end], end
    if first == 0xD9:
        end = at + 2 + data[at + 1]
        return data[at + 2 : end], end
    size = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}[first]
    return int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size


def records(packet):
    """The header fields of each record."""
    at = 0
    while at < len(packet):
        count, at = packet[at] & 0x0F, at + 1
        fields = []
        for _ in range(6):
            field, at = value(packet, at)
            fields.append(field)
        if count > 6:
            options, at = packet[at] & 0x0F, at + 1
            for _ in range(2 * options):
                _, at = value(packet, at)
        at += fields[5] or 0
        yield fields


def record(kind, number, name, peer, body):
    """Without deadline; `name`, `peer` and `body` are msgpack already."""
    head = bytes((0x96, kind)) + b"\xcf" + struct.pack(">Q", number)
    return head + name + peer + b"\xc0" + bytes((len(body),)) + body


def hello():
    body = b"\x84\xa3min\x01\xa3max\x01\xabincarnation\xc4\x10" + os.urandom(16)
    body += b"\xa9functions\x91\x92\xa4wait\xa0"
    return record(HELLO, 1, b"\xc0", b"\xa4busy", body)


class Node:
    def __init__(self, peer):
        self.peer = peer
        self.token = None
        self.lock = threading.Lock()

    def send(self, flags, data):
        with self.lock:
            write_frame(self.peer, flags, data)

    def answer_when_told(self):
        for _ in sys.stdin:
            self.send(0, record(RESULT, self.token, b"\xc0", b"\xc0", b"\x2a"))

    def on_record(self, kind, number):
        if kind == WELCOME:
            self.send(0, record(CALL, 7, b"\xa4wait", b"\xc0", b"\x90"))
        elif kind == CALL:
            self.token = number
            say("running")
        elif kind in (RESULT, ERROR, DRAIN):
            say({RESULT: "result", ERROR: "error", DRAIN: "drain"}[kind])

    def run(self):
        self.send(0, hello())
        while True:
            flags, data = read_frame(self.peer)
            if flags & COMMAND:
                if data.startswith(b"\x04PING"):
                    self.send(COMMAND, b"\x04PONG" + data[7:])
                continue
            for kind, number, *_ in records(data):
                self.on_record(kind, number)


def main():
    peer = connect(sys.argv[1])
    handshake(peer)
    node = Node(peer)
    threading.Thread(target=node.answer_when_told, daemon=True).start()
    try:
        node.run()
    except (EOFError, ConnectionError):
        say("closed")


main()
