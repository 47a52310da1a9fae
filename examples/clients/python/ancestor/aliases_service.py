# SPDX-License-Identifier: MPL-2.0
"""The same with functions."""

from daffi import Global
from daffi.decorators import alias, callback


@alias("calculate_sum")
@callback
def add(num1, num2):
    return num1 + num2


if __name__ == "__main__":
    Global(init_controller=True).join()
