# SPDX-License-Identifier: MPL-2.0
"""The node: its session with the controller, as the table in section 7.2 has it, and the
way of each record to where it belongs."""

import logging
import math
import os
import random
import time

from .calls import Calls, read_error
from .clock import Clock, local_ms
from .events import (Event, Events, Subscription, TaskEvent, read_event,
                     read_task_event)
from .exceptions import error
from .link import Link
from .own import CLIENT_VERSION
from .protocol import (MESSAGE_BYTES, VERSION, EventType, Executed, Option, Status,
                       TaskEventType, Type)
from .serve import Server
from .values import pack, unpack
from .wire import Malformed, Record, read_message

log = logging.getLogger("daffi")

HELLO_AGAIN = 1.0  # seconds: no answer, or refused


class State:
    CONNECTING, GREETING, CONNECTED, REFUSED, DRAINING, ENDED = (
        "connecting", "greeting", "connected", "refused", "draining", "ended")


class Node:
    def __init__(self, name, endpoint, *, heartbeat=1.0, heartbeat_timeout=3.0, capacity=256,
                 workers=16, takeover=False):
        self.name = name
        self.link = Link(endpoint, self)
        self.clock = Clock()
        self.calls = Calls(self)
        self.server = Server(self, workers)
        self.events = Events()
        self.state = State.CONNECTING
        self.refusal = None
        self.limit = MESSAGE_BYTES
        self.on_change = lambda connected: None     # under the lock
        self.presence = Subscription("", read_event, Event(EventType.LOST))
        self.tasks = Subscription("$sys.tasks", read_task_event,
                                  TaskEvent(TaskEventType.LOST))
        self.owner = lambda: None
        self._hello = {"heartbeat_ms": int(heartbeat * 1000),
                       "timeout_ms": int(heartbeat_timeout * 1000),
                       "capacity": capacity, "takeover": takeover,
                       "incarnation": os.urandom(16)}
        self._hello_id = 0
        self._hello_ms = self._heartbeat_ms = self._timeout_ms = 0
        self._spoke = self._heard = 0.0
        self._pings = {}
        self._greet_again = None
        self._told = {}
        self._drained = self._held = False
        self._ended_text = "this Global has stopped"

    def start(self):
        self._heard = time.monotonic()
        self._timeout_ms = self._hello["timeout_ms"]
        self.link.start()

    @property
    def connected(self):
        return self.state in (State.CONNECTED, State.DRAINING)

    @property
    def takes_calls(self):
        """Else they wait for the next connection."""
        return self.connected and not self._held

    def check_running(self):
        if self.state == State.ENDED:
            raise error(Status.STOPPED, self._ended_text)

    # --- functions ------------------------------------------------------------------------------

    def offer(self, function):
        with self.link.lock:
            self.server.functions[function.name] = function
            if self.state == State.CONNECTED:
                self._update({"add": [[function.name, function.signature]]})

    def withdraw(self, name):
        with self.link.lock:
            if self.server.functions.pop(name, None) is None:
                raise error(Status.NOT_FOUND, f"{name} is not registered")
            if self.state == State.CONNECTED:
                self._update({"remove": [name]})

    def _tell_late(self):
        """What came or went between HELLO and WELCOME."""
        now = self.server.functions
        removed = [name for name in self._told if name not in now]
        added = [[name, each.signature] for name, each in now.items()
                 if self._told.get(name) is not each]
        if removed or added:
            self._update({"remove": removed, "add": added})

    def _update(self, change):
        self.link.send(Record(Type.UPDATE, body=pack(change)))

    def subscribe(self, to, on_event, options=None):
        """on_event (event), from the thread of events; None ends it."""
        with self.link.lock:
            to.on_event, to.options = on_event, options or {}
            if self.connected:
                self._subscribe(to)

    def _subscribe(self, to):
        to.id = self.calls.next_id() if to.on_event else 0
        self.link.send(Record(Type.SUBSCRIBE, to.id, to.name, options=dict(to.options)))

    # --- the connection, told by the link under the lock ------------------------------------------

    def on_up(self):
        self._heard = time.monotonic()
        if self.state != State.ENDED:
            self._greet()

    def on_down(self):
        self._lose()
        if self.state != State.ENDED:
            self.state = State.CONNECTING

    def on_turn(self, now):
        if self.state in (State.CONNECTING, State.ENDED):
            return
        if now - self._heard > self._timeout_ms / 1000:
            log.warning("daffi: the controller is silent, connecting anew")
            self._lose()
            self.state = State.CONNECTING
            self.link.reconnect()
        elif self.connected and (now - self._spoke) * 1000 >= self._heartbeat_ms:
            self._ping()

    def on_unsent(self, record, reason):
        if record.type in (Type.CALL, Type.WAIT, Type.SCHEDULE):
            self.calls.on_unsent(record, reason)

    def on_broken(self):
        """The I/O thread ends: nothing can be sent or heard any more."""
        was, self.state = self.connected, State.ENDED
        self.calls.stop()
        self.server.on_lost()
        if was:
            self.on_change(False)

    def on_forked(self):
        """In the child of a fork (), under the lock: the threads are the parent's."""
        self.state = State.ENDED
        self._ended_text = "this Global is of the process that forked: create one in this one"
        self.link.on_forked()
        self.calls.stop()

    def next_turn(self):
        """When on_turn () is needed next though nothing happens."""
        if self.state in (State.CONNECTING, State.ENDED):
            return math.inf
        silence = self._heard + self._timeout_ms / 1000
        return min(silence, self._spoke + self._heartbeat_ms / 1000) \
            if self.connected else silence

    def _ping(self):
        self._spoke = time.monotonic()
        id = self.calls.next_id()
        self._pings = {id: local_ms()}
        self.link.send(Record(Type.PING, id))

    def _greet(self):
        self.state = State.GREETING
        self._hello_id = random.getrandbits(63) | 1
        self._hello_ms = local_ms()
        self._told = dict(self.server.functions)
        functions = [[each.name, each.signature] for each in self._told.values()]
        body = {"min": VERSION, "max": VERSION, "features": [], "language": "python",
                "version": CLIENT_VERSION, "functions": functions, **self._hello}
        self.link.forget()
        self.link.send(Record(Type.HELLO, self._hello_id, peer=self.name, body=pack(body)))
        self._hello_later()

    def _hello_later(self):
        if self._greet_again:
            self._greet_again.clear()
        pause = HELLO_AGAIN * random.uniform(0.8, 1.2)
        self._greet_again = self.link.alarm(time.monotonic() + pause, self._hello_once_more)

    def _hello_once_more(self):
        if self.state in (State.GREETING, State.REFUSED):
            self._greet()

    def _lose(self, executed=Executed.MAYBE):
        """The session is over, if there was one."""
        was = self.connected
        self.link.forget()
        self.clock.forget()
        if not was:
            return
        self.state = State.ENDED if self.state == State.DRAINING else State.CONNECTING
        self._held = False
        self.calls.on_lost(executed)
        self.server.on_lost()
        for each in (self.presence, self.tasks):
            if each.on_event:
                self.events.put(each.on_event, each.lost)
        self.on_change(False)

    # --- records -----------------------------------------------------------------------------------

    def on_message(self, frames):
        self._heard = time.monotonic()
        try:
            for record in read_message(frames):
                handler = _HANDLERS.get(record.type)
                if handler:
                    handler(self, record)
                else:
                    self._complain(record.id, f"no record of type {record.type} is taken")
        except Malformed as reason:
            log.warning("daffi: a malformed record: %s", reason)
            self._complain(0, str(reason))

    def _complain(self, id, text):
        self.link.send(Record(Type.ERROR, id, body=pack(text[:200]),
                              options={Option.STATUS: Status.PROTOCOL, Option.EXECUTED: 0}))

    def _on_welcome(self, record):
        if self.state != State.GREETING or record.id != self._hello_id:
            return
        try:
            welcome = dict(unpack(record.body))
            self._heartbeat_ms = int(welcome["heartbeat_ms"]) * 0.9
            self._timeout_ms = int(welcome["timeout_ms"])
            self.limit = int(welcome.get("limits", {}).get("message", MESSAGE_BYTES))
        except (ValueError, TypeError, KeyError, AttributeError) as reason:
            log.warning("daffi: a WELCOME that cannot be read: %s", reason)
            return
        self.clock.learn(self._hello_ms, welcome.get("clock_ms", 0))
        self._spoke = time.monotonic()
        self._greet_again.clear()
        self.state, self.refusal = State.CONNECTED, None
        self._tell_late()
        for each in (self.presence, self.tasks):
            if each.on_event:
                self._subscribe(each)
        self.on_change(True)
        self.calls.on_connected()

    def _on_error(self, record):
        failure = read_error(record)
        if record.id == 0:
            log.warning("daffi: the controller says: %s", failure)
        elif self.state == State.GREETING and record.id == self._hello_id:
            self.state, self.refusal = State.REFUSED, failure
            self.on_change(False)
        else:
            self.calls.on_error(record)

    def _on_call(self, record):
        if self.connected:
            self.server.on_call(record, self.clock.left_ms(record))

    def _on_result(self, record):
        self.calls.on_result(record)

    def _on_chunk(self, record):
        channel = self.calls.channel(record.id)
        if channel:
            if not channel.on_chunk(record.body):
                self.calls.break_off(record.id)
            return
        channel = self.server.channel(record.id)
        if channel and not channel.on_chunk(record.body):
            self.server.on_cancel(record.id)

    def _on_credit(self, record):
        channel = self.calls.channel(record.id) or self.server.channel(record.id)
        if channel:
            channel.on_credit(record.options)

    def _on_end(self, record):
        channel = self.server.channel(record.id)
        if channel:
            channel.on_end()
        else:
            self.calls.on_end(record)

    def _on_cancel(self, record):
        self.server.on_cancel(record.id)

    def _on_event(self, record):
        for each in (self.presence, self.tasks):
            if record.id != each.id or not each.on_event:
                continue
            try:
                event = each.read(unpack(record.body))
            except ValueError:
                return
            if event:
                self.events.put(each.on_event, event)

    def _on_progress(self, record):
        self.calls.on_progress(record)

    def _on_ping(self, record):
        self.link.send(Record(Type.PONG, record.id))

    def _on_pong(self, record):
        sent = self._pings.pop(record.id, None)
        try:
            if sent is not None:
                self.clock.learn(sent, unpack(record.body)["clock_ms"])
        except (ValueError, TypeError, KeyError):
            pass

    def _on_drain(self, record):
        if record.id and self.state == State.DRAINING:
            self._drained = True
            self.server.idle.notify_all()
        elif not record.id:
            self._held = True   # the controller stops

    def _on_goodbye(self, record):
        """The controller stops: hang up, and look for its successor."""
        finished = record.options.get(Option.EXECUTED) == Executed.NO
        self._lose(Executed.NO if finished else Executed.MAYBE)
        if self.state != State.ENDED:
            self.state = State.CONNECTING
            self.link.reconnect()

    def _on_who(self, _record):
        self._lose()
        if self.state != State.ENDED:
            self._greet()

    # --- the end --------------------------------------------------------------------------------------

    def stop(self, timeout):
        """Withdraws the functions, lets what runs finish, says goodbye. Blocks."""
        with self.link.lock:
            if self.state == State.CONNECTED:
                self.state = State.DRAINING
                self.link.send(Record(Type.DRAIN, self.calls.next_id()))
                end = time.monotonic() + min(timeout, 1)
                while self.state == State.DRAINING and not self._drained and \
                        time.monotonic() < end:
                    self.server.idle.wait(end - time.monotonic())
        self.server.drain(timeout)
        with self.link.lock:
            self.server.on_lost()
            self.calls.stop()
            if self.connected:
                self.link.send(Record(Type.GOODBYE))
                self.state = State.ENDED
                self.on_change(False)
            self.state = State.ENDED
        self.link.close()
        self.server.close()


_HANDLERS = {
    Type.WELCOME: Node._on_welcome,
    Type.CALL: Node._on_call,
    Type.RESULT: Node._on_result,
    Type.ERROR: Node._on_error,
    Type.CAST: Node._on_call,
    Type.CHUNK: Node._on_chunk,
    Type.CREDIT: Node._on_credit,
    Type.END: Node._on_end,
    Type.CANCEL: Node._on_cancel,
    Type.EVENT: Node._on_event,
    Type.PING: Node._on_ping,
    Type.PONG: Node._on_pong,
    Type.DRAIN: Node._on_drain,
    Type.GOODBYE: Node._on_goodbye,
    Type.WHO: Node._on_who,
    Type.PROGRESS: Node._on_progress,
}
