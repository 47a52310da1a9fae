# SPDX-License-Identifier: MPL-2.0
"""The Python client by itself: two processes' worth of it in one, and the real broker."""

import asyncio
import gc
import signal
import sys
import threading
import time

import daffi
from daffi import (BG, PERIOD, Args, CallFailed, Event, EventType, Global, Stream, alias,
                   current_request, exceptions, fetcher, get_g)
from daffi.execution_modifiers import seconds
from daffi.functions import Function
from daffi.node import Node
from proofs import broker, launch, main, proves, raises, same, until

SCRIPT = """
import sys, time, daffi
from daffi import Global, callback
g = Global("{name}", unix_sock_path="{folder}", heartbeat=0.1, heartbeat_timeout=0.4)
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


@proves("a call carries positional and named arguments there and the result back")
def _():
    def describe(name, *numbers, sep="-", **more):
        return [name, sep.join(map(str, numbers)), more]
    with Place(describe=describe) as at:
        same(at.caller.call("describe", "n", 1, 2), ["n", "1-2", {}])
        same(at.caller.call("describe", "n", 1, 2, named={"sep": "+", "x": None}),
             ["n", "1+2", {"x": None}])
        same(at.caller.call.describe("n"), ["n", "", {}])


@proves("a failure names who failed, how, and whether it ran")
def _():
    def fail(kind):
        if kind == "status":
            raise CallFailed("no paper", daffi.Status.NOT_FOUND)
        raise KeyError(kind)
    with Place(fail=fail) as at:
        reason = raises(exceptions.RemoteCallError, at.caller.call, "fail", "x")
        same((reason.text, reason.executed, reason.process, reason.function),
             ("KeyError: 'x'", daffi.Executed.YES, "server", "fail"))
        reason = raises(exceptions.DaffiError, at.caller.call, "fail", "status")
        same((reason.text, reason.status), ("no paper", daffi.Status.NOT_FOUND))
        reason = raises(exceptions.RemoteCallError, at.caller.call, "fail")
        same((reason.status, reason.executed), (daffi.Status.INVALID, daffi.Executed.NO))
        reason = raises(exceptions.UnableToFindCandidate, at.caller.call, "nothing")
        same((reason.status, reason.executed),
             (daffi.Status.NO_FUNCTION, daffi.Executed.NO))
        raises(exceptions.UnableToFindCandidate, at.caller.call, "fail", process="nobody")


@proves("values of every kind come back as they went, also large and odd ones")
def _():
    with Place(echo=lambda x: x) as at:
        for value in (None, True, 0, -1, 2**64 - 1, -2**63, 0.1, "", "grüße 世界 😀",
                      "nul \0 and \udcff a stray byte", b"", bytes(range(256)),
                      [[], [1, [2]]], {"a": {"b": [None]}, 1: 2}, "x" * 70000,
                      list(range(20000))):
            same(at.caller.call("echo", value), value)
        large = bytes(range(256)) * (1 << 15)
        assert at.caller.call("echo", large) == large
        for foreign in (2**64, object(), {1, 2}):
            same(raises(exceptions.RemoteCallError, at.caller.call, "echo", foreign).status,
                 daffi.Status.INVALID)
        deep = []
        for _ in range(20):
            deep = [deep]
        same(raises(exceptions.RemoteCallError, at.caller.call, "echo", deep).status,
             daffi.Status.INVALID)


@proves("a future can be waited for often, asked, awaited and called back by")
def _():
    go = threading.Event()
    with Place(wait=lambda: go.wait(10)) as at:
        future = at.caller.start("wait")
        raises(TimeoutError, future.get, 0.05)
        same((future.ready, future.error), (False, None))
        seen = threading.Event()
        future.add_done_callback(lambda _: seen.set())
        go.set()
        same((future.get(10), future.get(), future.process), (True, True, "server"))
        assert seen.wait(10) and future.ready
        same(asyncio.run(_await(future)), True)


async def _await(what):
    return await what


@proves("a deadline ends the call, and what runs is told; what waits never begins")
def _():
    told, ran = [], []

    def slow():
        told.append(current_request().wait_cancelled(10))

    def never():
        ran.append(1)
    with Place() as at:
        one = at.join("one", {"workers": 1}, slow=slow, never=never)
        began = time.monotonic()
        reason = raises(TimeoutError, at.caller.call, "slow", timeout=0.2)
        assert time.monotonic() - began < 5
        same((reason.status, reason.executed),
             (daffi.Status.TIMEOUT, daffi.Executed.MAYBE))
        until(lambda: told == [True], "the cancel")
        go = at.caller.start("slow", timeout=5)
        raises(TimeoutError, at.caller.call, "never", timeout=0.1)
        go.cancel()
        until(lambda: told == [True, True], "the second cancel")
        same((at.caller.call("$node.ping", process="one"), ran), (None, []))
        one.stop()


@proves("inside a callback calls inherit the deadline and the cancellation")
def _():
    left, inner = [], []

    def outer():
        left.append(current_request().time_left())
        return get_g().call("inner")

    def inner_function():
        inner.append(current_request().wait_cancelled(10))
    with Place(outer=outer, inner=inner_function) as at:
        raises(TimeoutError, at.caller.call, "outer", timeout=0.3)
        until(lambda: inner == [True], "the cancel of the inner call")
        assert left[0] <= 0.3


@proves("a broadcast has one reply of each process, and failures lose nothing")
def _():
    def broken():
        raise ValueError("no contact")
    with Place("--settle", "0", read=lambda: 1) as at:
        second = at.join("second")
        second.register("read", broken)
        until(lambda: len(at.caller.call("$sys.functions")) == 2)
        replies = at.caller.broadcast("read").get()
        same((replies["server"], replies["second"].text, len(replies)),
             (1, "ValueError: no contact", 2))
        same(sorted(each.process for each in at.caller.broadcast("read")),
             ["second", "server"])
        second.register("read", lambda: current_request().wait_cancelled(10))
        replies = at.caller.broadcast("read", stop_after=1).get()
        same((replies["server"], replies["second"].status),
             (1, daffi.Status.CANCELLED))
        raises(exceptions.UnableToFindCandidate, at.caller.broadcast("nothing").get)
        second.stop()


@proves("streams flow both ways, and a slow reader slows the writer down")
def _():
    sent = []

    def count(end):
        for i in range(end):
            sent.append(i)
            yield i
        return "done"

    def total(items: Stream, factor=1):
        return factor * sum(items)

    def double(items: Stream):
        for item in items:
            yield 2 * item
    with Place(count=count, total=total, double=double) as at:
        stream = at.caller.stream("count", 1000)
        same(next(stream), 0)
        until(lambda: len(sent) >= 64, "the first window")
        time.sleep(0.05)
        assert len(sent) <= 66, len(sent)
        same((sum(stream), stream.get()), (sum(range(1000)), "done"))
        same(at.caller.stream("total", items=range(1000)).get(), sum(range(1000)))
        same(at.caller.stream("total", 3, items=[1, 2]).get(), 9)
        same(list(at.caller.stream("double", items=range(500))), list(range(0, 1000, 2)))
        with at.caller.stream("double") as stream:
            stream.send(4)
            same(stream.receive(), 8)
            stream.end()
            same(list(stream), [])
        large = bytes(3 << 20)
        same(list(at.caller.stream("double", items=[large])), [large * 2])
        same(at.caller.call("count", 3), [0, 1, 2])


@proves("a reader that lets go ends the writer, on either side")
def _():
    closed, fed = threading.Event(), []

    def count():
        try:
            i = 0
            while True:
                yield (i := i + 1)
        finally:
            closed.set()

    def first(items: Stream):
        return next(items)

    def numbers():
        i = 0
        while True:
            fed.append(i)
            yield (i := i + 1)
    with Place(count=count, first=first) as at:
        for _item in at.caller.stream("count"):
            break
        gc.collect()
        assert closed.wait(10)
        same(at.caller.stream("first", items=numbers()).get(), 1)
        until(lambda: len(fed) < 200 or None)


@proves("a failure in the midst of a stream reaches the other end")
def _():
    def count():
        yield 1
        raise ValueError("broken")

    def bad():
        yield 1
        raise KeyError("mine")
    with Place(count=count, total=lambda *x: None) as at:
        stream = at.caller.stream("count")
        same(next(stream), 1)
        same(raises(exceptions.RemoteCallError, next, stream).text, "ValueError: broken")

        def total(items: Stream):
            return sum(items)
        at.server.register("total", total)
        raises(KeyError, at.caller.stream("total", items=bad()).get)


@proves("asyncio: callbacks, calls, streams and fetchers, all without a blocked loop")
def _():
    async def add(a, b):
        await asyncio.sleep(0.01)
        return a + b

    async def count(end):
        for i in range(end):
            yield i

    async def total(items: Stream):
        return sum([item async for item in items])

    async def numbers():
        for i in range(300):
            yield i

    @fetcher
    @alias("add")
    async def remote_add(a, b):
        pass

    @fetcher
    @alias("count")
    async def remote_count(end):
        pass

    async def use(at):
        same(await asyncio.gather(*(at.caller.call_async("add", i, 1) for i in range(50))),
             list(range(1, 51)))
        same([item async for item in at.caller.stream("count", 300)], list(range(300)))
        same(await at.caller.stream("total", items=numbers()), sum(range(300)))
        same(await remote_add.using(at.caller)(a=2, b=3), 5)
        items = await remote_count.using(at.caller)(3)
        same([item async for item in items], [0, 1, 2])
        await at.caller.wait_function_async("add", 5)
        future = at.caller.start("add", 1, 1)
        same(await future, 2)
    with Place(add=add, count=count, total=total) as at:
        asyncio.run(use(at))


@proves("a cancelled asyncio callback sees CancelledError")
def _():
    begun, seen = threading.Event(), threading.Event()

    async def slow():
        try:
            begun.set()
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            seen.set()
            raise
    with Place(slow=slow) as at:
        call = at.caller.start("slow")
        assert begun.wait(10)
        call.cancel()
        reason = raises(exceptions.CancelledError, call.get)
        assert seen.wait(10)
        same(reason.executed, daffi.Executed.MAYBE)


@proves("a call that is cancelled before its turn certainly never begins")
def _():
    begun, ran = threading.Event(), []

    def slow():
        begun.set()
        current_request().wait_cancelled(10)
    with Place() as at:
        one = at.join("one", {"workers": 1}, slow=slow, note=ran.append)
        first = at.caller.start("slow")
        assert begun.wait(10)
        queued = at.caller.start("note", 1)
        queued.cancel()
        same(raises(exceptions.CancelledError, queued.get, 10).executed, daffi.Executed.NO)
        first.cancel()
        same(raises(exceptions.CancelledError, first.get, 10).executed,
             daffi.Executed.MAYBE)
        same((at.caller.call("note", 2), ran), (None, [2]))
        one.stop()


@proves("presence: waits, events in order, why somebody left, and late registrations")
def _():
    with Place() as at:
        seen = []
        at.caller.subscribe(seen.append)
        waited = []
        waiter = threading.Thread(target=lambda: waited.append(
            at.caller.wait_function("late", 10)))
        waiter.start()
        raises(TimeoutError, at.caller.wait_process, "late", 0.05)
        late = at.join("late")
        late.register("late", lambda: 1)
        waiter.join(10)
        same(waited, ["late"])
        at.caller.wait_process("late", 5)
        late.unregister("late")
        late.stop()

        def of_late():
            return [(each.type, each.function, each.reason) for each in list(seen)
                    if each.process == "late"]
        until(lambda: len(of_late()) == 4, "the events")
        same(of_late(), [(EventType.JOINED, "", 0), (EventType.FUNCTION_ADDED, "late", 0),
                         (EventType.FUNCTION_REMOVED, "late", 0),
                         (EventType.LEFT, "", daffi.Reason.GOODBYE)])
        assert Event(EventType.JOINED, "server") in seen


@proves("what is registered between HELLO and WELCOME is offered, too")
def _():
    with Place() as at:
        node = Node("starter", at.endpoint)
        greeted = node._hello_later

        def register_now():
            greeted()
            node.offer(Function("late", lambda: 1))
        node._hello_later = register_now
        node.start()
        same(at.caller.wait_function("late", 5), "starter")
        same(at.caller.call("late"), 1)
        node.stop(1)


@proves("a script that is busy for longer than its heartbeat timeout stays alive")
def _():
    with Place() as at:
        busy = at.script("busy", """
