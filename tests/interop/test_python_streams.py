# SPDX-License-Identifier: MPL-2.0
"""The Python client by itself: streams both ways, and asyncio."""

import asyncio
import gc
import threading
import time

import daffi
from daffi import Stream, alias, exceptions, fetcher
from place import Place
from proofs import main, proves, raises, same, until


@proves("streams flow both ways, and a slow reader slows the writer down")
def _():
    sent = []

    def count(end):
        for i in range(end):
            sent.append(i)
            yield i
        return "done"

    def total(items: Stream, factor=1):
        return factor * sum(items)

    def double(items: Stream):
        for item in items:
            yield 2 * item
    with Place(count=count, total=total, double=double) as at:
        stream = at.caller.stream("count", 1000)
        same(next(stream), 0)
        until(lambda: len(sent) >= 64, "the first window")
        time.sleep(0.05)
        assert len(sent) <= 66, len(sent)
        same((sum(stream), stream.get()), (sum(range(1000)), "done"))
        same(at.caller.stream("total", items=range(1000)).get(), sum(range(1000)))
        same(at.caller.stream("total", 3, items=[1, 2]).get(), 9)
        same(list(at.caller.stream("double", items=range(500))), list(range(0, 1000, 2)))
        with at.caller.stream("double") as stream:
            stream.send(4)
            same(stream.receive(), 8)
            stream.end()
            same(list(stream), [])
        large = bytes(3 << 20)
        same(list(at.caller.stream("double", items=[large])), [large * 2])
        same(at.caller.call("count", 3), [0, 1, 2])


@proves("a reader that lets go ends the writer, on either side")
def _():
    closed, fed = threading.Event(), []

    def count():
        try:
            i = 0
            while True:
                yield (i := i + 1)
        finally:
            closed.set()

    def first(items: Stream):
        return next(items)

    def numbers():
        i = 0
        while True:
            fed.append(i)
            yield (i := i + 1)
    with Place(count=count, first=first) as at:
        for _item in at.caller.stream("count"):
            break
        gc.collect()
        assert closed.wait(10)
        same(at.caller.stream("first", items=numbers()).get(), 1)
        until(lambda: len(fed) < 200 or None)


@proves("a failure in the midst of a stream reaches the other end")
def _():
    def count():
        yield 1
        raise ValueError("broken")

    def bad():
        yield 1
        raise KeyError("mine")
    with Place(count=count, total=lambda *x: None) as at:
        stream = at.caller.stream("count")
        same(next(stream), 1)
        same(raises(exceptions.RemoteCallError, next, stream).text, "ValueError: broken")

        def total(items: Stream):
            return sum(items)
        at.server.register("total", total)
        raises(KeyError, at.caller.stream("total", items=bad()).get)


@proves("asyncio: callbacks, calls, streams and fetchers, all without a blocked loop")
def _():
    async def add(a, b):
        await asyncio.sleep(0.01)
        return a + b

    async def count(end):
        for i in range(end):
            yield i

    async def total(items: Stream):
        return sum([item async for item in items])

    async def numbers():
        for i in range(300):
            yield i

    @fetcher
    @alias("add")
    async def remote_add(a, b):
        pass

    @fetcher
    @alias("count")
    async def remote_count(end):
        pass

    async def use(at):
        same(await asyncio.gather(*(at.caller.call_async("add", i, 1) for i in range(50))),
             list(range(1, 51)))
        same([item async for item in at.caller.stream("count", 300)], list(range(300)))
        same(await at.caller.stream("total", items=numbers()), sum(range(300)))
        same(await remote_add.using(at.caller)(a=2, b=3), 5)
        items = await remote_count.using(at.caller)(3)
        same([item async for item in items], [0, 1, 2])
        await at.caller.wait_function_async("add", 5)
        future = at.caller.start("add", 1, 1)
        same(await future, 2)
    with Place(add=add, count=count, total=total) as at:
        asyncio.run(use(at))


@proves("a cancelled asyncio callback sees CancelledError")
def _():
    begun, seen = threading.Event(), threading.Event()

    async def slow():
        try:
            begun.set()
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            seen.set()
            raise
    with Place(slow=slow) as at:
        call = at.caller.start("slow")
        assert begun.wait(10)
        call.cancel()
        reason = raises(exceptions.CancelledError, call.get)
        assert seen.wait(10)
        same(reason.executed, daffi.Executed.MAYBE)


main()
