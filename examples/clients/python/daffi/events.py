# SPDX-License-Identifier: MPL-2.0
"""The thread in which lifecycle callbacks, presence events and done-callbacks run, one
after the other, in order. They may block and may call."""

import logging
import queue
import threading
from dataclasses import dataclass

from .protocol import EventType, Executed, Reason, Status, TaskEventType

log = logging.getLogger("daffi")


@dataclass(frozen=True)
class Event:
    """Who came or went. LOST: some were missed, what is there now follows."""

    type: EventType
    process: str = ""
    function: str = ""
    signature: str = ""
    reason: Reason = Reason.NONE


def read_event(value):
    """None where it says nothing that is known."""
    try:
        return Event(EventType(value.get("type", 0)), value.get("process", ""),
                     value.get("function", ""), value.get("signature", ""),
                     Reason(value.get("reason", 0)))
    except (ValueError, AttributeError):
        return None


@dataclass(frozen=True)
class TaskEvent:
    """FAILED: a run did; `due_ms` is its time, `process` who ran it, if anybody. ENDED: no
    run comes any more; `status` is OK or CANCELLED. LOST: some were missed, look at the
    tasks."""

    type: TaskEventType
    uuid: str = ""
    function: str = ""
    owner: str = ""
    due_ms: int = 0
    process: str = ""
    status: Status = Status.OK
    executed: Executed = Executed.NO
    text: str = ""


def read_task_event(value):
    """None where it says nothing that is known."""
    try:
        return TaskEvent(TaskEventType(value.get("type", 0)), value.get("uuid", ""),
                         value.get("function", ""), value.get("owner", ""),
                         value.get("due_ms", 0), value.get("process", ""),
                         Status.read(value.get("status", 0)),
                         Executed(value.get("executed", 0)), value.get("text", ""))
    except (ValueError, AttributeError):
        return None


class Subscription:
    """To presence, or to the tasks: by its name in a SUBSCRIBE."""

    def __init__(self, name, read, lost):
        self.name = name
        self.read = read
        self.lost = lost
        self.on_event = None
        self.options = {}
        self.id = 0


class Events:
    def __init__(self):
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="daffi-events", daemon=True)
        self._thread.start()

    def put(self, function, *args):
        self._queue.put((function, args))

    def close(self):
        """After all that was put before."""
        self._queue.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(5)

    def _run(self):
        while True:
            item = self._queue.get()
            if item is None:
                return
            function, args = item
            try:
                function(*args)
            except Exception:  # a callback's fault is not the client's
                log.exception("%s failed", getattr(function, "__name__", function))