def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return "alive"
g.register(spin)
print("ready", flush=True)
spin(1.2)
print("spun", flush=True)
g.join()""")
        left = []
        at.caller.subscribe(lambda event: left.append(event)
                            if event.type == EventType.LEFT else None)
        busy.line("ready")
        at.caller.wait_function("spin", 10)
        same(at.caller.call("spin", 1.2), "alive")
        busy.line("spun")
        same(left, [])


@proves("a process that dies fails its calls at once, and is told of as lost")
def _():
    with Place() as at:
        worker = at.script("worker", """
g.register("sleep", time.sleep)
print("ready", flush=True)
g.join()""")
        worker.line("ready")
        at.caller.wait_function("sleep", 10)
        left = []
        at.caller.subscribe(lambda event: left.append(event.reason)
                            if event.type == EventType.LEFT else None)
        call = at.caller.start("sleep", 20, no_retry=True)
        until(lambda: at.caller.call("$sys.info")["calls"] >= 1, "the call")
        worker.kill()
        reason = raises(exceptions.RemoteStoppedUnexpectedly, call.get, 10)
        same((reason.status, reason.executed),
             (daffi.Status.PROCESS_LOST, daffi.Executed.MAYBE))
        until(lambda: left == [daffi.Reason.LOST], "the event")


@proves("a frozen process expires, and comes back by itself when it thaws")
def _():
    with Place() as at:
        worker = at.script("frozen", """
