# SPDX-License-Identifier: MPL-2.0
"""An execution modifier for all methods of a class, and another one for a single call."""

from daffi import BG, FG, Global
from daffi.registry import Fetcher


class CalculatorClient(Fetcher):
    exec_modifier = BG(timeout=30)

    def fibonacci(self, n):
        pass


if __name__ == "__main__":
    g = Global()
    client = CalculatorClient()
    future = client.fibonacci(20)
    print("waiting")
    print(future.get())
    print(client.fibonacci.call(exec_modifier=FG, n=15))
    g.stop()
