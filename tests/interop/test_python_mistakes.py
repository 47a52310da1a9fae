# SPDX-License-Identifier: MPL-2.0
"""The Python client where a program or its caller makes a mistake: what is said, and that it
goes on."""

import asyncio
import contextlib
import dataclasses
import math
import os
import socket
import threading

import daffi
from daffi import Global, current_request, exceptions, link, serve
from daffi.execution_modifiers import seconds
from daffi.protocol import Type
from daffi.wire import Record
from place import Place
from proofs import broker, main, proves, raises, same, skip, until


@proves("an answer for an event loop that is over harms nobody")
def _():
    go_on = threading.Event()

    def slow():
        go_on.wait(10)
        return "late"

    async def give_up(result):
        try:
            await asyncio.wait_for(result, 0.05)
        except asyncio.TimeoutError:
            return True
    with Place(slow=slow, echo=lambda x: x) as at:
        result = at.caller.start("slow")
        assert asyncio.run(give_up(result))
        go_on.set()
        same(result.get(10), "late")
        same(at.caller.call("echo", 1), 1)


@proves("a coroutine that is cancelled cancels its call")
def _():
    cancelled = threading.Event()

    def wait():
        current_request().wait_cancelled(10)
        cancelled.set()

    async def give_up(g):
        try:
            await asyncio.wait_for(g.call_async("wait"), 0.05)
        except asyncio.TimeoutError:
            return True
    with Place(wait=wait) as at:
        assert asyncio.run(give_up(at.caller))
        assert cancelled.wait(10), "it runs on"


@proves("an endpoint that cannot be is refused at once")
def _():
    for options, part in (({"unix_sock_path": "/tmp/" + "x" * 200}, "107"),
                          ({"host": "no host", "port": 1}, "cannot connect to tcp://no host"),
                          ({"host": "127.0.0.1", "port": 99999}, "99999 is no port"),
                          ({"host": "127.0.0.1", "port": "many"}, "'many' is no port")):
        reason = raises(exceptions.InitializationError, Global, **options)
        assert part in reason.text, reason.text


@proves("a call that never found a controller says so, and where it looked")
def _():
    g = Global()
    try:
        reason = raises(exceptions.TimeoutError, g.call, "f", timeout=0.05)
        same((reason.text, reason.executed),
             (f"not connected to a controller at {g.endpoint} in time", daffi.Executed.NO))
    finally:
        g.stop()


@proves("an argument that no header can say is refused where it is given, and all goes on")
def _():
    with Place(echo=lambda x: x) as at:
        def wrong(part, function, *args, **options):
            reason = raises(exceptions.InitializationError, function, *args, **options)
            assert part in reason.text, reason.text
        call, long = at.caller.call, "x" * 129
        for name in (lambda: 1, 5, None, long, "\u00e9" * 65):
            wrong("the name of a function: a text", call, name)
            wrong("the name of a function: a text", at.caller.cast, name)
            wrong("the name of a function: a text", at.caller.broadcast, name)
            wrong("the name of a function: a text", at.caller.stream, name)
            wrong("the name of a function: a text", at.caller.schedule, name, interval=1)
            wrong("the name of a function: a text", at.caller.wait_function, name)
            wrong("the name of a process: a text", at.caller.wait_process, name)
        wrong("surrogates", call, "\ud800")
        for process in (object(), 5, long):
            wrong("the name of a process: a text", call, "echo", process=process)
            wrong("the name of a process: a text", at.caller.schedule, "echo", 1, interval=1,
                  process=process)
        for key in (5, long):
            wrong("the key: a text", call, "echo", key=key)
            wrong("the key: a text", at.caller.cast, "echo", key=key)
        for policy in (-1, 256, "most", True):
            wrong("policy: a number", call, "echo", policy=policy)
        wrong("all: a number", at.caller.broadcast, "echo", stop_after=1 << 32)
        same(call("echo", 1), 1)


@proves("a time without end or below nothing ends no wait for all others")
def _():
    with Place(echo=lambda x: x) as at:
        assert at.caller.wait_function("echo", math.inf) == "server"
        at.caller.wait_process("server", 1e300)
        for timeout in (-math.inf, -1):
            raises(exceptions.TimeoutError, at.caller.call, "echo", 1, timeout=timeout)
            raises(exceptions.TimeoutError, at.caller.wait_process, "nobody", timeout)
        same(at.caller.start("echo", 1, delay="10 ms").get(10), 1)
        raises(exceptions.InitializationError, at.caller.start, "echo", 1, delay=math.nan)
        same(at.caller.call("echo", 1, timeout=10 ** 400), 1)


@proves("a record that cannot be written fails its own call alone")
def _():
    with Place(echo=lambda x: x) as at:
        node = at.caller._node
        with node.link.lock:    # so that they go out together
            before = at.caller.start("echo", 1)
            broken = at.caller.start("echo", 2)
            node.link._outbox[-1][0].name = object()
            behind = at.caller.start("echo", 3)
        reason = raises(exceptions.DaffiError, broken.get, 10)
        same(reason.status, daffi.Status.INTERNAL)
        same((before.get(10), behind.get(10), at.caller.call("echo", 4)), (1, 3, 4))


