# SPDX-License-Identifier: MPL-2.0
"""What this process offers: functions, the requests for them, and the threads that run
them. Every request is answered exactly once, also after a cancel."""

import asyncio
import contextvars
import queue
import threading
import time
import traceback

from .channel import Channel, Stream
from .exceptions import DaffiError, error
from .functions import split_named
from .own import Own
from .protocol import ERROR_TEXT_BYTES, Executed, Option, Status, Type
from .values import pack, unpack
from .wire import Record

_current = contextvars.ContextVar("daffi_request", default=None)


def current_request():
    """The request that this callback answers; None outside of callbacks."""
    return _current.get()


class Request:
    """A call that this process was given."""

    def __init__(self, server, record, function, deadline):
        self._server = server
        self._record = record
        self.key = record.id if record.type == Type.CALL else self  # casts have no token
        self._function = function
        self._cancelled = threading.Event()
        self._task = None
        self._begun = None      # when, once it has
        self._answered = False
        self.deadline = deadline
        self.children = set()   # calls that were made for it
        self.orphaned = False   # the session that it came from is over
        self.channel = None
        if record.type == Type.CALL and Option.STREAM in record.options:
            self.channel = Channel(server.node.link, record.id,
                                   record.options.get(Option.ITEMS, 0),
                                   record.options.get(Option.BYTES, 0))

    @property
    def caller(self):
        """The process that calls, as the controller knows it."""
        return self._record.peer

    @property
    def function(self):
        return self._record.name

    @property
    def cancelled(self):
        """Nobody waits for the answer any more."""
        return self._cancelled.is_set()

    def wait_cancelled(self, timeout=None):
        """Sleeps until it is cancelled: True, or False after `timeout` seconds."""
        return self._cancelled.wait(timeout)

    def time_left(self):
        """Seconds, None: no deadline."""
        if self.deadline is None:
            return None
        return max(0.0, self.deadline - time.monotonic())

    def progress(self, done, total=0, text=""):
        """Tells the caller how far it is: `done` of `total` (0: not known)."""
        if self._record.type == Type.CALL and not self._cancelled.is_set():
            body = pack([done, total, cut(text)])
            self._server.node.link.send(Record(Type.PROGRESS, self._record.id, body=body))

    # --- running ------------------------------------------------------------------------------

    def cancel(self):
        """Under the lock: by the I/O thread. What has not begun is answered here and
        never begins; of what has, the controller is told that it runs."""
        if self._cancelled.is_set():
            return
        self._cancelled.set()
        if not self._begun:
            self.fail(Refusal(Status.CANCELLED, "cancelled before it ran"))
        elif not self.orphaned:
            self._server.node.link.send(Record(
                Type.CANCEL, self._record.id, options={Option.EXECUTED: Executed.YES}))
        if self.channel:
            self.channel.finish(error(Status.CANCELLED, "the caller is gone or reads no more"))
        for child in list(self.children):
            child.cancel()
        if self._task and self._begun:
            self._server.in_loop(self._task.cancel)

    def _arguments(self):
        """(positional, named, None), or with a stream: to be called for each of its items."""
        if self.time_left() == 0:
            raise Refusal(Status.TIMEOUT, "too late when its turn came")
        try:
            args = unpack(self._record.body)
        except ValueError as reason:
            raise Refusal(Status.PROTOCOL, str(reason)) from None
        if not isinstance(args, list):
            raise Refusal(Status.PROTOCOL, "the arguments are no array")
        args, named = split_named(args)
        stream = Stream(self.channel)
        bound = self._function.bind(args, named, stream)
        if bound:
            return (*bound, None)
        if self.channel and not args and not named and not self._function.is_generator:
            return args, named, stream
        raise Refusal(Status.INVALID, f"takes {self._function.signature}")

    def _item_arguments(self, item):
        bound = self._function.bind(*split_named(item if isinstance(item, list) else [item]))
        if not bound:
            raise error(Status.INVALID, f"an item that does not fit "
                        f"{self._function.signature}")
        return bound

    def _begin(self):
        """From here on a cancel comes too late. False where it was cancelled before."""
        with self._server.node.link.lock:
            if self._cancelled.is_set():
                return False
            self._begun = time.monotonic()
            self._function.tally.begin()
        return True

    def run(self):
        """In a worker thread."""
        if not self._begin():
            return
        token = _current.set(self)
        try:
            args, named, items = self._arguments()
            if items:
                for item in items:
                    args, named = self._item_arguments(item)
                    self._function.call(*args, **named)
                self.reply(None)
            elif self._function.is_generator:
                self._yield_all(self._function.call(*args, **named))
            else:
                self.reply(self._function.call(*args, **named))
        except BaseException as reason:  # SystemExit of a callback is an answer, too
            self.fail(reason)
        finally:
            _current.reset(token)

    def _yield_all(self, items):
        """Into the stream; a caller without one gets an array."""
        if not self.channel:
            self.reply(list(items))
            return
        result = None
        try:
            while True:
                self.channel.put(next(items))
        except StopIteration as end:
            result = end.value
        finally:
            items.close()
        self.reply(result)

    async def run_async(self):
        """In the thread of the event loop."""
        self._task = asyncio.current_task()
        if not self._begin():
            return
        _current.set(self)
        try:
            args, named, items = self._arguments()
            if items:
                async for item in items:
                    args, named = self._item_arguments(item)
                    await self._function.call(*args, **named)
                self.reply(None)
            elif not self._function.is_generator:
                self.reply(await self._function.call(*args, **named))
            elif not self.channel:
                self.reply([item async for item in self._function.call(*args, **named)])
            else:
                async for item in self._function.call(*args, **named):
                    await self.channel.put_async(item)
                self.reply(None)
        except asyncio.CancelledError:
            self.fail(error(Status.CANCELLED, "cancelled"))
        except BaseException as reason:
            self.fail(reason)
        finally:
            self._task = None

    # --- answers ----------------------------------------------------------------------------------

    def reply(self, value):
        body = pack(value)
        if len(body) > self._server.node.limit:
            raise error(Status.TOO_BIG, f"the result has {len(body)} bytes", Executed.YES)
        self._answer(Record(Type.RESULT, self._record.id, body=body))

    def fail(self, reason):
        status, text = Status.FAILED, describe(reason)
        executed = Executed.NO if isinstance(reason, Refusal) else Executed.YES
        if isinstance(reason, DaffiError):
            status, text = Status.read(reason.status), reason.text
        if status in (Status.OK, Status.PENDING, Status.END):
            status = Status.FAILED
        body = pack(cut(text))
        self._answer(Record(Type.ERROR, self._record.id, self._record.name, body=body,
                            options={Option.STATUS: status, Option.EXECUTED: executed}))

    def _answer(self, record):
        node = self._server.node
        with node.link.lock:
            if self._answered:
                return
            self._answered = True
            if self._begun:
                self._function.tally.end((time.monotonic() - self._begun) * 1e6,
                                         record.type == Type.ERROR)
            self._server.requests.pop(self.key, None)
            if self.channel:
                self.channel.finish()
            if not self.orphaned and self._record.type == Type.CALL:
                self._send(record)
            self._server.idle.notify_all()

    def _send(self, record):
        """An answer that finds no room is an error that does."""
        link = self._server.node.link
        try:
            link.send(record)
        except DaffiError as reason:
            options = {Option.STATUS: reason.status, Option.EXECUTED: record.options.get(
                Option.EXECUTED, Executed.YES)}
            link.send(Record(Type.ERROR, record.id, self._record.name, body=pack(reason.text),
                             options=options), refuse=False)


