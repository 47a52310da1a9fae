# SPDX-License-Identifier: MPL-2.0
"""The Python client by itself, with the real broker: calls, fetchers, broadcasts, tasks."""

import asyncio
import sys
import threading
import time

import daffi
from daffi import (BG, PERIOD, Args, CallFailed, alias, current_request, exceptions,
                   fetcher, get_g)
from daffi.execution_modifiers import seconds
from place import Place
from proofs import main, proves, raises, same, until


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
        reason = raises(TimeoutError, at.caller.call, "slow", timeout=1)
        assert time.monotonic() - began < 9
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
        raises(TimeoutError, at.caller.call, "outer", timeout=1.5)
        until(lambda: inner == [True], "the cancel of the inner call")
        assert left[0] <= 1.5


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
            at_time=[now + 0.5, now + 1.5]))
        at.caller.schedule("note", "once", delay="20ms", process="server")
        until(lambda: seen.count("then") == 2 and "once" in seen, "the others")
        until(lambda: task.info()["state"] == "finished")
        same(at.caller.schedule("note", "x", cron="0 4 * * *", zone="Europe/Berlin").info()[
            "condition"], "cron")
        reason = raises(exceptions.RemoteCallError, at.caller.schedule, "note",
                        cron="0 0 30 2 *")
        same(reason.status, daffi.Status.INVALID)


@proves("a function tells how far it is")
def _():
    told, go_on = threading.Event(), threading.Event()

    def steps():
        daffi.current_request().progress(1, 2, "half")
        told.set()
        go_on.wait(10)
    with Place(steps=steps) as at:
        call = at.caller.start("steps")
        until(lambda: call.progress, "a report")
        same(call.progress, daffi.Progress("server", 1, 2, "half"))
        go_on.set()
        same((call.get(10), told.is_set()), (None, True))


@proves("counts and times of each function, for whoever looks after it")
def _():
    def counted(fails):
        if fails:
            raise ValueError("no")
    with Place(counted=counted, idle=lambda: None) as at:
        for fails in (False, False, True):
            calls = at.caller.broadcast("counted", fails).get(10)
            same(type(calls["server"]) is exceptions.RemoteCallError, fails)
        stats = at.caller.call("$node.stats", process="server")
        idle, row = sorted(stats["functions"], key=lambda each: each["calls"])
        same((stats["process"], row["function"], row["calls"], row["failed"], row["running"]),
             ("server", "counted", 3, 1, 0))
        assert 0 < row["p50_us"] <= row["p90_us"] <= row["p99_us"] <= row["max_us"], row
        same((idle["function"], idle["calls"], idle["p99_us"]), ("idle", 0, 0))


@proves("it stops in good order when somebody asks it to, but not where it runs the controller")
def _():
    begun = threading.Event()

    def linger():
        begun.set()
        time.sleep(0.1)
        return "finished"
    with Place(linger=linger) as at:
        call = at.caller.start("linger")
        assert begun.wait(10)
        same(at.caller.call("$node.drain", process="server"), None)
        same((call.get(10), at.server.join(10)), ("finished", True))
        same(raises(exceptions.UnableToFindCandidate, at.caller.call, "linger").status,
             daffi.Status.NO_FUNCTION)
        with daffi.Global("other", init_controller=True, unix_sock_path="other") as g:
            same(raises(exceptions.DaffiError, g.call, "$node.drain", process="other").status,
                 daffi.Status.REFUSED)


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