@proves("where the I/O thread fails nobody waits for ever")
def _():
    def broken(_now):
        raise RuntimeError("no turn")
    with Place(wait=lambda: current_request().wait_cancelled(10)) as at:
        call = at.caller.start("wait", timeout=daffi.globals.FOREVER)
        at.caller._node.on_turn = broken
        with contextlib.suppress(exceptions.GlobalContextError):    # where its turn came before
            at.caller.start("wait")
        same(raises(exceptions.GlobalContextError, call.get, 10).status, daffi.Status.STOPPED)
        raises(exceptions.GlobalContextError, at.caller.call, "wait")


@proves("a cast goes by a policy and a key as a call does")
def _():
    seen = []
    with Place(note=lambda: seen.append("server")) as at:
        at.join("second", note=lambda: seen.append("second"))
        until(lambda: len(at.caller.broadcast("note").get()) == 2, "both")
        seen.clear()
        for _ in range(8):
            at.caller.cast("note", policy=daffi.Policy.ROUND_ROBIN)
        until(lambda: len(seen) == 8, "eight notes")
        same(seen.count("second"), 4)
        seen.clear()
        for _ in range(8):
            at.caller.cast("note", key="k")
        until(lambda: len(seen) == 8, "eight notes")
        same(len(set(seen)), 1)


@proves("a week is a time for every option")
def _():
    same((seconds("1w"), seconds("2 weeks"), seconds("1 week 1s")),
         (604800.0, 1209600.0, 604801.0))
    same(seconds(10 ** 400), 10 ** 400)
    with Place() as at:
        task = at.caller.schedule("f", interval="2 weeks", timeout="1 day", jitter="1 week")
        same(task.info()["detail"], "every 14d")


@proves("no listener can change what the next one is told")
def _():
    event = daffi.Event(daffi.EventType.LOST)
    task_event = daffi.TaskEvent(daffi.TaskEventType.LOST)
    for each in (event, task_event):
        raises(dataclasses.FrozenInstanceError, setattr, each, "process", "mine")


@proves("an error names its function once")
def _():
    with Place() as at:
        reason = raises(exceptions.UnableToFindCandidate, at.caller.call, "nothing")
        same(str(reason).count("nothing"), 1)


@proves("whatever a callback raises or returns is answered")
def _():
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError("it does not say")

    def throw(kind):
        raise {"silent": Silent, "exit": SystemExit, "interrupt": KeyboardInterrupt,
               "generator": GeneratorExit, "surrogate": lambda: ValueError("\ud800")}[kind]()
    with Place(throw=throw, large=lambda: 1 << 70, echo=lambda x: x) as at:
        for kind in ("silent", "exit", "interrupt", "generator", "surrogate"):
            same(raises(exceptions.RemoteCallError, at.caller.call, "throw", kind).executed,
                 daffi.Executed.YES)
        reason = raises(exceptions.RemoteCallError, at.caller.call, "large")
        assert "more than 64 bits" in reason.text, reason.text
        same(at.caller.call("echo", 1), 1)


@proves("what is wrong with a task is said, and where; options that there are not are refused")
def _():
    with Place() as at:
        def wrong(kind, part, **condition):
            text = str(raises(kind, at.caller.schedule, "f", **condition))
            assert part in text, text
        wrong(exceptions.RemoteCallError, "column 2: 'x' is no unit", interval="1x")
        wrong(exceptions.RemoteCallError, "more than 100 years", interval="999999 weeks")
        wrong(exceptions.InitializationError, "nan is no time", interval=math.nan)
        wrong(exceptions.InitializationError, "inf is too long", interval=math.inf)
        wrong(exceptions.InitializationError, "exclude each other", interval=1, all=True,
              process="x")
        wrong(TypeError, "nonsense", interval=1, nonsense=1)
        same(at.caller.schedule("f", interval="2 weeks").info()["detail"], "every 14d")


@proves("runs that fail and ends of tasks are told to who scheduled them, or to everybody")
def _():
    def fail():
        raise ValueError("no paper")
    own, others, all = [], [], []
    with Place(fail=fail) as at:
        third = at.join("third")
        at.caller.subscribe_tasks(own.append)
        at.server.subscribe_tasks(others.append)
        third.subscribe_tasks(all.append, everybody=True)
        #  a call on the same way: the subscriptions are there
        third.call("$sys.info")
        at.server.call("$sys.info")
        task = at.caller.schedule("fail", interval="20ms", max_runs=1)
        until(lambda: len(own) == 2 and len(all) == 2, "two events")
        for failed, ended in (own, all):
            same((failed.type, failed.uuid, failed.owner, failed.process, failed.status,
                  failed.executed, failed.text),
                 (daffi.TaskEventType.FAILED, task.uuid, "caller", "server",
                  daffi.Status.FAILED, daffi.Executed.YES, "ValueError: no paper"))
            assert failed.due_ms > 0
            same((ended.type, ended.uuid, ended.status),
                 (daffi.TaskEventType.ENDED, task.uuid, daffi.Status.OK))
        same(others, [])
        at.caller.subscribe_tasks(None)
        at.caller.call("$sys.info")
        at.caller.schedule("fail", interval="1h").cancel()
        until(lambda: len(all) == 3, "the end")
        same((all[2].type, all[2].status, len(own)),
             (daffi.TaskEventType.ENDED, daffi.Status.CANCELLED, 2))
        at.broker.kill()
        until(lambda: len(all) == 4, "the loss")
        same(all[3].type, daffi.TaskEventType.LOST)
        third.stop()


