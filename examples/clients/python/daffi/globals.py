# SPDX-License-Identifier: MPL-2.0
"""Global: this process's membership. It offers the declared callbacks and calls others."""

import asyncio
import math
import os
import threading
import time
import weakref

from . import registry, tasks, transfer
from .broker import Broker, endpoint_of
from .calls import open_channel
from .channel import wake
from .checks import check_heartbeat, check_name, check_workers
from .exceptions import GlobalContextError, InitializationError, error
from .execution_modifiers import seconds
from .functions import Function, join_named
from .node import Node, State
from .protocol import MESSAGE_BYTES, Option, Policy, Status, Type
from .results import AsyncResult, Broadcast, awaited
from .running import get_g, running  # noqa: F401
from .serve import current_request
from .streams import CallStream, check_items
from .values import pack

DEFAULT_TIMEOUT = 30.0
FOREVER = math.inf
LONGEST = 48 * 3600.0
START_TIMEOUT = 10.0


def _end(wanted):
    """The moment that is so many seconds away; None: never."""
    if wanted is None or wanted == math.inf:
        return None
    return time.monotonic() + min(max(wanted, 0), LONGEST)


def _choice(policy, key):
    """The options that say who gets it."""
    options = {}
    if policy is not None or key is not None:
        options[Option.POLICY] = Policy.KEY if policy is None else policy
    if key is not None:
        options[Option.KEY] = key
    return options


class _Calls:
    """`g.call ("add", 2, 3)` and `g.call.add (2, 3)`."""

    def __init__(self, g):
        self._g = g

    def __call__(self, function, *args, **options):
        call = self._g.start(function, *args, **options)
        try:
            return call.get()
        except KeyboardInterrupt:
            call.cancel()   # nobody else holds it
            raise

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **options: self(name, *args, **options)


