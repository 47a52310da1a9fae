# SPDX-License-Identifier: MPL-2.0
"""The same with functions."""

from daffi import Global
from daffi.decorators import callback


@callback
def task1():
    print("task 1", flush=True)


@callback
def task2():
    print("task 2", flush=True)


if __name__ == "__main__":
    Global(init_controller=True).join()
