# SPDX-License-Identifier: MPL-2.0
"""One call as its caller sees it: wait for it, cancel it, be told of it.

An `AsyncResult` is waiting (not sent yet), sent (in the table under its id), resting
before another attempt, or done. Every path ends in `finish ()`, once.
"""

import asyncio
import threading
import time
from dataclasses import dataclass

from .channel import wake
from .exceptions import DaffiError, InitializationError, error
from .protocol import Executed, Status
from .values import unpack
from .wire import check_fields


class AsyncResult:
    """A call in the background: wait for it as often as you like."""

    def __init__(self, node, type, name="", peer="", body=b"", deadline=None,
                 options=None, idempotent=False, no_retry=False):
        try:
            check_fields(name, peer, options or {})
        except ValueError as reason:
            raise InitializationError(str(reason), Status.INVALID) from None
        self._node = node
        self._done = threading.Condition(node.link.lock)
        self.type = type
        self.name = name
        self.peer = peer
        self.body = body
        self.deadline = deadline
        self.options = options or {}
        self.idempotent = idempotent
        self.no_retry = no_retry
        self.delay = 0          # seconds, before it is sent first
        self.id = 0
        self.attempts = 0
        self.cancelled = False  # and its answer is awaited
        self.process = ""       # who answered
        self.parent = None      # the request that it was made for
        self.channel = None
        self.progress = None    # what the function reported last
        self._alarm = None
        self._finished = False
        self._maybe_ran = False
        self._error = None
        self._body = None
        self._value = self
        self._callbacks = []

    # --- for everybody ----------------------------------------------------------------------

    @property
    def ready(self):
        return self._finished

    def done(self):
        return self._finished

    @property
    def error(self):
        """The exception that it failed with, None otherwise."""
        return self._error

    def get(self, timeout=None):
        """The result. Raises its error, or TimeoutError where `timeout` seconds were not
        enough; the call goes on then. Blocks."""
        end = None if timeout is None else time.monotonic() + timeout
        with self._done:
            while not self._finished:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise self._unfinished()
                self._done.wait(left)
        return self._outcome()

    result = get

    def _unfinished(self):
        return error(Status.TIMEOUT, "not finished yet", Executed.MAYBE, self.peer, self.name)

    async def get_async(self, timeout=None):
        try:
            await asyncio.wait_for(self._finish_in_loop(), timeout)
        except asyncio.TimeoutError:
            raise self._unfinished() from None
        return self._outcome()

    def __await__(self):
        return self.get_async().__await__()

    def add_done_callback(self, function):
        """function (result), once, from the thread of events."""
        def later():
            self._node.events.put(function, self)
        with self._done:
            if not self._finished:
                self._callbacks.append(later)
                return
        later()

    def cancel(self):
        """Nobody needs the result any more: whoever runs it is told. The outcome,
        CancelledError or what was faster, comes when it is known whether it began."""
        with self._done:
            if not self._finished and not self._node.calls.cancel(self):
                self.finish(error=error(Status.CANCELLED, "cancelled", self._maybe(),
                                        self.peer, self.name))

    def abandon(self, reason):
        """It ends here with this exception: whoever runs it is told."""
        with self._done:
            if not self._finished:
                self._node.calls.withdraw(self)
                self.finish(error=reason)

    # --- under the lock -----------------------------------------------------------------------

    def _maybe(self):
        return Executed.MAYBE if self.attempts or self._maybe_ran else Executed.NO

    def finish(self, body=None, error=None, process=""):
        if self._finished:
            return
        if self._maybe_ran and getattr(error, "executed", None) == Executed.NO:
            error.executed = Executed.MAYBE
        self._finished = True
        self._body, self._error = body, error
        self.process = process
        if self._alarm:
            self._alarm.clear()
        if self.parent:
            self.parent.children.discard(self)
        if self.channel:
            self.channel.finish(error)
        self._done.notify_all()
        callbacks, self._callbacks = self._callbacks, []
        for each in callbacks:
            each()

    def _outcome(self):
        if self._error:
            raise self._error
        if self._value is self:
            self._value = read_answer(self._body, self.process, self.name)
        return self._value

    async def _finish_in_loop(self):
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        with self._done:
            if self._finished:
                return
            self._callbacks.append(lambda: wake(loop, future))
        await future


async def awaited(call):
    """A coroutine that is cancelled cancels its call."""
    try:
        return await call
    except asyncio.CancelledError:
        call.cancel()
        raise


def read_answer(body, process, name):
    try:
        return unpack(body)
    except ValueError as reason:
        raise error(Status.PROTOCOL, f"the answer cannot be read: {reason}", Executed.YES,
                    process, name) from None


@dataclass
class Progress:
    """How far a function is: `done` of `total` (0: not known)."""

    process: str
    done: int
    total: int
    text: str


@dataclass
class Reply:
    """What one process answered to a broadcast: a value or an error."""

    process: str
    value: object = None
    error: Exception = None


class Broadcast(AsyncResult):
    """Every process that offers the function. Iterate over it for replies as they come."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.replies = []

    def on_part(self, record, failure):
        self.replies.append((record.peer, record.body, failure))
        self._done.notify_all()

    def _reply(self, process, body, failure):
        try:
            return Reply(process, None if failure else read_answer(body, process, self.name),
                         failure)
        except DaffiError as reason:
            return Reply(process, None, reason)

    def __iter__(self):
        index = 0
        while True:
            with self._done:
                while index >= len(self.replies) and not self._finished:
                    self._done.wait()
                if index >= len(self.replies):
                    break
                part = self.replies[index]
            index += 1
            yield self._reply(*part)
        if self._error:
            raise self._error

    def _outcome(self):
        """A dict from process to value; in place of a value its exception."""
        if self._error:
            raise self._error
        replies = [self._reply(*part) for part in self.replies]
        return {each.process: each.error or each.value for each in replies}