@proves("what waits for a connection may be more than is sent at once")
def _():
    before = link.WAITING_BYTES, link.MESSAGE_BYTES
    g = Global("early")
    try:
        link.WAITING_BYTES = link.MESSAGE_BYTES = 1000
        calls = [g.start("size", b"x" * 900) for _ in range(4)]
        g.cast("size", b"x" * 900)
        broker("--unix-sock-path", os.path.dirname(g.endpoint[len("ipc://"):]))
        with Global("server") as server:
            server.register("size", len)
            same([each.get(10) for each in calls], [900] * 4)
    finally:
        link.WAITING_BYTES, link.MESSAGE_BYTES = before
        g.stop()


@proves("an answer that finds no room is an error that does")
def _():
    with Place(work=lambda: "done") as at:
        send = at.server._node.link.send

        def full(record, *rest, **options):
            if record.type == Type.RESULT:
                raise exceptions.error(daffi.Status.BUSY, "too many bytes wait to be sent")
            send(record, *rest, **options)
        at.server._node.link.send = full
        reason = raises(daffi.BusyError, at.caller.call, "work", timeout=10)
        same((reason.status, reason.executed), (daffi.Status.BUSY, daffi.Executed.YES))


@proves("an answer that is no value fails as such, and alone")
def _():
    class Broken(serve.Request):
        def reply(self, value):
            self._answer(Record(Type.RESULT, self._record.id, body=b"\xc1"))
    with Place(work=lambda: 1) as at, at.join("other", work=lambda: 2) as other:
        original, serve.Request = serve.Request, Broken
        try:
            reason = raises(daffi.DaffiError, at.caller.call, "work", process="server")
            same((reason.status, reason.process), (daffi.Status.PROTOCOL, "server"))
            serve.Request = lambda server, *rest: \
                (original if server is other._node.server else Broken)(server, *rest)
            replies = at.caller.broadcast("work").get(10)
        finally:
            serve.Request = original
        same(replies["other"], 2)
        same(replies["server"].status, daffi.Status.PROTOCOL)


@proves("an exception with notes is told by its kind and what it says")
def _():
    def fail():
        reason = ValueError("what is wrong")
        reason.__notes__ = ["a hint", "and\nmore"]
        raise reason
    with Place(fail=fail) as at:
        same(raises(daffi.RemoteCallError, at.caller.call, "fail").text,
             "ValueError: what is wrong")


@proves("what is no function, no number of workers and no heartbeat is refused at once")
def _():
    def wrong(part, function, *args, **options):
        reason = raises(exceptions.InitializationError, function, *args, **options)
        assert part in reason.text, reason.text
    with Place() as at:
        wrong("'text' is no function", at.server.register, "f", "text")
        wrong("f: None is no function", at.server.register, "f")
        wrong("5 is no name of a function", at.server.register, 5, print)
    wrong("5 is no name of a process", Global, 5)
    for workers in (0, -1, "many"):
        wrong("workers=", Global, workers=workers)
    for heartbeat in ("1", -1, math.nan, 1e300):
        wrong("a heartbeat of", Global, heartbeat=heartbeat)
        wrong("a heartbeat of", Global, heartbeat_timeout=heartbeat)


@proves("async items without an event loop are refused, and no call is made")
def _():
    async def items():
        yield 1
    with Place(total=lambda: 1) as at:
        reason = raises(exceptions.InitializationError, at.caller.stream, "total",
                        items=items())
        assert "running event loop" in reason.text, reason.text
        same(at.caller._node.calls._flight, {})


@proves("a time that was not enough is the same error, waited for either way")
def _():
    go_on = threading.Event()
    with Place(slow=lambda: go_on.wait(10)) as at:
        result = at.caller.start("slow")
        raises(daffi.TimeoutError, result.get, 0.01)
        raises(daffi.TimeoutError, lambda: asyncio.run(result.get_async(0.01)))
        go_on.set()
        assert asyncio.run(result.get_async(10))


@proves("a controller at an IPv6 address is reached, with brackets and without")
def _():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as reason:
        skip(f"this machine has no ::1: {reason}")
    port = int(broker("--host", "::1", "--port", "0").endpoint.rpartition(":")[2])
    for host in ("::1", "[::1]"):
        with Global(host=host, port=port, connect_timeout=10) as g:
            same(g.endpoint, f"tcp://[::1]:{port}")


main()
