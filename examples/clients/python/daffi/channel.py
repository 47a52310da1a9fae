# SPDX-License-Identifier: MPL-2.0
"""One end of a stream, section 8.6: items out as far as there is credit, items in as far as
credit was given. Caller and provider use it alike.

Its condition shares the node's lock, so that the I/O thread and the two ends agree.
"""

import asyncio
import threading
import time
from collections import deque

from .exceptions import error
from .protocol import WINDOW_BYTES, WINDOW_ITEMS, Executed, Option, Status, Type
from .values import pack, unpack
from .wire import Record


class Channel:
    def __init__(self, link, id, items=0, bytes=0):
        self._link = link
        self.id = id
        self._changed = threading.Condition(link.lock)
        self._listeners = []
        self._inbox = deque()
        self._inbox_bytes = 0
        self._read_items = self._read_bytes = 0
        self._credit_items, self._credit_bytes = items, bytes
        self._ended = False     # the other end sends no more
        self._over = False      # the call is over
        self._failure = None
        self.received = False   # an item has come
        self.sent_end = False

    # --- the I/O thread, under the lock ---------------------------------------------------

    def on_chunk(self, body):
        """False where the other end sends more than it may."""
        if self._over or self._ended:
            return True
        if len(self._inbox) >= 2 * WINDOW_ITEMS or self._inbox_bytes > 2 * WINDOW_BYTES:
            return False
        self._inbox.append(body)
        self._inbox_bytes += len(body)
        self.received = True
        self._tell()
        return True

    def on_credit(self, options):
        self._credit_items += options.get(Option.ITEMS, 0)
        self._credit_bytes += options.get(Option.BYTES, 0)
        self._tell()

    def on_end(self):
        self._ended = True
        self._tell()

    def finish(self, failure=None):
        """The call is over; items that have come may still be read."""
        self._over = self._ended = True
        self._failure = failure
        self._tell()

    def _tell(self):
        self._changed.notify_all()
        listeners, self._listeners = self._listeners, []
        for loop, future in listeners:
            wake(loop, future)

    # --- either end -----------------------------------------------------------------------

    def grant(self):
        """The first credit for the other end."""
        self._send_credit(WINDOW_ITEMS, WINDOW_BYTES)

    def _send_credit(self, items, bytes):
        self._link.send(Record(Type.CREDIT, self.id,
                               options={Option.ITEMS: items, Option.BYTES: bytes}))

    def _try_take(self):
        """(True, body), (True, None) at the end, or (False, None)."""
        if self._inbox:
            body = self._inbox.popleft()
            self._inbox_bytes -= len(body)
            self._read_items += 1
            self._read_bytes += len(body)
            half = self._read_items * 2 >= WINDOW_ITEMS or \
                self._read_bytes * 2 >= WINDOW_BYTES
            if half and not self._ended:
                self._send_credit(self._read_items, self._read_bytes)
                self._read_items = self._read_bytes = 0
            return True, body
        if self._ended:
            if self._failure:
                raise self._failure
            return True, None
        return False, None

    def _try_put(self, body):
        if self._over or self.sent_end:
            raise self._failure or error(Status.END, "the call is over", Executed.YES)
        if self._credit_items < 1 or self._credit_bytes < 1:
            return False
        self._credit_items -= 1
        self._credit_bytes -= len(body)
        self._link.send(Record(Type.CHUNK, self.id, body=body))
        return True

    def _until(self, attempt, deadline):
        with self._changed:
            while True:
                done = attempt()
                if done is not False and done != (False, None):
                    return done
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise error(Status.TIMEOUT, "the other end of the stream is too slow")
                self._changed.wait(left)

    async def _until_async(self, attempt):
        loop = asyncio.get_running_loop()
        while True:
            with self._changed:
                done = attempt()
                if done is not False and done != (False, None):
                    return done
                future = loop.create_future()
                self._listeners.append((loop, future))
            await future

    def take(self, deadline=None):
        """The bytes of the next item, None at the end. Blocks."""
        return self._until(self._try_take, deadline)[1]

    async def take_async(self):
        return (await self._until_async(self._try_take))[1]

    def put(self, value, deadline=None):
        """Sends an item as soon as there is credit. Blocks."""
        body = pack(value)
        self._until(lambda: self._try_put(body), deadline)

    async def put_async(self, value):
        body = pack(value)
        await self._until_async(lambda: self._try_put(body))

    def end(self):
        """No more items from here."""
        with self._changed:
            if not self.sent_end and not self._over:
                self._link.send(Record(Type.END, self.id))
            self.sent_end = True
            self._tell()


class Stream:
    """What a callback reads when a caller sends items: annotate a parameter with it.

        @callback
        def total(items: Stream):
            return sum(items)
    """

    def __init__(self, channel):
        self._channel = channel
        self._granted = False

    def _begin(self):
        if not self._granted and self._channel:
            self._granted = True
            with self._channel._changed:
                if not self._channel._over:
                    self._channel.grant()

    def __iter__(self):
        return self

    def __next__(self):
        self._begin()
        body = self._channel.take() if self._channel else None
        if body is None:
            raise StopIteration
        return unpack(body)

    def __aiter__(self):
        return self

    async def __anext__(self):
        self._begin()
        body = await self._channel.take_async() if self._channel else None
        if body is None:
            raise StopAsyncIteration
        return unpack(body)


def wake(loop, future):
    """Ends the sleep of a coroutine, from another thread. Where its loop is over nobody
    sleeps any more."""
    def end():
        if not future.done():
            future.set_result(None)
    try:
        loop.call_soon_threadsafe(end)
    except RuntimeError:
        pass
