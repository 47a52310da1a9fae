# SPDX-License-Identifier: MPL-2.0
"""The I/O thread: the socket, its monitor, the clock, and what waits to be sent.

Only this thread touches ZeroMQ. It never runs a callback, so heartbeats go out however
long callbacks take. All state of the node is guarded by one lock, which other threads
take for moments; they leave records in the outbox and wake the thread.
"""

import heapq
import itertools
import logging
import os
import random
import threading
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from .exceptions import error
from .protocol import MESSAGE_BYTES, WAITING_BYTES, Executed, Status
from .wire import write_messages

log = logging.getLogger("daffi")

MESSAGES_A_TURN = 256
RECONNECT_MIN_MS, RECONNECT_MAX_MS, RECONNECT_LIMIT_MS = 25, 75, 500
LINGER_MS = 500
STALLED_MS = 5  # ZeroMQ takes no more: there is no connection, or it is full
_EVENTS = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED


class Alarm:
    """Something to be done at a moment of time.monotonic ()."""

    __slots__ = ("action",)

    def __init__(self, action):
        self.action = action

    def clear(self):
        self.action = None


class Link:
    """`session` is told: on_up, on_down, on_message (frames), on_turn (now), and of faults
    on_unsent (record, reason) and on_broken (); it says in next_turn () when it wants the
    next turn at the latest."""

    def __init__(self, endpoint, session):
        self.lock = threading.RLock()
        self.endpoint = endpoint
        self.session = session
        self._alarms = []
        self._order = itertools.count()
        self._outbox = []
        self._outbox_bytes = 0
        self._frames = []
        self._closing = False
        self._context = zmq.Context()
        self._dealer = self._monitor = None
        self._wake_read, self._wake_write = os.pipe()
        self._woken = False
        self._poller = None
        self._thread = threading.Thread(target=self._run, name="daffi-io", daemon=True)

    def start(self):
        """ENDPOINT where ZeroMQ cannot use it, and then all is closed again."""
        try:
            self._open_socket()
        except zmq.ZMQError as reason:
            self._close_all()
            raise error(Status.ENDPOINT, f"cannot connect to {self.endpoint}: {reason}; look "
                        "at host and port") from None
        self._thread.start()

    def close(self):
        """Sends what is waiting, for a moment at most, and ends the thread."""
        with self.lock:
            self._closing = True
            self._wake()
        if threading.current_thread() is not self._thread and self._thread.ident:
            self._thread.join()

    # --- under the lock -----------------------------------------------------------------

    def send(self, record, deadline=None, clock=None, refuse=True):
        """Queues a record. With a deadline its ttl is told when it is really sent."""
        if refuse and self._outbox_bytes + len(record.body) > WAITING_BYTES + MESSAGE_BYTES:
            raise error(Status.BUSY, "too many bytes wait to be sent", Executed.NO)
        self._outbox.append((record, deadline, clock))
        self._outbox_bytes += len(record.body)
        self._wake()

    def forget(self):
        """What has not been sent is not sent any more."""
        self._outbox.clear()
        self._outbox_bytes = 0
        self._frames.clear()

    def alarm(self, at, action):
        alarm = Alarm(action)
        heapq.heappush(self._alarms, (at, next(self._order), alarm))
        self._wake()
        return alarm

    def reconnect(self):
        """A fresh connection, on a fresh socket: nothing of the old one is left."""
        self._close_socket()
        self._open_socket()

    # --- the thread ---------------------------------------------------------------------

    def _wake(self):
        """Under the lock, by other threads."""
        if not self._woken and self._wake_write >= 0 and \
                threading.current_thread() is not self._thread:
            self._woken = True
            os.write(self._wake_write, b"!")

    def _awake(self):
        if self._woken:
            self._woken = False
            os.read(self._wake_read, 1)

    def _open_socket(self):
        self._dealer = self._context.socket(zmq.DEALER)
        options = {zmq.IMMEDIATE: 1, zmq.LINGER: 0, zmq.SNDHWM: 0, zmq.RCVHWM: 0,
                   zmq.MAXMSGSIZE: MESSAGE_BYTES + (1 << 20), zmq.HANDSHAKE_IVL: 3000,
                   zmq.RECONNECT_IVL: random.randint(RECONNECT_MIN_MS, RECONNECT_MAX_MS),
                   zmq.RECONNECT_IVL_MAX: RECONNECT_LIMIT_MS,
                   zmq.IPV6: int("[" in self.endpoint)}
        for option, value in options.items():
            self._dealer.setsockopt(option, value)
        self._monitor = self._dealer.get_monitor_socket(_EVENTS)
        self._poller = zmq.Poller()
        for each in (self._dealer, self._monitor, self._wake_read):
            self._poller.register(each, zmq.POLLIN)
        self._dealer.connect(self.endpoint)

    def _close_socket(self, linger=0):
        self._dealer.disable_monitor()
        self._monitor.close(linger=0)
        self._dealer.close(linger=linger)

    def _run(self):
        try:
            while self._turn():
                pass
        except Exception:
            log.exception("daffi: the I/O thread has failed, all calls end")
            with self.lock:
                self.session.on_broken()
        finally:
            self._close_all()

    def _close_all(self):
        with self.lock:
            self._close_socket(linger=LINGER_MS)
            self._close_pipe()
        self._context.term()

    def _close_pipe(self):
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._wake_write = -1

    def on_forked(self):
        """Under the lock, in the child: the parent shall not be woken."""
        self._close_pipe()
        self.forget()

    def _wait(self):
        with self.lock:
            while self._alarms and self._alarms[0][2].action is None:
                heapq.heappop(self._alarms)
            until = self.session.next_turn()
            if self._alarms:
                until = min(until, self._alarms[0][0])
            timeout = min(max(0, until - time.monotonic()), 1) * 1000 + 0.5
            if self._outbox or self._closing:
                timeout = 0
            elif self._frames:
                timeout = STALLED_MS
        self._poller.poll(timeout)

    def _turn(self):
        self._wait()
        with self.lock:
            self._awake()
            self._read()
            self._watch()
            now = time.monotonic()
            while self._alarms and self._alarms[0][0] <= now:
                alarm = heapq.heappop(self._alarms)[2]
                if alarm.action:
                    alarm.action()
            self.session.on_turn(now)
            self._flush()
            return not self._closing

    def _read(self):
        for _ in range(MESSAGES_A_TURN):
            try:
                frames = self._dealer.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self.session.on_message(frames)

    def _watch(self):
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.session.on_up()
            else:
                self.session.on_down()

    def _flush(self):
        if self._outbox:
            waiting, self._outbox = self._outbox, []
            self._outbox_bytes = 0
            try:
                self._write(waiting)
            except Exception:
                self._write_singly(waiting)
        while self._frames:
            try:
                self._dealer.send_multipart(self._frames[0], zmq.NOBLOCK,
                                            copy=len(self._frames[0]) == 1)
            except zmq.Again:
                return
            del self._frames[0]

    def _write(self, waiting):
        now = time.monotonic()
        records = [self._stamped(*each, now) for each in waiting]
        self._frames += list(write_messages(records))

    def _write_singly(self, waiting):
        """One that cannot be written shall not take the others with it."""
        for each in waiting:
            try:
                self._write([each])
            except Exception as reason:
                log.exception("daffi: a record that cannot be sent")
                self.session.on_unsent(each[0], reason)

    @staticmethod
    def _stamped(record, deadline, clock, now):
        if deadline is not None:
            record.ttl_ms = max(0, int((deadline - now) * 1000))
        if clock is not None:
            clock(record, now)
        return record
