# SPDX-License-Identifier: MPL-2.0
"""`daffi conformance --client` is the controller of each of the three implementations, and
finds every rule kept. peer.h says who the peers are."""

import json
import os
import shutil
import sys

from nodejs import node_command
from proofs import Skipped, launch, main, proves, same, skip

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = 19
LANGUAGES = {
    "C": lambda: [os.path.join(os.environ["DAFFI_BUILD_DIR"], "tests", "interop_peer")],
    "Python": lambda: [sys.executable, os.path.join(HERE, "peer.py")],
    "Node.js": lambda: node_command("peer.mjs"),
}
judges, missing = {}, {}


def begin():
    """All at once: a part of the rules is about silence."""
    daffi = shutil.which("daffi") or skip("there is no daffi")
    for language, command in LANGUAGES.items():
        try:
            program = command()
        except Skipped as reason:
            missing[language] = reason
            continue
        folder = os.path.join(os.environ["TMPDIR"], language)
        os.mkdir(folder, 0o700)
        judges[language] = launch(daffi, "conformance", "--client", "--json", "--patience",
                                  "10s", f"ipc://{folder}/.sock")
        launch(*program, folder, "checked", name=language)


def add_case(language):
    @proves(f"the {language} client keeps every rule")
    def _():
        if not judges:
            begin()
        if language in missing:
            raise missing[language]
        code = judges[language].end()
        verdicts = [json.loads(line) for line in judges[language].lines if line]
        same([each for each in verdicts if each["verdict"] != "ok"], [])
        same((len(verdicts), code), (RULES, 0))


for _language in LANGUAGES:
    add_case(_language)

main(one_scene=True)
