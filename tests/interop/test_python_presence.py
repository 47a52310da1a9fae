# SPDX-License-Identifier: MPL-2.0
"""The Python client by itself: who is there, who dies, and how a Global starts and ends."""

import signal
import sys
import threading
import time

import daffi
from daffi import Event, EventType, Global, current_request, exceptions
from daffi.functions import Function
from daffi.node import Node
from place import Place
from proofs import broker, launch, main, proves, raises, same, until


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
spin(2.2)
print("spun", flush=True)
g.join()""")
        left = []
        at.caller.subscribe(lambda event: left.append(event)
                            if event.type == EventType.LEFT else None)
        busy.line("ready")
        at.caller.wait_function("spin", 10)
        same(at.caller.call("spin", 2.2), "alive")
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
        broker("--settle", "10000")
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


main()
