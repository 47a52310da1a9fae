# SPDX-License-Identifier: MPL-2.0
"""Scheduled tasks, section 8.7 of PROTOCOL.md: calls that the controller makes at their
times, also when this process has gone."""

import datetime
import time
import uuid as uuids

from .exceptions import InitializationError
from .execution_modifiers import seconds
from .protocol import Option, Type
from .results import AsyncResult
from .values import pack

TIMEOUT = 30.0


class ScheduledTask:
    """A task, by its uuid. Any process may hold one."""

    def __init__(self, g, uuid):
        self._g = g
        self.uuid = uuid

    def cancel(self):
        """"cancelled", "finished" (it had ended before) or "unknown". Runs that have begun
        go on."""
        return self._g.call("$sys.task.cancel", self.uuid)

    def pause(self):
        self._g.call("$sys.task.pause", self.uuid)

    def resume(self):
        self._g.call("$sys.task.resume", self.uuid)

    def run(self):
        """Once now, besides its times."""
        self._g.call("$sys.task.run", self.uuid)

    def info(self):
        """A dict: function, condition, state, remaining, runs, history and more."""
        return self._g.call("$sys.task", self.uuid)

    def __repr__(self):
        return f"ScheduledTask({self.uuid})"


def _moment(value):
    """Seconds since 1970 (UTC), a datetime, or a text as the protocol has it."""
    if isinstance(value, datetime.datetime):
        value = value.timestamp()
    return value if isinstance(value, str) else int(value * 1000)


def _moments(value):
    values = [_moment(each) for each in value] if isinstance(value, (list, tuple)) \
        else [_moment(value)]
    texts = isinstance(values[0], str) if values else False
    if any(isinstance(each, str) != texts for each in values):
        raise InitializationError("at_time: all texts, or all numbers")
    return {"at" if texts else "at_ms": values}


def _milliseconds(value):
    try:
        return int(round(seconds(value) * 1000))
    except OverflowError:
        raise InitializationError(f"{value} is too long a time for a task") from None


def _span(key, value):
    """A text goes as it is: the controller reads it, as it does for all languages."""
    return {key: value} if isinstance(value, str) else {f"{key}_ms": _milliseconds(value)}


def _condition(at_time, interval, delay, cron, until):
    body = {}
    if at_time is not None:
        body.update(_moments(at_time))
    if interval is not None:
        body.update(_span("interval", interval))
    if delay is not None:
        body.update(_span("delay", delay))
    if cron is not None:
        body["cron"] = cron
    if until is not None:
        moment = _moment(until)
        body["until" if isinstance(moment, str) else "until_ms"] = moment
    return body


def schedule(g, function, args, *, at_time=None, interval=None, delay=None, cron=None,
             until=None, process=None, all=False, timeout=None, jitter=None, zone=None,
             max_runs=None, overlap=None, missed=None, missed_max=None):
    """Times in seconds, or texts; the rest is as the protocol has it."""
    if all and process:
        raise InitializationError("all and process exclude each other")
    body = _condition(at_time, interval, delay, cron, until)
    #  with a uuid of our own the record can be sent again without a second task
    body["uuid"] = str(uuids.uuid4())
    body["args"] = args
    if timeout is not None:
        body["timeout_ms"] = _milliseconds(timeout)
    if jitter is not None:
        body["jitter_ms"] = _milliseconds(jitter)
    plain = {"zone": zone, "max_runs": max_runs, "overlap": overlap, "missed": missed,
             "missed_max": missed_max}
    body.update({key: value for key, value in plain.items() if value is not None})
    node = g._live()
    call = AsyncResult(node, Type.SCHEDULE, function, process or "", pack(body),
                       time.monotonic() + TIMEOUT, {Option.ALL: 0} if all else {})
    return ScheduledTask(g, node.calls.start(call).get())


def scheduled(g, process=None, ended=False):
    """All tasks as dicts, or those that a process has scheduled or shall run."""
    found, start = [], None
    while True:
        wanted = {"ended": ended}
        if process:
            wanted["process"] = process
        if start is not None:
            wanted["from"] = start
        page = g.call("$sys.tasks", wanted)
        found.extend(page["tasks"])
        start = page.get("next")
        if start is None:
            return found
