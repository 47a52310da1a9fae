# SPDX-License-Identifier: MPL-2.0
"""What is called at its times."""

from daffi import Global
from daffi.registry import Callback


class Worker(Callback):

    def task1(self):
        print("task 1", flush=True)

    def task2(self):
        print("task 2", flush=True)


if __name__ == "__main__":
    Global(init_controller=True).join()
