# SPDX-License-Identifier: MPL-2.0
"""Something that takes a while, and calls itself as an ordinary method."""

from daffi import Global
from daffi.registry import Callback


class Calculator(Callback):

    def fibonacci(self, n):
        return n if n < 2 else self.fibonacci(n - 1) + self.fibonacci(n - 2)


if __name__ == "__main__":
    Global(init_controller=True).join()