class CallFailed(DaffiError):
    """Raise it in a callback to answer with a text, and a status of your choice."""

    def __init__(self, text, status=Status.FAILED):
        super().__init__(text, status, Executed.YES)


class Refusal(DaffiError):
    """The function was not run."""

    def __init__(self, status, text):
        super().__init__(text, status, Executed.NO)


def describe(reason):
    """For people: the kind of an exception and what it says."""
    shown = traceback.TracebackException(type(reason), reason, None)
    shown.__notes__ = None      # else the last line is one of them
    return list(shown.format_exception_only())[-1].strip()


def cut(text):
    return text.encode(errors="replace")[:ERROR_TEXT_BYTES].decode(errors="ignore")


class Server:
    """The functions, the requests that wait or run, and who runs them."""

    def __init__(self, node, workers):
        self.node = node
        self.functions = {}
        self.own = Own(node)
        self.requests = {}
        self.idle = threading.Condition(node.link.lock)
        self._workers_max = workers
        self._workers = self._free = 0
        self._queue = queue.SimpleQueue()
        self._loop = None

    # --- by the I/O thread, under the lock ------------------------------------------------------

    def on_call(self, record, left_ms):
        deadline = None if left_ms is None else time.monotonic() + left_ms / 1000
        function = self.functions.get(record.name) or self.own.find(record.name)
        if not function:
            if record.type == Type.CALL:
                self.node.link.send(Record(
                    Type.ERROR, record.id, record.name, body=pack("not offered here"),
                    options={Option.STATUS: Status.NO_FUNCTION, Option.EXECUTED: 0}))
            return
        request = Request(self, record, function, deadline)
        self.requests[request.key] = request
        if record.name.startswith("$"):
            request.run()
        elif function.is_async:
            asyncio.run_coroutine_threadsafe(request.run_async(), self._event_loop())
        else:
            self._work(request)

    def _work(self, request):
        self._queue.put(request)
        if self._queue.qsize() > self._free and self._workers < self._workers_max:
            self._workers += 1
            threading.Thread(target=self._run, name="daffi-worker", daemon=True).start()

    def in_loop(self, function):
        if self._loop:
            self._loop.call_soon_threadsafe(function)

    def _event_loop(self):
        if not self._loop:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._run_loop, name="daffi-asyncio",
                             daemon=True).start()
        return self._loop

    def _run_loop(self):
        loop = self._loop
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        with self.node.link.lock:
            self._loop = None
            loop.close()

    def channel(self, token):
        request = self.requests.get(token)
        return request.channel if request else None

    def on_cancel(self, token):
        request = self.requests.get(token)
        if request:
            request.cancel()

    def on_lost(self):
        """Their answers would reach nobody. A cast has none, and goes on."""
        for request in list(self.requests.values()):
            if request.key is not request:
                request.orphaned = True
                request.cancel()

    # --- the end ------------------------------------------------------------------------------------

    def drain(self, timeout):
        """Waits until all is answered: False where it takes longer."""
        end = time.monotonic() + timeout
        with self.idle:
            while self.requests:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.idle.wait(left)
        return True

    def close(self):
        for _ in range(self._workers):
            self._queue.put(None)
        with self.node.link.lock:
            self.in_loop(lambda: self._loop.stop())

    def _run(self):
        while True:
            with self.node.link.lock:
                self._free += 1
            request = self._queue.get()
            with self.node.link.lock:
                self._free -= 1
            if request is None:
                return
            request.run()
