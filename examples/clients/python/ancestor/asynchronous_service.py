# SPDX-License-Identifier: MPL-2.0
"""The same with a function, which is called as an ordinary one here."""

from daffi import Global
from daffi.decorators import callback


@callback
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


if __name__ == "__main__":
    Global(init_controller=True).join()
