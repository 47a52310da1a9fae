# SPDX-License-Identifier: MPL-2.0
"""peer.py FOLDER NAME: the Python end of the matrix; peer.h says what it does."""

import sys
import threading
import time

from daffi import (CallFailed, Executed, Global, Status, Stream, callback, current_request,
                   get_g)
from daffi.exceptions import CancelledError, DaffiError, RemoteCallError, TimeoutError

TIMEOUT = 20
LARGE_BYTES = 4 << 20
KINDS = {type(None): "nil", bool: "bool", int: "int", float: "double", str: "string",
         bytes: "binary", list: "array", dict: "map"}


def checksum_of(data):
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return total


# --- what it offers ------------------------------------------------------------------------

counters = {"running": 0, "noticed": 0}
guard = threading.Lock()


def change(counter, by):
    with guard:
        counters[counter] += by


@callback
def add(a, b):
    return a + b


@callback
def echo(value):
    return value


@callback
def kind(value):
    return KINDS.get(type(value), "another")


@callback
def checksum(data):
    return checksum_of(data.encode() if isinstance(data, str) else data)


@callback
def fail(text):
    raise CallFailed(f"broken: {text}")


@callback
def total(items: Stream):
    return sum(items)


@callback
def count(n):
    try:
        for i in range(n):
            yield i
    except GeneratorExit:
        change("noticed", 1)
        raise
    return "done"


@callback
def twice(items: Stream):
    for item in items:
        yield 2 * item
    return "doubled"


@callback
def slow():
    change("running", 1)
    cancelled = current_request().wait_cancelled(TIMEOUT)
    change("running", -1)
    change("noticed", cancelled)


@callback
def running():
    return counters["running"]


@callback
def noticed():
    return counters["noticed"]


@callback
def name():
    return get_g().process_name


# --- what it asks ----------------------------------------------------------------------------


class Scene:
    def __init__(self, g, provider):
        self.g = g
        self.to = {"process": provider, "timeout": TIMEOUT}
        self.provider = provider

    def ask(self, function, *args):
        return self.g.call(function, *args, **self.to)

    def reaches(self, counter, number):
        end = time.monotonic() + TIMEOUT
        while self.ask(counter) < number:
            assert time.monotonic() < end, f"{counter} stays below {number}"
            time.sleep(0.005)

    def fails(self, kind, status, executed, function, *args, **options):
        try:
            self.g.call(function, *args, **{**self.to, **options})
        except kind as reason:
            same((reason.status, reason.executed), (status, executed))
            return reason
        raise AssertionError(f"{function} did not fail")

    def comes_back(self, kind, value):
        same((self.ask("kind", value), self.ask("echo", value)), (kind, value))

    def calls(self):
        same(self.ask("add", 2, 3), 5)
        same(self.ask("add", 2**53 - 2, 1), 2**53 - 1)
        same(self.ask("add", -70000, 1), -69999)

    def values(self):
        for kind, value in (("nil", None), ("bool", True), ("int", -129),
                            ("int", 2**53 - 1), ("double", 0.1), ("string", ""),
                            ("binary", b""), ("array", [1, "a", []]),
                            ("map", {"a": 1, "b": {"c": 0.5}})):
            self.comes_back(kind, value)

    def unicode(self):
        text = "grüße 世界 😀 \u00a0 e\u0301"
        same(self.ask("checksum", text), checksum_of(text.encode()))
        self.comes_back("string", text)

    def _bytes(self, size):
        data = bytes((i * 7 + i // 256) & 0xFF for i in range(256)) * (size // 256)
        same(self.ask("checksum", data), checksum_of(data))
        assert self.ask("echo", data) == data

    def binary(self):
        self._bytes(256)

    def large(self):
        self._bytes(LARGE_BYTES)

    def errors(self):
        reason = self.fails(RemoteCallError, Status.FAILED, Executed.YES, "fail", "x")
        same((reason.text, reason.process), ("broken: x", self.provider))
        self.fails(DaffiError, Status.NO_FUNCTION, Executed.NO, "no-such")
        self.fails(DaffiError, Status.NO_PROCESS, Executed.NO, "add", 1, 2, process="nobody")

    def up(self):
        same(self.g.stream("total", items=range(1000), **self.to).get(), 499500)

    def down(self):
        stream = self.g.stream("count", 1000, **self.to)
        same(list(stream), list(range(1000)))
        same(stream.get(), "done")

    def both(self):
        with self.g.stream("twice", **self.to) as stream:
            for i in range(200):
                stream.send(i)
                same(stream.receive(), 2 * i)
            stream.end()
            same(stream.get(TIMEOUT), "doubled")

    def letting_go(self):
        before = self.ask("noticed")
        with self.g.stream("count", 1000000, **self.to) as stream:
            same(next(stream), 0)
        self.reaches("noticed", before + 1)

    def cancel(self):
        before = self.ask("noticed")
        call = self.g.start("slow", **self.to)
        self.reaches("running", 1)
        call.cancel()
        try:
            raise AssertionError(f"slow returned {call.get(TIMEOUT)}")
        except CancelledError as reason:
            same(reason.executed, Executed.MAYBE)
        self.reaches("noticed", before + 1)

    def deadline(self):
        before = self.ask("noticed")
        self.fails(TimeoutError, Status.TIMEOUT, Executed.MAYBE, "slow", timeout=1)
        self.reaches("noticed", before + 1)

    def broadcast(self):
        replies = self.g.broadcast("name", timeout=TIMEOUT).get()
        assert self.provider in replies, replies
        same(replies, {process: process for process in replies})


def same(actual, expected):
    if actual != expected:
        raise AssertionError(f"{str(actual)[:90]} is not {str(expected)[:90]}")


def main():
    g = Global(sys.argv[2], unix_sock_path=sys.argv[1], connect_timeout=TIMEOUT)
    print("ready", flush=True)
    for line in sys.stdin:
        scenario, provider = line.split()
        try:
            getattr(Scene(g, provider), scenario.replace("-", "_"))()
            print("ok", flush=True)
        except Exception as reason:
            print(f"FAIL {type(reason).__name__} {reason}", flush=True)
    g.stop()


main()
