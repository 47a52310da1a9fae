# SPDX-License-Identifier: MPL-2.0
"""A class offers its public methods."""

from daffi import Global
from daffi.registry import Callback


class Calculator(Callback):

    def calculate_sum(self, *numbers):
        return sum(numbers)


if __name__ == "__main__":
    Global(init_controller=True).join()
