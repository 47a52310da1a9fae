# SPDX-License-Identifier: MPL-2.0
"""What this process has asked for: calls, waits and broadcasts, and the table of them."""

import random
import time

from .channel import Channel
from .exceptions import DaffiError, error
from .protocol import WINDOW_BYTES, WINDOW_ITEMS, Executed, Option, Status, Type
from .results import Broadcast, Progress
from .values import unpack
from .wire import Record

ATTEMPTS_MAX = 3
BACKOFF = 0.010
GRACE = 0.050  # the controller's own word on a deadline knows more than ours
_PASSING = (Status.BUSY, Status.DRAINING, Status.PROCESS_LOST, Status.CONTROLLER_LOST)


class Calls:
    """The table of what is in flight, and what waits for a connection."""

    def __init__(self, node):
        self._node = node
        self._link = node.link
        self._flight = {}
        self._waiting = {}
        self._resting = {}      # id (call) -> it and its alarm: sent at a later moment
        self._last_id = 0

    def next_id(self):
        self._last_id += 1
        return self._last_id

    def start(self, call):
        with self._link.lock:
            self._node.check_running()
            if call.deadline is not None and call.type != Type.CAST:
                call._alarm = self._link.alarm(call.deadline + GRACE,
                                               lambda: self._expire(call))
            if call.delay:
                self._rest(call, call.delay)
            else:
                self._launch(call)
        return call

    def _rest(self, call, pause):
        self._resting[id(call)] = call, self._link.alarm(time.monotonic() + pause,
                                                         lambda: self._launch(call))

    def _launch(self, call):
        self._resting.pop(id(call), None)
        if call._finished:
            return
        if self._node.takes_calls:
            self._send_or_fail(call)
        else:
            self._waiting[id(call)] = call

    def _send_or_fail(self, call):
        """Where there is no room for it that is its own outcome, and harms no other."""
        try:
            self._send(call)
        except DaffiError as reason:
            reason.function = call.name
            self._fail(call, reason)

    def _send(self, call):
        call.attempts += 1
        call.id = 0 if call.type == Type.CAST else self.next_id()
        if call.channel:
            call.channel.id = call.id
        record = Record(call.type, call.id, call.name, call.peer, None, dict(call.options),
                        call.body)
        if call.type == Type.CALL and Option.STREAM in call.options:
            record.options[Option.ITEMS] = WINDOW_ITEMS
            record.options[Option.BYTES] = WINDOW_BYTES
        self._link.send(record, call.deadline, self._node.clock.stamp
                        if call.type != Type.WAIT else None)
        if call.type == Type.CAST:
            call.finish(b"")
        else:
            self._flight[call.id] = call

    def _expire(self, call):
        if call._finished:
            return
        text = "the deadline passed"
        if id(call) in self._waiting and not self._node.connected:
            text = f"not connected to a controller at {self._link.endpoint} in time"
        self.withdraw(call)
        call.finish(error=error(Status.TIMEOUT, text, call._maybe(), call.peer, call.name))

    def withdraw(self, call):
        """It is in no table any more; the controller is told."""
        self._waiting.pop(id(call), None)
        resting = self._resting.pop(id(call), None)
        if resting:
            resting[1].clear()
        if self._flight.pop(call.id, None) is call and self._node.connected and \
                call.type != Type.SCHEDULE:
            self._link.send(Record(Type.CANCEL, call.id))

    def cancel(self, call):
        """False where no answer will come any more: it was not sent, or needs none."""
        answered = self._flight.get(call.id) is call and call.type == Type.CALL and \
            Option.ALL not in call.options and self._node.connected
        if not answered:
            self.withdraw(call)
        elif not call.cancelled:
            call.cancelled = call.no_retry = True
            self._link.send(Record(Type.CANCEL, call.id))
        return answered

    def on_connected(self):
        waiting, self._waiting = self._waiting, {}
        for call in waiting.values():
            if call.deadline is not None and call.deadline <= time.monotonic():
                self._expire(call)
            elif not call._finished:
                self._send_or_fail(call)

    def on_lost(self, executed):
        """The session ended: waits and schedules go on with the next one, and calls that
        certainly did not run."""
        flight, self._flight = self._flight, {}
        for call in flight.values():
            if call.type in (Type.WAIT, Type.SCHEDULE):
                self._waiting[id(call)] = call
                continue
            self._fail(call, error(Status.CONTROLLER_LOST, "the connection to the "
                                   "controller broke", executed, call.peer, call.name))

    def stop(self):
        resting = [call for call, _ in self._resting.values()]
        for call in [*self._flight.values(), *self._waiting.values(), *resting]:
            self.withdraw(call)
            call.finish(error=error(Status.STOPPED, "this Global has stopped",
                                    call._maybe(), call.peer, call.name))

    # --- answers -----------------------------------------------------------------------------

    def on_result(self, record):
        call = self._flight.get(record.id)
        if call is None:
            return False
        if Option.PART in record.options:
            if isinstance(call, Broadcast):
                call.on_part(record, None)
            return True
        del self._flight[record.id]
        call.finish(record.body, process=record.peer)
        return True

    def on_error(self, record):
        call = self._flight.get(record.id)
        if call is None:
            return False
        failure = read_error(record, call.name)
        if Option.PART in record.options:
            if isinstance(call, Broadcast):
                call.on_part(record, failure)
            return True
        del self._flight[record.id]
        self._fail(call, failure)
        return True

    def on_progress(self, record):
        call = self._flight.get(record.id)
        try:
            done, total, text = unpack(record.body)
        except (ValueError, TypeError):
            return
        if call:
            call.progress = Progress(record.peer, done, total, text)

    def on_end(self, record):
        call = self._flight.get(record.id)
        if isinstance(call, Broadcast):
            del self._flight[record.id]
            call.finish(b"")

    def on_unsent(self, record, reason):
        """It could not be written, which is a fault of ours."""
        call = self._flight.pop(record.id, None)
        if call:
            call.finish(error=error(Status.INTERNAL, f"it could not be sent: {reason}",
                                    call._maybe(), call.peer, call.name))

    def channel(self, id):
        call = self._flight.get(id)
        return call.channel if call else None

    def break_off(self, id):
        """The provider sends more items than it may."""
        call = self._flight.get(id)
        self.withdraw(call)
        call.finish(error=error(Status.PROTOCOL, "more items than were asked for",
                                Executed.MAYBE, call.peer, call.name))

    def _fail(self, call, failure):
        if not self._try_again(call, failure):
            call.finish(error=failure, process=failure.process)

    def _try_again(self, call, failure):
        """What did not run, or may run twice, where another moment may be better."""
        used = call.channel and (call.channel.received or call.channel.sent_end)
        safe = failure.executed == Executed.NO or \
            (failure.executed == Executed.MAYBE and call.idempotent)
        if not safe or failure.status not in _PASSING or call.no_retry or used or \
                call.type != Type.CALL or call.attempts >= ATTEMPTS_MAX or \
                getattr(call, "replies", None):
            return False
        pause = BACKOFF * 2 ** call.attempts * (1 + random.random())
        if call.deadline is not None and time.monotonic() + pause >= call.deadline:
            return False
        call._maybe_ran |= failure.executed == Executed.MAYBE
        self._rest(call, pause)
        return True


def open_channel(node, call):
    call.channel = Channel(node.link, 0)
    call.options[Option.STREAM] = 1
    return call.channel


def read_error(record, name=""):
    status = Status.read(record.options.get(Option.STATUS, Status.FAILED))
    executed = Executed(record.options.get(Option.EXECUTED, Executed.MAYBE))
    try:
        text = unpack(record.body)
    except ValueError:
        text = None
    return error(status, text if isinstance(text, str) else status.name.lower(), executed,
                 record.peer, record.name or name)
