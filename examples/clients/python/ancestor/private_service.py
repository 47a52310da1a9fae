# SPDX-License-Identifier: MPL-2.0
"""Local methods are not offered, nor are those with a leading underscore."""

from daffi import Global
from daffi.decorators import local
from daffi.registry import Callback


class Calculator(Callback):
    auto_init = True

    def calculate_sum(self, num1, num2):
        return self.get_sum(num1, num2)

    @local
    def get_sum(self, num1, num2):
        return num1 + num2

    def _difference(self, num1, num2):
        return num1 - num2


if __name__ == "__main__":
    Global(init_controller=True, process_name="calculator").join()
