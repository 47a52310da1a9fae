# SPDX-License-Identifier: MPL-2.0
"""BG gives a future at once."""

from daffi import BG, FG, Global
from daffi.decorators import fetcher


@fetcher(exec_modifier=BG(timeout=30))
def fibonacci(n):
    pass


if __name__ == "__main__":
    g = Global()
    future = fibonacci(20)
    print("waiting")
    print(future.get())
    print(fibonacci.call(exec_modifier=FG, n=15))
    g.stop()
