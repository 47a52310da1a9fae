# SPDX-License-Identifier: MPL-2.0
"""The same with functions. The tasks live in the controller: this process may end."""

import time

from daffi import PERIOD, Global
from daffi.decorators import fetcher


@fetcher(exec_modifier=PERIOD(interval="0.1s"))
def task1():
    pass


@fetcher
def task2():
    pass


if __name__ == "__main__":
    g = Global()
    task = task1()
    time.sleep(0.35)
    print(task.cancel())
    now = time.time()
    task2.call(exec_modifier=PERIOD(at_time=[now + 0.5, now + 1.5]))
    g.stop()
