# SPDX-License-Identifier: MPL-2.0
"""The caller's end of a stream: a call that items go with, both ways."""

import asyncio
import threading
import time

from .exceptions import DaffiError, InitializationError
from .protocol import Status
from .values import unpack


class CallStream:
    """Iterate over it (`for` or `async for`) for what the function yields; `outcome` is the
    AsyncResult of the call. It is cancelled when nobody holds it any more; one with `items`
    of which nothing was read goes on to its outcome."""

    def __init__(self, outcome, items=None):
        self.outcome = outcome
        self._channel = outcome.channel
        self._given_up = items is None  # what becomes of it when nobody holds it
        if items is None:
            return
        if hasattr(items, "__aiter__"):
            self._feeder = asyncio.ensure_future(_feed_async(self._channel, items, outcome))
        else:
            threading.Thread(target=_feed, args=(self._channel, items, outcome),
                             name="daffi-feed", daemon=True).start()

    # --- sending by hand --------------------------------------------------------------------

    def send(self, item, timeout=None):
        """One item, as soon as the function has room for it. Blocks."""
        self._channel.put(item, _deadline(timeout))

    async def send_async(self, item):
        await self._channel.put_async(item)

    def end(self):
        """No more items: the function's own loop ends."""
        self._channel.end()

    # --- receiving ---------------------------------------------------------------------------

    def receive(self, timeout=None):
        """The next item. Raises StopIteration at the end. Blocks."""
        self._given_up = True
        body = self._channel.take(_deadline(timeout))
        if body is None:
            raise StopIteration
        return unpack(body)

    def __iter__(self):
        return self

    def __next__(self):
        return self.receive()

    def __aiter__(self):
        return self

    async def __anext__(self):
        self._given_up = True
        body = await self._channel.take_async()
        if body is None:
            raise StopAsyncIteration
        return unpack(body)

    def get(self, timeout=None):
        """The result at the end, once it is there. Blocks."""
        return self.outcome.get(timeout)

    def __await__(self):
        return self.outcome.__await__()

    def _begun(self):
        return self._channel.received or self.outcome.ready

    def first(self):
        """What a fetcher returns: the result, or this, where the function yields."""
        self._channel._until(self._begun, None)
        return self._items() or self.outcome.get()

    async def first_async(self):
        try:
            await self._channel._until_async(self._begun)
            return self._items() or await self.outcome
        except asyncio.CancelledError:
            self.cancel()
            raise

    def _items(self):
        if not self._channel.received:
            return None
        self._given_up = True
        return self

    # --- the end -------------------------------------------------------------------------------

    def cancel(self):
        self.outcome.cancel()

    close = cancel

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()

    def __del__(self):
        if self._given_up:
            self.outcome.cancel()


def check_items(items):
    """Async ones are fed by the event loop that runs here."""
    if not hasattr(items, "__aiter__"):
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise InitializationError("async items want a running event loop: call stream () in a "
                                  "coroutine, or give a plain iterable") from None


def _deadline(timeout):
    return None if timeout is None else time.monotonic() + timeout


def _give_up(outcome, reason):
    """The items failed on our side: the call has no sense any more."""
    if isinstance(reason, DaffiError) and (outcome.ready or reason.status == Status.END):
        return
    outcome.abandon(reason)


def _feed(channel, items, outcome):
    try:
        for item in items:
            channel.put(item)
        channel.end()
    except BaseException as reason:
        _give_up(outcome, reason)
    finally:
        if hasattr(items, "close"):
            items.close()


async def _feed_async(channel, items, outcome):
    try:
        async for item in items:
            await channel.put_async(item)
        channel.end()
    except BaseException as reason:
        _give_up(outcome, reason)
    finally:
        if hasattr(items, "aclose"):
            await items.aclose()
