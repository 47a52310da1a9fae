# SPDX-License-Identifier: MPL-2.0
"""The golden vectors against the Node.js client; vectors.mjs does the work."""

import os
import subprocess

from nodejs import node_command
from proofs import SOURCE, main, proves

SENTENCES = ("every record of the vectors reads as what it means",
             "every canonical record without a tail is written with the same bytes",
             "every value of the vectors reads as what it means",
             "what JavaScript can tell apart is written as it was",
             "every invalid packet is rejected behind the records that were good",
             "every invalid body is rejected")
said = []


def say():
    if not said:
        command = [*node_command("vectors.mjs"), os.path.join(SOURCE, "tests", "vectors")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        said.append(done.stdout + done.stderr)
    return said[0]


def add_case(sentence):
    @proves(sentence)
    def _():
        assert f"ok {sentence}\n" in say(), say()


for _sentence in SENTENCES:
    add_case(_sentence)

main()