class Global:
    """`host` and `port`: TCP. `unix_sock_path`: the UNIX socket in that folder. None of
    them: the UNIX socket in $TMPDIR/daffi. Names are of A-Z a-z 0-9 . _ -.

    With `init_controller` a daffi-broker runs as a child of this process. Without it this
    process connects as soon as there is a controller, and again whenever it comes back;
    `connect_timeout` (seconds) waits for that here.
    """

    def __init__(self, process_name=None, init_controller=False, init_node=True, host=None,
                 port=None, unix_sock_path=None, on_init=None, on_node_connect=None,
                 on_node_disconnect=None, *, connect_timeout=None, heartbeat=1.0,
                 heartbeat_timeout=3.0, capacity=256, workers=16, takeover=False,
                 drain_timeout=5.0, controller_options=()):
        self.process_name = process_name or f"python-{os.urandom(6).hex()}"
        check_name("a process", self.process_name)
        check_workers(workers)
        check_heartbeat(heartbeat)
        check_heartbeat(heartbeat_timeout)
        if not init_controller and not init_node:
            raise InitializationError("neither controller nor node")
        if not init_controller and host and not port:
            raise InitializationError("a host wants the port of its controller")
        self.endpoint = endpoint_of(host, port, unix_sock_path)
        self.is_controller = init_controller
        self.call = _Calls(self)
        self._drain_timeout = drain_timeout
        self._broker = self._node = None
        self._stopped = threading.Event()
        self._joined = []       # coroutines that wait for it: their loops and futures
        self._stopping = threading.Lock()
        self._begun_to_stop = False
        if init_controller:
            self._broker = Broker(host, port, unix_sock_path, controller_options)
            self.endpoint = self._broker.endpoint
        if init_node:
            self._start_node(on_init, on_node_connect, on_node_disconnect,
                             connect_timeout or (init_controller and START_TIMEOUT),
                             heartbeat=heartbeat, heartbeat_timeout=heartbeat_timeout,
                             capacity=capacity, workers=workers, takeover=takeover)

    def _start_node(self, on_init, on_connect, on_disconnect, connect_timeout, **options):
        self._node = node = Node(self.process_name, self.endpoint, **options)
        node.owner = weakref.ref(self)
        self._changed = threading.Condition(node.link.lock)

        def on_change(connected):
            self._changed.notify_all()
            function = on_connect if connected else on_disconnect
            if function and node.state != State.REFUSED:
                node.events.put(function, self, self.process_name)
        node.on_change = on_change
        registry.create_classes()
        for name, function in list(registry.callbacks.items()):
            self.register(name, function)
        registry.listeners.append(self.register)
        running.append(self)
        try:
            with node.link.lock:    # on_init comes first
                node.start()
                if on_init:
                    node.events.put(on_init, self, self.process_name)
            if connect_timeout:
                self._wait_connected(connect_timeout)
        except BaseException:
            self.stop()
            raise

    def _wait_connected(self, timeout):
        end = time.monotonic() + timeout
        with self._changed:
            while not self._node.connected:
                left = end - time.monotonic()
                if self._node.refusal:
                    raise self._node.refusal
                if left <= 0:
                    raise error(Status.TIMEOUT, f"no controller at {self.endpoint}")
                self._changed.wait(left)

    @property
    def port(self):
        """Of TCP, as it was really bound."""
        tail = self.endpoint.rpartition(":")[2]
        return int(tail) if self.endpoint.startswith("tcp:") else None

    @property
    def state(self):
        """connecting, greeting, connected, refused, draining or ended"""
        return self._node.state if self._node else \
            State.ENDED if self._stopped.is_set() else State.CONNECTED

    def _live(self):
        if not self._node:
            raise GlobalContextError("this Global has no node", Status.INVALID)
        return self._node

    # --- functions --------------------------------------------------------------------------------

    def register(self, name, function=None, signature=None):
        """Offers a function: register (f) or register ("name", f). One of the same name is
        replaced."""
        if function is None and callable(name):
            name, function = registry.remote_name(name), name
        check_name("a function", name)
        if not callable(function):
            raise InitializationError(f"{name}: {function!r} is no function")
        self._live().offer(Function(name, function, signature))

    def unregister(self, name):
        self._live().withdraw(name)

    @property
    def registered_callbacks(self):
        """What is offered at the controller now: process -> {function: signature}."""
        found = {}
        for process, function, signature, *_ in self.call("$sys.functions"):
            found.setdefault(process, {})[function] = signature
        return found

    # --- calls --------------------------------------------------------------------------------------

    def _deadline(self, timeout, detached, request):
        wanted = DEFAULT_TIMEOUT if timeout is None else seconds(timeout)
        left = request.time_left() if request and not detached else None
        if left is not None:
            wanted = left if timeout is None else min(left, wanted)
        elif request and not detached and timeout is None:
            return None
        return _end(wanted)

    def _make(self, kind, type, function, args, named, process, timeout, detached, delay=0,
              **options):
        node = self._live()
        body = pack(join_named(args, named))
        if len(body) > min(node.limit, MESSAGE_BYTES):
            raise error(Status.TOO_BIG, f"the arguments have {len(body)} bytes",
                        function=function)
        request = current_request()
        deadline = self._deadline(timeout, detached, request)
        delay = max(seconds(delay), 0)
        if deadline is not None:
            deadline += delay
        call = kind(node, type, function, process or "", body, deadline, **options)
        call.delay = delay
        if request and not detached and type == Type.CALL:
            call.parent = request
            request.children.add(call)
        return call

    def start(self, function, *args, process=None, timeout=None, policy=None, key=None,
              named=None, idempotent=False, no_retry=False, detached=False, delay=0):
        """A call in the background: an AsyncResult. `timeout` in seconds (30 by default, or
        what is left of the request's own inside a callback; FOREVER: none)."""
        call = self._make(AsyncResult, Type.CALL, function, args, named, process, timeout,
                          detached, delay, options=_choice(policy, key),
                          idempotent=idempotent, no_retry=no_retry)
        return self._node.calls.start(call)

    async def call_async(self, function, *args, **options):
        """A coroutine that is cancelled cancels its call."""
        return await awaited(self.start(function, *args, **options))

    def cast(self, function, *args, process=None, timeout=None, policy=None, key=None,
             named=None, delay=0):
        """Fire and forget."""
        call = self._make(AsyncResult, Type.CAST, function, args, named, process, timeout,
                          True, delay, options=_choice(policy, key))
        if self._node.calls.start(call).error:
            raise call.error

    def broadcast(self, function, *args, timeout=None, named=None, stop_after=0,
                  detached=False, delay=0):
        """Every process that offers it: a Broadcast. Iterate over it for replies as they
        come, or get () all of them as a dict."""
        call = self._make(Broadcast, Type.CALL, function, args, named, None, timeout,
                          detached, delay, options={Option.ALL: stop_after})
        return self._node.calls.start(call)

    def stream(self, function, *args, items=None, process=None, timeout=None, named=None,
               detached=False):
        """A call that items go with, both ways: a CallStream. `items`, an iterable or an
        async one, is fed into it; else use send () and end ()."""
        check_items(items)
        call = self._make(AsyncResult, Type.CALL, function, args, named, process, timeout,
                          detached)
        open_channel(self._node, call)
        return CallStream(self._node.calls.start(call), items)

    # --- tasks --------------------------------------------------------------------------------------

    def schedule(self, function, *args, named=None, **condition):
        """The controller calls it at its times: `interval`, `at_time`, `delay` or `cron`;
        tasks.py lists the rest. A ScheduledTask. Blocks until it is accepted."""
        return tasks.schedule(self, function, join_named(args, named), **condition)

    def get_scheduled_tasks(self, process_name=None, ended=False):
        """Tasks as dicts: uuid, function, condition, remaining, owner, next_ms … Blocks."""
        return tasks.scheduled(self, process_name, ended)

    def cancel_scheduled_task_by_uuid(self, uuid, process_name=None):
        """"cancelled", "finished" or "unknown". Blocks."""
        return self.call("$sys.task.cancel", uuid, *([process_name] if process_name else []))

    def subscribe_tasks(self, on_event, everybody=False):
        """on_event (TaskEvent) for every run that fails and every end of the tasks that this
        process has scheduled, or of all, in a thread of its own. None ends it."""
        node = self._live()
        node.subscribe(node.tasks, on_event, {Option.ALL: 0} if everybody else None)

    # --- transfer -----------------------------------------------------------------------------------

    def transfer_and_call(self, remote_process, payload, function, *args, timeout=None):
        """Ships a payload (a path, bytes, or a Payload) to a process that does not
        have it, runs its function there: the result. Blocks."""
        return transfer.transfer_and_call(self, remote_process, payload, function, args,
                                          timeout)

    def publish(self, remote_process, payload, function, name):
        """Makes a payload's function an ordinary one of that process. Blocks."""
        transfer.publish(self, remote_process, payload, function, name)

    def withdraw(self, remote_process, name):
        """Ends what publish () began. Blocks."""
        self.call("$node.payload.withdraw", name, process=remote_process)

    def payloads(self, remote_process):
        """Those of a process, as dicts: hash, name, calls, published … Blocks."""
        return self.call("$node.payload.list", process=remote_process)

    def unload(self, remote_process, payload):
        """Lets a process forget a payload. Blocks."""
        self.call("$node.payload.unload", transfer.payload_of(payload).hash,
                  process=remote_process)

    # --- presence -----------------------------------------------------------------------------------

    def _wait(self, process, function, timeout):
        node = self._live()
        call = AsyncResult(node, Type.WAIT, function, process, b"", _end(seconds(timeout)))
        return node.calls.start(call)

    def wait_process(self, process_name, timeout=None):
        """Until it is connected; TimeoutError after `timeout` seconds. Blocks."""
        return self._wait(process_name, "", timeout).get()

    def wait_function(self, func_name, timeout=None):
        """Until anybody offers it: the name of who does. Blocks."""
        return self._wait("", func_name, timeout).get()

    async def wait_process_async(self, process_name, timeout=None):
        return await awaited(self._wait(process_name, "", timeout))

    async def wait_function_async(self, func_name, timeout=None):
        return await awaited(self._wait("", func_name, timeout))

    def subscribe(self, on_event):
        """on_event (Event) for every process and function that is there, then for each that
        comes or goes, in a thread of its own. None ends it."""
        node = self._live()
        node.subscribe(node.presence, on_event)

    # --- the end --------------------------------------------------------------------------------------

    def join(self, timeout=None):
        """Until it has stopped: False after `timeout` seconds. Ctrl-C stops it, as it does
        a web server; the next one interrupts that. Blocks."""
        try:
            return self._stopped.wait(timeout)
        except KeyboardInterrupt:
            self.stop()
            return True

    async def join_async(self):
        #  not in a thread: one that waits for ever keeps the program from its end
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._stopping:
            if self._stopped.is_set():
                return
            self._joined.append((loop, future))
        await future

    def stop(self):
        """Withdraws the functions, lets what runs finish, says goodbye; then the controller,
        if it is ours. Blocks, but in a callback, where it only begins to. Idempotent."""
        with self._stopping:
            first, self._begun_to_stop = not self._begun_to_stop, True
        if not first:
            if not current_request():
                self._stopped.wait()
        elif current_request():
            threading.Thread(target=self._stop, name="daffi-stop").start()
        else:
            self._stop()

    async def stop_async(self):
        await asyncio.get_running_loop().run_in_executor(None, self.stop)

    def _stop(self):
        if self in running:
            running.remove(self)
        if self._node:
            if self.register in registry.listeners:
                registry.listeners.remove(self.register)
            self._node.stop(self._drain_timeout)
        if self._broker:
            self._broker.stop(self._drain_timeout)
        if self._node:
            self._node.events.close()
        with self._stopping:
            self._stopped.set()
            for each in self._joined:
                wake(*each)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.stop_async()
