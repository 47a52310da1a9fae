# SPDX-License-Identifier: MPL-2.0
"""C, Python and Node.js, each as caller and as provider of each other, through one real
broker, before and after its restart. peer.h says who the peers are.

Where Node.js or its packages cannot be had, its cases are skipped, and say why.
"""

import os
import sys

from nodejs import node_command
from proofs import Skipped, broker, launch, main, proves, same, skip, until

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = {
    "calls": "numbers, also large ones",
    "values": "values of every kind are seen as that kind, and come back",
    "unicode": "texts byte for byte",
    "binary": "a binary of every byte",
    "large": "a binary of 4 MiB",
    "errors": "a failure with its text, and what was not run",
    "up": "a stream of 1000 items towards the function",
    "down": "a stream of 1000 items from the function",
    "both": "items both ways, in turn",
    "letting-go": "a stream that the caller lets go is ended at its source",
    "cancel": "a cancel reaches what runs",
    "deadline": "a deadline reaches what runs",
    "broadcast": "a broadcast reaches everybody",
}
LANGUAGES = {
    "C": lambda: [os.path.join(os.environ["DAFFI_BUILD_DIR"], "tests", "interop_peer")],
    "Python": lambda: [sys.executable, os.path.join(HERE, "peer.py")],
    "Node.js": lambda: node_command("peer.mjs"),
}


class Scene:
    """The broker and a peer of each language: they live from the first case to the last."""

    def __init__(self):
        self.folder = self.broker = None
        self.peers, self.missing = {}, {}

    def start(self):
        if self.folder:
            return
        self.folder = os.path.join(os.environ["TMPDIR"], "daffi")
        self.start_broker()
        for language, command in LANGUAGES.items():
            try:
                program = command()
            except Skipped as reason:
                self.missing[language] = reason
                continue
            self.peers[language] = launch(*program, self.folder, "in-" + language.lower(),
                                          name=language)
        for peer in self.peers.values():
            peer.line("ready")

    def start_broker(self):
        self.broker = broker("--unix-sock-path", self.folder)

    def run(self, scenario, caller, provider):
        self.start()
        for language in (caller, provider):
            if language in self.missing:
                raise self.missing[language]
        peer = self.peers[caller]
        peer.tell(f"{scenario} in-{provider.lower()}")
        same(peer.line(), "ok")


scene = Scene()


def add_case(scenario, what, caller, provider):
    @proves(f"{caller} calls {provider}: {what}")
    def _():
        scene.run(scenario, caller, provider)


for _scenario, _what in SCENARIOS.items():
    for _caller in LANGUAGES:
        for _provider in LANGUAGES:
            add_case(_scenario, _what, _caller, _provider)


@proves("after the broker was killed and started again all are back, and call each other")
def _():
    scene.start()
    scene.broker.kill()
    scene.start_broker()
    for caller in scene.peers:
        for provider in scene.peers:
            peer = scene.peers[caller]
            #  a provider that is not back yet is no failure of the caller

            def works():
                peer.tell(f"calls in-{provider.lower()}")
                return peer.line() == "ok"
            until(works, f"{caller} to {provider}")
    for scenario in ("down", "broadcast"):
        for caller in scene.peers:
            scene.run(scenario, caller, "C")


@proves("all of it was tried in all languages")
def _():
    scene.start()
    for language, reason in scene.missing.items():
        skip(f"{language} is missing: {reason}")
    same(len(scene.peers), 3)


main(one_scene=True)
