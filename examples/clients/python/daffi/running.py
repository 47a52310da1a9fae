# SPDX-License-Identifier: MPL-2.0
"""The Globals that run in this process: which one is meant, and what becomes of them at its
end and in the child of a fork ()."""

import atexit
import os
import threading

from . import registry
from .serve import current_request

running = []
_forking = []


def get_g():
    """The Global of the callback that runs here, else the one that started last."""
    request = current_request()
    if request:
        return request._server.node.owner()
    return running[-1] if running else None


@atexit.register
def _stop_all():
    for each in list(running):
        each.stop()


def _before_fork():
    """No other thread is in the middle of a change then."""
    _forking[:] = running
    for each in _forking:
        each._node.link.lock.acquire()


def _after_fork(in_child):
    if in_child:
        running.clear()
        registry.listeners.clear()
    while _forking:
        each = _forking.pop()
        lock = each._node.link.lock
        if in_child:
            _leave(each)
        lock.release()


def _leave(g):
    """It is the parent's and goes on there: here it has stopped, and nobody else hears of
    it."""
    g._stopped, g._stopping = threading.Event(), threading.Lock()
    g._stopped.set()
    g._begun_to_stop = True
    if g._broker:
        g._broker.on_forked()
    g._node.on_forked()


os.register_at_fork(before=_before_fork, after_in_parent=lambda: _after_fork(False),
                    after_in_child=lambda: _after_fork(True))
