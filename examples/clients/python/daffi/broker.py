# SPDX-License-Identifier: MPL-2.0
"""`init_controller=True`: the program daffi-broker as a child of this process.

A small shell stands between. It holds a pipe from us: when that closes, however we ended,
it ends the broker, so that none is left behind.
"""

import os
import shutil
import subprocess
import tempfile

from .exceptions import InitializationError

PATH_BYTES = 107

_GUARD = """
exec 3<&0
"$@" 3<&- </dev/null &
broker=$!
(read -r _ <&3; kill "$broker" 2>/dev/null) >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait "$broker"
code=$?
kill "$guard" 2>/dev/null
exit "$code"
"""


def default_folder():
    """Of the UNIX socket, where nothing else is said."""
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", "daffi")


def endpoint_of(host, port, unix_sock_path):
    if host and unix_sock_path:
        raise InitializationError("host and unix_sock_path: there can be only one")
    if port and not host:
        raise InitializationError("a port wants a host, for example host=\"127.0.0.1\"")
    if port and not (isinstance(port, int) and 0 < port < 65536):
        raise InitializationError(f"{port!r} is no port: 1 to 65535")
    if host:
        host = f"[{host}]" if ":" in host and host[0] != "[" else host
        return f"tcp://{host}:{port}"
    path = os.path.join(unix_sock_path or default_folder(), ".sock")
    if len(os.fsencode(path)) > PATH_BYTES:
        raise InitializationError(
            f"the socket's path {path!r} has {len(os.fsencode(path))} bytes, a UNIX socket's "
            f"may have {PATH_BYTES}; use a shorter unix_sock_path or TMPDIR")
    return f"ipc://{path}"


class Broker:
    def __init__(self, host, port, unix_sock_path, options=()):
        program = os.environ.get("DAFFI_BROKER") or shutil.which("daffi-broker")
        if not program:
            raise InitializationError(
                "init_controller wants the program daffi-broker: put it on the PATH, or its "
                "path into the environment variable DAFFI_BROKER")
        arguments = [program, "--log-level", "error", *options]
        if host:
            arguments += ["--host", host, "--port", str(port or 0)]
        elif unix_sock_path:
            arguments += ["--unix-sock-path", unix_sock_path]
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            ["sh", "-c", _GUARD, "sh", *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True)
        ready = self._process.stdout.readline().decode()
        if " ready at " not in ready:
            self._process.wait()
            self._errors.seek(0)
            reason = self._errors.read().decode(errors="replace").strip()
            raise InitializationError(reason or f"{program} did not start")
        self.endpoint = ready.split()[-1]

    def stop(self, timeout):
        if self._process.stdin:
            self._process.stdin.close()
            self._process.stdin = None
        try:
            self._process.wait(timeout + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def on_forked(self):
        """In the child of a fork (): the broker ends with the parent alone."""
        self._process.stdin.close()
        self._process.stdin = None
