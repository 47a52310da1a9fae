# SPDX-License-Identifier: MPL-2.0
"""The thread in which lifecycle callbacks, presence events and done-callbacks run, one
after the other, in order. They may block and may call."""

import logging
import queue
import threading
from dataclasses import dataclass

from .protocol import EventType, Reason

log = logging.getLogger("daffi")


@dataclass
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
