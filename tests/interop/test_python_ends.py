# SPDX-License-Identifier: MPL-2.0
"""How a Python program ends, or what it waits for: stop, Ctrl-C, fork, and coroutines and
streams that are given up."""

import asyncio
import os
import sys
import threading

import daffi
from daffi import BROADCAST, PERIOD, Global, Stream, current_request, fetcher
from place import Place
from proofs import broker, launch, main, proves, raises, same, until

#  Once it is told to, as soon as the main thread waits: not a moment before.
CTRL_C = """
import os, signal, threading
def interrupt():
    sys.stdin.readline()
    while sys._current_frames()[threading.main_thread().ident].f_code.co_name != "wait":
        time.sleep(0.005)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
"""


def wait():
    current_request().wait_cancelled(20)
    return current_request().cancelled


@proves("Ctrl-C in join stops it in good order, and the program goes on quietly")
def _():
    with Place() as at:
        program = at.script("program", CTRL_C + """
print("up", flush=True)
print("joined", g.join(), g.state, flush=True)
""")
        program.line("up")
        program.tell("now")
        same((program.line(), program.end()), ("joined True ended", 0))


@proves("Ctrl-C in a call cancels it")
def _():
    begun, cancelled = threading.Event(), threading.Event()

    def work():
        begun.set()
        if wait():
            cancelled.set()
    with Place(work=work) as at:
        program = at.script("program", CTRL_C + """
try:
    g.call("work")
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.read()
""")
        assert begun.wait(20)
        program.tell("now")
        program.line("interrupted")
        assert cancelled.wait(10), "it runs on"


@proves("a coroutine that waits for the end is told of it, or given up without harm")
def _():
    with Place() as at:
        program = at.script("program", """
import asyncio
async def main():
    try:
        await asyncio.wait_for(g.join_async(), 0.05)
    except asyncio.TimeoutError:
        print("given up", flush=True)
    joined = asyncio.ensure_future(g.join_async())
    await asyncio.sleep(0)
    await g.stop_async()
    await joined
    await g.join_async()
    print("joined", flush=True)
    await asyncio.wait_for(Global("other", unix_sock_path="FOLDER").join_async(), 0.05)
try:
    asyncio.run(main())
except asyncio.TimeoutError:
    print("out", flush=True)
""".replace("FOLDER", at.folder))
        for line in ("given up", "joined", "out"):
            same(program.line(), line)
        same(program.end(), 0)


@proves("a call that waits for its moment ends with its Global")
def _():
    with Place(work=lambda: 1) as at:
        later = at.caller.start("work", delay=3600, timeout=daffi.FOREVER)
        given_up = at.caller.start("work", delay=3600)
        given_up.cancel()
        raises(daffi.CancelledError, given_up.get, 10)
        at.caller.stop()
        reason = raises(daffi.GlobalContextError, later.get, 10)
        same((reason.status, reason.executed), (daffi.Status.STOPPED, daffi.Executed.NO))


@proves("a cast that runs is counted, and waited for by stop, but ends with no session")
def _():
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work():
        begun.set()
        go_on.wait(20)
        assert not current_request().cancelled
        done.set()
    with Place(work=work) as at:
        at.caller.cast("work")
        assert begun.wait(10)
        same(at.caller.call("$node.info", process="server")["running"], 2)
        server = at.server._node.server
        assert not server.drain(0)
        at.broker.kill()
        until(lambda: not at.server._node.connected, "the end of the session")
        assert not server.drain(0)
        go_on.set()
        at.server.stop()
        assert done.is_set()


@proves("in the child of a fork the Global is told to be its parent's, which goes on")
def _():
    with Place(work=lambda: 1) as at:
        program = at.script("program", """
import os
pending = g.start("work", delay=3600, timeout=daffi.FOREVER)
child = os.fork()
if not child:
    for act in (lambda: g.call("work"), lambda: pending.get()):
        try:
            act()
        except daffi.GlobalContextError as reason:
            print(reason.text, flush=True)
    with Global("child", unix_sock_path=g.endpoint[len("ipc://"):-len("/.sock")]) as own:
        print("child", own.call("work"), flush=True)
    sys.exit(3)
print("status", os.waitpid(child, 0)[1] >> 8, flush=True)
print("parent", g.call("work"), flush=True)
""")
        text = "this Global is of the process that forked: create one in this one"
        for line in (text, "this Global has stopped", "child 1", "status 3", "parent 1"):
            same(program.line(), line)
        same(program.end(), 0)


@proves("a controller ends with the process that runs it, though a fork of that lives on")
def _():
    program = launch(sys.executable, "-c", """
import os, sys
from daffi import Global
g = Global(init_controller=True)
if not os.fork():
    sys.stdin.read()
    os._exit(0)
print(g._broker._process.pid, flush=True)
os._exit(0)
""", name="program")
    guard = int(program.line())

    def gone():
        try:
            with open(f"/proc/{guard}/stat", encoding="ascii") as file:
                return file.read().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True
    until(gone, "the end of the controller")
    program.tell("end")


@proves("what async callbacks needed is given back when it stops")
def _():
    async def work():
        return 1

    def descriptors():
        return len(os.listdir("/proc/self/fd"))
    with Place() as at:
        before = descriptors()
        for _ in range(3):
            with at.join("worker", work=work):
                same(at.caller.call("work"), 1)
        until(lambda: descriptors() <= before, "the descriptors")


@proves("a coroutine of a fetcher that is given up cancels its call")
def _():
    begun, cancelled = threading.Event(), threading.Event()

    def work():
        begun.set()
        if wait():
            cancelled.set()

    def take(items: Stream):
        for _ in items:
            work()

    async def nothing():
        pass

    async def endless():
        while True:
            yield 1

    async def give_up(call):
        task = asyncio.ensure_future(call())
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 20)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()
    with Place(work=work, take=take) as at:
        for function, modifier, name in ((nothing, None, "work"), (nothing, BROADCAST, "work"),
                                         (endless, None, "take")):
            begun.clear()
            cancelled.clear()
            function.__name__ = name
            assert asyncio.run(give_up(fetcher(function, modifier).using(at.caller)))
            assert cancelled.wait(10), f"{name} runs on"


@proves("a coroutine that is given up waits for no process and no function any more")
def _():
    async def give_up(waiting):
        task = asyncio.ensure_future(waiting)
        while not at.caller._node.calls._flight:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.wait([task])
    with Place() as at:
        for waiting in (at.caller.wait_process_async, at.caller.wait_function_async):
            asyncio.run(give_up(waiting("nobody")))
            same(at.caller._node.calls._flight, {})


@proves("a task is scheduled in a coroutine without holding up its event loop")
def _():
    async def work():
        pass

    async def both(g):
        task = asyncio.ensure_future(fetcher(work, PERIOD(interval="1h")).using(g)())
        await asyncio.sleep(0)
        broker("--unix-sock-path", os.path.dirname(g.endpoint[len("ipc://"):]))
        return await task
    with Global("early") as g:
        assert asyncio.run(both(g)).uuid


@proves("a caller that reads no more ends the call, though it has items to give")
def _():
    ended = threading.Event()

    def both(items: Stream):
        try:
            yield from items
        finally:
            ended.set()

    def endless():
        while True:
            yield 1
    with Place(both=both, total=lambda items: 0) as at:
        for item in at.caller.stream("both", items=endless()):
            same(item, 1)
            break
        assert ended.wait(10), "it runs on"


main()
