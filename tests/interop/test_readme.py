# SPDX-License-Identifier: MPL-2.0
"""The programs in other languages that README.md shows do what it says, in every pair."""

import os
import re
import shutil
import sys

from nodejs import FOLDER, node_command
from proofs import SOURCE, launch, main, proves, same, until

SAID = ["2 + 3 = 5", "streamed: 0 1 2 3", None]


def programs():
    """Each block goes into the file that was named last before it."""
    found, name, block = {}, None, None
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        for line in file:
            if block is not None and line.startswith("```"):
                found[name], block = "".join(block), None
            elif block is not None:
                block.append(line)
            elif line in ("```python\n", "```js\n"):
                block = []
            elif match := re.search(r"`([a-z]+\.(?:py|mjs))`", line):
                name = match[1]
    return found


def write(folder):
    for name, text in programs().items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def calculator():
    server = launch(sys.executable, "calculator.py")
    until(lambda: os.path.exists(os.path.join(os.environ["TMPDIR"], "daffi", ".sock")))
    return server


@proves("README.md has the programs that this test knows")
def _():
    same(sorted(programs()), ["calculator.py", "caller.mjs", "caller.py"])


@proves("caller.py calls calculator.py")
def _():
    write(".")
    calculator()
    caller = launch(sys.executable, "caller.py")
    same((caller.end(), caller.lines), (0, SAID))


@proves("caller.mjs calls calculator.py")
def _():
    command = node_command("caller.mjs")
    write(".")
    shutil.copy("caller.mjs", FOLDER)
    calculator()
    caller = launch(*command)
    same((caller.end(), caller.lines), (0, SAID))


main()
