# SPDX-License-Identifier: MPL-2.0
"""The ways of the Python daffi's documentation, each as two programs that run here. They
import `daffi` as those do; examples/clients/python/README.md lists what had to differ."""

import os
import signal
import sys

from proofs import SOURCE, launch, main, proves, same, until

FOLDER = os.path.join(SOURCE, "examples", "clients", "python", "ancestor")


def start(script, *arguments):
    return launch(sys.executable, os.path.join(FOLDER, script + ".py"), *arguments,
                  name=script)


def socket_is_there():
    until(lambda: os.path.exists(os.path.join(os.environ["TMPDIR"], "daffi", ".sock")),
          "the controller")


def pair(topic, *lines, service_says=()):
    service = start(topic + "_service")
    socket_is_there()
    client = start(topic + "_client")
    same((client.end(), client.lines[:-1]), (0, list(lines)))
    for line in service_says:
        service.line(line)


@proves("basic: classes and decorators")
def _():
    pair("basic_class", "3", "60")


@proves("basic: decorators")
def _():
    pair("basic", "3", "60")


@proves("aliases: classes")
def _():
    pair("aliases_class", "3", "6")


@proves("aliases: decorators")
def _():
    pair("aliases", "3", "6", "9")


@proves("asynchronous: BG, and FG for one call, with classes")
def _():
    pair("asynchronous_class", "waiting", "6765", "610")


@proves("asynchronous: BG, and FG for one call, with decorators")
def _():
    pair("asynchronous", "waiting", "6765", "610")


def broadcast(topic):
    first = start(topic + "_service", "burger-menu")
    socket_is_there()
    second = start(topic + "_service", "hotdog-menu")
    client = start(topic + "_client")
    same((client.end(), client.lines[:-1]),
         (0, ["{'burger-menu': ['plain', 'cheese'], 'hotdog-menu': ['small', 'long']}"]))
    second.kill()
    first.kill()


@proves("broadcast: classes")
def _():
    broadcast("broadcast_class")


@proves("broadcast: decorators")
def _():
    broadcast("broadcast")


@proves("bidirectional: each offers and calls")
def _():
    service = start("bidirectional_service")
    socket_is_there()
    client = start("bidirectional_client")
    same(service.line("sum"), "sum: 6")
    same(client.line("items"), "items: ['orange', 'bread', 'cheese']")


@proves("stream from fetcher to callback: classes")
def _():
    pair("stream_up_class", "1001 True", service_says=(
        "item 0 from streamer-client", "item 500 from streamer-client",
        "item 1000 from streamer-client"))


@proves("stream from fetcher to callback: decorators")
def _():
    pair("stream_up", "1001 True", service_says=("item 1000 from streamer-client",))


@proves("stream from callback to fetcher: classes")
def _():
    pair("stream_down_class", "499500")


@proves("stream from callback to fetcher: decorators")
def _():
    pair("stream_down", "499500")


@proves("scheduling: an interval, and given times, with classes")
def _():
    pair("scheduling_class", "cancelled", service_says=["task 1", "task 2", "task 2"])


@proves("scheduling: an interval, and given times, with decorators")
def _():
    pair("scheduling", "cancelled", service_says=["task 1", "task 2", "task 2"])


@proves("named processes: one waits for another")
def _():
    pair("named_processes", service_says=("the client is there",))


@proves("lifecycle: init, connect, disconnect")
def _():
    service = start("lifecycle_service")
    service.line("node connected")
    service.signal(signal.SIGINT)
    service.end()
    same([each for each in service.lines if each and each[0] in "on"],
         ["on init", "node connected", "node disconnected"])


@proves("private methods are neither offered nor called")
def _():
    pair("private", "3", "['calculate_sum']")


@proves("a callback class with arguments of its own")
def _():
    pair("arguments", "9")


main()
