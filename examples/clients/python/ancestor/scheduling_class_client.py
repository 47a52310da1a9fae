# SPDX-License-Identifier: MPL-2.0
"""PERIOD: at an interval until it is cancelled, and at given times."""

import time

from daffi import PERIOD, Global
from daffi.registry import Fetcher


class Client(Fetcher):
    exec_modifier = PERIOD(interval="0.1s")

    def task1(self):
        pass

    def task2(self):
        pass


if __name__ == "__main__":
    g = Global()
    client = Client()
    task = client.task1()
    time.sleep(0.35)
    print(task.cancel())
    now = time.time()
    client.task2.call(exec_modifier=PERIOD(at_time=[now + 0.5, now + 1.5]))
    g.stop()
