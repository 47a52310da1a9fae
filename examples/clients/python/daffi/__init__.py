# SPDX-License-Identifier: MPL-2.0
"""daffi for Python: a client of the protocol in node/wire/PROTOCOL.md.

    from daffi import Global, callback, fetcher

It wants pyzmq and msgpack (Debian: python3-zmq, python3-msgpack), and daffi-broker where
a program says `init_controller=True`. README.md beside this package says the rest.
"""

from .channel import Stream  # noqa: F401
from .events import Event, TaskEvent  # noqa: F401
from .exceptions import (BusyError, CancelledError, DaffiError,  # noqa: F401
                         GlobalContextError, InitializationError, RemoteCallError,
                         RemoteStoppedUnexpectedly, TimeoutError, UnableToFindCandidate)
from .execution_modifiers import (BG, BROADCAST, FG, NO_RETURN, PERIOD,  # noqa: F401
                                  STREAM)
from .globals import FOREVER, Global, get_g  # noqa: F401
from .protocol import (EventType, Executed, Policy, Reason, Status,  # noqa: F401
                       TaskEventType)
from .registry import (Args, Callback, Fetcher, FetcherMethod,  # noqa: F401
                       __body_unknown__, alias, callback, callback_and_fetcher, fetcher,
                       local)
from .results import AsyncResult, Broadcast, Progress, Reply  # noqa: F401
from .serve import CallFailed, current_request  # noqa: F401
from .tasks import ScheduledTask  # noqa: F401
from .transfer import Payload  # noqa: F401

__version__ = "0.1.0"
