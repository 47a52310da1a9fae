# SPDX-License-Identifier: MPL-2.0
"""A class whose constructor takes arguments is created by the program."""

from daffi import Global
from daffi.registry import Callback


class Calculator(Callback):
    auto_init = False

    def __init__(self, multiplier):
        super().__init__()
        self.multiplier = multiplier

    def calculate_sum(self, num1, num2):
        return self.multiplier * (num1 + num2)


if __name__ == "__main__":
    Calculator(multiplier=3)
    Global(init_controller=True).join()
