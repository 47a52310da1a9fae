# SPDX-License-Identifier: MPL-2.0
"""A decorated function is offered under its name."""

from daffi import Global
from daffi.decorators import callback


@callback
def calculate_sum(*numbers):
    return sum(numbers)


if __name__ == "__main__":
    Global(init_controller=True).join()
