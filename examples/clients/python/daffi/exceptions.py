# SPDX-License-Identifier: MPL-2.0
"""Everything that can go wrong, by what a program does about it.

Each error of a call knows `status`, `executed` (may it be tried again?), `process`,
`function` and `text`. The names are those of the Python daffi where it had one.
"""

from .protocol import Executed, Status


class DaffiError(Exception):
    """The root of all, and any status that has no class of its own."""

    def __init__(self, text="", status=Status.FAILED, executed=Executed.NO, process="",
                 function=""):
        super().__init__(text)
        self.text = text
        self.status = status
        self.executed = executed
        self.process = process
        self.function = function

    def __str__(self):
        #  what the controller says begins with the function already
        where = f"{self.function}: " if self.function else ""
        where = "" if self.text.startswith(where) else where
        return f"{where}{self.text or self.status.name} ({self.status.name})"


class InitializationError(DaffiError):
    """The Global could not start, or something was declared wrongly."""


class GlobalContextError(DaffiError):
    """There is no Global, or it has stopped."""


class RemoteCallError(DaffiError):
    """The function ran and failed, or refused the call."""


class TimeoutError(DaffiError, TimeoutError):  # pylint: disable=redefined-builtin
    """The deadline passed."""


class CancelledError(DaffiError):
    """The call was cancelled."""


class UnableToFindCandidate(DaffiError):
    """No such function, or no such process."""


class RemoteStoppedUnexpectedly(DaffiError):
    """The process that ran the call is gone, or the controller is."""


class BusyError(DaffiError):
    """Too much in flight, or too big: it did not run."""


_CLASSES = {
    Status.FAILED: RemoteCallError,
    Status.TYPE: RemoteCallError,
    Status.INVALID: RemoteCallError,
    Status.TIMEOUT: TimeoutError,
    Status.CANCELLED: CancelledError,
    Status.NO_PROCESS: UnableToFindCandidate,
    Status.NO_FUNCTION: UnableToFindCandidate,
    Status.PROCESS_LOST: RemoteStoppedUnexpectedly,
    Status.CONTROLLER_LOST: RemoteStoppedUnexpectedly,
    Status.STOPPED: GlobalContextError,
    Status.NOT_CONNECTED: GlobalContextError,
    Status.BUSY: BusyError,
    Status.TOO_BIG: BusyError,
    Status.DRAINING: BusyError,
    Status.NAME_TAKEN: InitializationError,
    Status.UNSUPPORTED: InitializationError,
    Status.ENDPOINT: InitializationError,
}


def error(status, text="", executed=Executed.NO, process="", function=""):
    """The exception that belongs to a status."""
    kind = _CLASSES.get(status, DaffiError)
    return kind(text, status, executed, process, function)