g.register("hello", lambda: "hello")
print("ready", flush=True)
g.join()""")
        worker.line("ready")
        at.caller.wait_function("hello", 10)
        left = []
        at.caller.subscribe(lambda event: left.append(event.reason)
                            if event.type == EventType.LEFT else None)
        worker.signal(signal.SIGSTOP)
        until(lambda: left == [daffi.Reason.EXPIRED], "its end")
        worker.signal(signal.SIGCONT)
        same(at.caller.wait_function("hello", 10), "frozen")
        same(at.caller.call("hello"), "hello")


@proves("the broker's death fails calls in flight; its return brings everybody back")
def _():
    log, begun = [], threading.Event()

    def sleep(at_most):
        begun.set()
        return current_request().wait_cancelled(at_most)
    with Place(echo=lambda x: x, sleep=sleep) as at:
        other = Global("other", unix_sock_path=at.folder, connect_timeout=10,
                       on_init=lambda g, name: log.append("init"),
                       on_node_connect=lambda g, name: log.append("up"),
                       on_node_disconnect=lambda g, name: log.append("down"))
        call = other.start("sleep", 10)
        assert begun.wait(10)
        at.broker.kill()
        reason = raises(exceptions.RemoteStoppedUnexpectedly, call.get, 10)
        same((reason.status, reason.executed),
             (daffi.Status.CONTROLLER_LOST, daffi.Executed.MAYBE))
        later = other.start("echo", 5)
        again = other.start("echo", 6, idempotent=True)
        waiting = other._wait("", "echo", 10)
        broker()
        same((later.get(10), again.get(10), waiting.get(10)), (5, 6, "server"))
        until(lambda: log == ["init", "up", "down", "up"], "the lifecycle")
        other.stop()
        until(lambda: log == ["init", "up", "down", "up", "down"])


@proves("a name that is taken is refused with a reason, or taken over on demand")
def _():
    with Place(echo=lambda x: x) as at:
        reason = raises(exceptions.InitializationError, Global, "server",
                        unix_sock_path=at.folder, connect_timeout=5)
        same(reason.status, daffi.Status.NAME_TAKEN)
        newer = Global("server", unix_sock_path=at.folder, connect_timeout=5, takeover=True)
        newer.register("echo", lambda x: ["newer", x])
        newer.wait_function("echo", 5)
        same(at.caller.call("echo", 1), ["newer", 1])
        newer.stop()


@proves("what is wrong with a Global's options is said, with what to do")
def _():
    for options, text in (({"process_name": "two words"}, "is no name"),
                          ({"host": "127.0.0.1"}, "wants the port"),
                          ({"port": 5}, "wants a host"),
                          ({"init_node": False}, "neither controller nor node"),
                          ({"host": "h", "port": 1, "unix_sock_path": "/x"}, "only one")):
        reason = raises(exceptions.InitializationError, Global, **options)
        assert text in str(reason), reason
    raises(exceptions.TimeoutError, Global, connect_timeout=0.1)


@proves("a Global with a controller takes its broker along when it is killed")
def _():
    owner = launch(sys.executable, "-c", """
