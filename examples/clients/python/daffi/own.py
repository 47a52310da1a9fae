# SPDX-License-Identifier: MPL-2.0
"""$node.*: what every node answers by itself, section 9 of PROTOCOL.md. They run in the
I/O thread, so that a node whose workers are all busy still answers."""

import os
import platform
import threading
import time

from .exceptions import error
from .functions import Function
from .protocol import Executed, Status

CLIENT_VERSION = "0.1.0"


class Own:
    def __init__(self, node):
        self._node = node
        self._born = time.monotonic()
        self._functions = {each.name: each for each in (
            Function("$node.ping", lambda: None), Function("$node.info", self.info),
            Function("$node.stats", self.stats), Function("$node.drain", self.drain))}

    def find(self, name):
        return self._functions.get(name)

    def _uptime_ms(self):
        return int((time.monotonic() - self._born) * 1000)

    def info(self):
        node = self._node
        return {"language": "python", "version": CLIENT_VERSION, "pid": os.getpid(),
                "runtime": platform.python_version(), "process": node.name,
                "uptime_ms": self._uptime_ms(), "functions": len(node.server.functions),
                "running": len(node.server.requests)}

    def stats(self):
        functions = self._node.server.functions
        return {"process": self._node.name, "uptime_ms": self._uptime_ms(),
                "running": len(self._node.server.requests),
                "functions": [functions[name].tally.told(name) for name in sorted(functions)]}

    def drain(self):
        """Stops this process's Global; a controller is not stopped from outside."""
        g = self._node.owner()
        if g is None or g.is_controller:
            raise error(Status.REFUSED, "this process runs the controller as well; stop it "
                        "by a signal", Executed.YES)
        threading.Thread(target=g.stop, name="daffi-stop").start()
