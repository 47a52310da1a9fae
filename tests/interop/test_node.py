# SPDX-License-Identifier: MPL-2.0
"""The Node.js client by itself, with the real broker; node_cases.mjs and node_ends.mjs do the
work."""

import os
import re
import subprocess

from nodejs import CLIENT, TESTS, node_command, typescript
from proofs import broker, launch, main, proves, same

SENTENCES = []
for _name in ("node_ends.mjs", "node_cases.mjs"):
    with open(os.path.join(TESTS, _name), encoding="utf-8") as _file:
        SENTENCES += re.findall(r"^  (?:async )?'([^']+)' \(\)", _file.read(), re.MULTILINE)
verdicts = {}


def run():
    """All of them at once: they share a broker and two processes."""
    command = node_command("node_cases.mjs")
    folder = os.path.join(os.environ["TMPDIR"], "daffi")
    controller = broker("--unix-sock-path", folder)
    cases = launch(*command, folder, os.path.join(CLIENT, "index.d.ts"), name="node")
    while (line := cases.line()) != "end":
        if line == "kill":
            controller.kill()
            cases.tell("done")
        elif line == "start":  # nobody is unknown before all are back, however slowly
            controller = broker("--unix-sock-path", folder, "--settle", "10000")
            cases.tell("done")
        elif line.startswith("ok "):
            verdicts[line[3:]] = "ok"
        elif line.startswith("FAIL "):
            sentence = line[5:].split(": ", 1)[0]
            verdicts[next((each for each in SENTENCES if line[5:].startswith(each)),
                          sentence)] = line


def add_case(sentence):
    @proves(sentence)
    def _():
        if not verdicts:
            run()
        assert verdicts.get(sentence) == "ok", verdicts.get(sentence, "it did not run")


for _sentence in SENTENCES:
    add_case(_sentence)


@proves("a TypeScript program compiles with the types, and wrong ones do not")
def _():
    done = subprocess.run(typescript("types.mts"), capture_output=True, text=True, timeout=120)
    same((done.stdout, done.returncode), ("", 0))


main()
