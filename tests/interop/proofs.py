# SPDX-License-Identifier: MPL-2.0
"""Tests as sentences: `@proves ("a sentence")` above a function, `main ()` at the end.

Each runs in a fresh folder with a TMPDIR of its own, so that the default sockets of two
tests never meet. What it starts with `launch ()` is killed after it. `skip ()` is for what
cannot be tried on this machine: it is counted apart, never as passed.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

PATIENCE = float(os.environ.get("DAFFI_TEST_TIMEOUT", 30))
SOURCE = os.environ.get("DAFFI_SOURCE_DIR") or \
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BROKER = os.environ.get("DAFFI_BROKER", "daffi-broker")

_proofs = []
_running = []


class Skipped(Exception):
    pass


def proves(sentence):
    def remember(function):
        _proofs.append((sentence, function))
        return function
    return remember


def skip(reason):
    raise Skipped(reason)


def same(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r}\n     is not {expected!r}")


def raises(kind, function, *args, **options):
    """The exception, for a closer look."""
    try:
        function(*args, **options)
    except kind as reason:
        return reason
    raise AssertionError(f"no {kind.__name__} was raised")


def until(condition, what="it"):
    """For what comes soon and cannot be waited for in any other way."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.005)


class Program:
    """A child whose lines can be waited for."""

    def __init__(self, *command, name=None):
        self.name = name or os.path.basename(command[0])
        self.lines, self._read = [], 0
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
        self.pid = self._process.pid
        threading.Thread(target=self._collect, daemon=True).start()
        _running.append(self)

    def _collect(self):
        for line in self._process.stdout:
            with self._changed:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self.lines.append(None)
            self._changed.notify_all()

    def line(self, containing=""):
        """The next line that holds this text."""
        end = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                while self._read < len(self.lines):
                    line = self.lines[self._read]
                    if line is None:
                        raise AssertionError(f"{self.name} ended without {containing!r}:\n"
                                             + self.said())
                    self._read += 1
                    if containing in line:
                        return line
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise AssertionError(f"{self.name} never said {containing!r}:\n"
                                         + self.said())

    def said(self):
        return "\n".join(each for each in self.lines if each is not None)

    def tell(self, text):
        self._process.stdin.write((text + "\n").encode())
        self._process.stdin.flush()

    def end(self):
        """Waits for its own end: its exit code."""
        code = self._process.wait(PATIENCE)
        with self._changed:
            while not self.lines or self.lines[-1] is not None:
                assert self._changed.wait(PATIENCE)
        return code

    def stop(self):
        self._process.terminate()
        return self.end()

    def kill(self):
        """It, and what it started."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

    def signal(self, number):
        os.kill(self.pid, number)


def launch(*command, name=None):
    return Program(*command, name=name)


def broker(*options):
    """A controller in the background, ready; its endpoint is the last word of the line."""
    program = launch(BROKER, "--settle", "200", "--log-level", "error", *options)
    program.endpoint = program.line(" ready at ").split()[-1]
    return program


class Folder:
    """Fresh, and the default of everybody while it lasts."""

    def __enter__(self):
        self._here = os.getcwd()
        self.path = tempfile.mkdtemp(prefix="daffi-interop-", dir="/tmp")
        os.chdir(self.path)
        os.environ["TMPDIR"] = tempfile.tempdir = self.path

    def __exit__(self, *_):
        for program in _running:
            program.kill()
        _running.clear()
        os.chdir(self._here)
        shutil.rmtree(self.path, ignore_errors=True)


def _run(sentence, function):
    began = time.monotonic()
    try:
        function()
        verdict, note = "ok  ", ""
    except Skipped as reason:
        verdict, note = "skip", str(reason)
    except BaseException:
        verdict, note = "FAIL", traceback.format_exc()
        note += "".join(f"--- {each.name}\n{each.said()}\n" for each in _running)
    slow = f" ({took:.1f} s)" if (took := time.monotonic() - began) > 1 else ""
    print(f"{verdict} {sentence}{slow}", flush=True)
    for line in note.rstrip().splitlines():
        print(f"     {line}", flush=True)
    return verdict


def _run_apart(sentence, function):
    with Folder():
        return _run(sentence, function)


def main(one_scene=False):
    """`--filter TEXT`: the sentences that hold it. `one_scene`: what is launched lives from
    the first to the last."""
    chosen = sys.argv[2] if len(sys.argv) > 2 and sys.argv[1] == "--filter" else ""
    proofs = [each for each in _proofs if chosen in each[0]]
    if one_scene:
        with Folder():
            verdicts = [_run(*each) for each in proofs]
    else:
        verdicts = [_run_apart(*each) for each in proofs]
    passed, failed = verdicts.count("ok  "), verdicts.count("FAIL")
    skipped = verdicts.count("skip")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.stdout.flush()
    #  threads of a failed test must not keep the program alive
    os._exit(1 if failed or not verdicts else 0 if passed else 77)