import daffi
g = daffi.Global("owner", init_controller=True, host="127.0.0.1")
print("at", g.port, flush=True)
g.join()""", name="owner")
    port = int(owner.line("at ").split()[-1])
    g = Global("guest", host="127.0.0.1", port=port, connect_timeout=10)
    same(g.call("$sys.info")["processes"], 2)
    owner.signal(signal.SIGKILL)
    until(lambda: g.state == "connecting", "the broker's end")
    g.stop()


@proves("stopping drains: what runs may finish, new work goes elsewhere")
def _():
    begun = threading.Event()

    def slow():
        begun.set()
        time.sleep(0.3)
        return "finished"
    with Place() as at:
        leaving = at.join("leaving", slow=slow)
        call = at.caller.start("slow")
        assert begun.wait(10)
        leaving.stop()
        same(call.get(5), "finished")
        raises(exceptions.UnableToFindCandidate, at.caller.call, "slow")
        raises(exceptions.GlobalContextError, leaving.call, "slow")


@proves("casts arrive, calls can be put off, and policies choose the provider")
def _():
    seen = []
    with Place(note=seen.append, who=lambda: "server") as at:
        at.caller.cast("note", 1)
        at.caller.start("note", 2, delay=0.05).get(10)
        same(seen, [1, 2])
        second = at.join("second")
        second.register("who", lambda: "second")
        until(lambda: len(at.caller.broadcast("who").get()) == 2)
        same({at.caller.call("who", policy=daffi.Policy.ROUND_ROBIN) for _ in range(4)},
             {"server", "second"})
        same(len({at.caller.call("who", key="k") for _ in range(8)}), 1)
        same(second.call("who", policy=daffi.Policy.LOCAL_FIRST), "second")
        same(at.caller.call("who", process="second"), "second")
        second.stop()


@proves("tasks: intervals, moments and delays run, are listed, paused, cancelled from anywhere")
def _():
    seen = []

    @fetcher(PERIOD(interval="50ms"))
    def note(what):
        pass
    with Place(note=seen.append) as at:
        task = note.using(at.caller)("tick")
        until(lambda: seen.count("tick") >= 3, "the third run")
        same([(each["uuid"], each["function"], each["condition"], each["owner"])
              for each in at.server.get_scheduled_tasks("caller")],
             [(task.uuid, "note", "period", "caller")])
        task.pause()
        same(task.info()["state"], "paused")
        task.resume()
        same((at.server.cancel_scheduled_task_by_uuid(task.uuid), task.cancel(),
              at.caller.cancel_scheduled_task_by_uuid("6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60")),
             ("cancelled", "finished", "unknown"))
        now = time.time()
        task = note.using(at.caller).call("then", exec_modifier=PERIOD(
            at_time=[now + 0.1, now + 0.15]))
        at.caller.schedule("note", "once", delay="20ms", process="server")
        until(lambda: seen.count("then") == 2 and "once" in seen, "the others")
        until(lambda: task.info()["state"] == "finished")
        same(at.caller.schedule("note", "x", cron="0 4 * * *", zone="Europe/Berlin").info()[
            "condition"], "cron")
        reason = raises(exceptions.RemoteCallError, at.caller.schedule, "note",
                        cron="0 0 30 2 *")
        same(reason.status, daffi.Status.INVALID)


@proves("fetchers: proxies, bodies, Args, methods, other modifiers, and what they refuse")
def _():
    @fetcher
    def pair(a, b=7):
        """No body."""

    @fetcher(BG(timeout="5s"))
    @alias("pair")
    def swapped(a, b):
        return Args(b=a, a=b)

    @fetcher
    @alias("pair")
    def as_tuple(a):
        return a, 2 * a
    with Place(pair=lambda a, b: [a, b]) as at:
        same((pair.using(at.caller)(b=2, a=1), pair.using(at.caller)(1, 2)),
             ([1, 2], [1, 2]))
        same(swapped.using(at.caller)(1, 2).get(10), [2, 1])
        same(as_tuple.using(at.caller)(4), [4, 8])
        same(pair.using(at.caller).call(1, 2, exec_modifier=daffi.BROADCAST),
             {"server": [1, 2]})
        same(list(pair.using(at.caller).call(1, 2, exec_modifier=daffi.STREAM)), [])
    same([seconds(each) for each in (5, "5s", "1m24s", "1.2 minutes", "250 ms")],
         [5, 5, 84, 72, 0.25])
    raises(exceptions.InitializationError, seconds, "soon")


main()
