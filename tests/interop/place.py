# SPDX-License-Identifier: MPL-2.0
"""A broker, a Python process that serves and one that calls, for the tests of the client."""

import sys

from daffi import Global
from proofs import broker, launch

SCRIPT = """
import sys, time, daffi
from daffi import Global, callback
g = Global("{name}", unix_sock_path="{folder}", heartbeat=0.1, heartbeat_timeout=1)
{body}
"""


class Place:
    """A broker, a process that serves, and one that calls."""

    def __init__(self, *options, **functions):
        self.broker = broker(*options)
        self.endpoint = self.broker.endpoint
        self.folder = self.endpoint[len("ipc://"):-len("/.sock")]
        self.server = self.join("server", **functions)
        self.caller = self.join("caller")

    def join(self, name, options=None, **functions):
        g = Global(name, unix_sock_path=self.folder, connect_timeout=10, **(options or {}))
        for function_name, function in functions.items():
            g.register(function_name, function)
        for function_name in functions:
            g.wait_function(function_name, 10)
        return g

    def script(self, name, body):
        return launch(sys.executable, "-c", SCRIPT.format(name=name, folder=self.folder,
                                                          body=body), name=name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.caller.stop()
        self.server.stop()
