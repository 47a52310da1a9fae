# SPDX-License-Identifier: MPL-2.0
"""A method is offered under another name than its own."""

from daffi import Global
from daffi.decorators import alias
from daffi.registry import Callback


class Calculator(Callback):

    @alias("calculate_sum")
    def add(self, num1, num2):
        return num1 + num2


if __name__ == "__main__":
    Global(init_controller=True).join()
