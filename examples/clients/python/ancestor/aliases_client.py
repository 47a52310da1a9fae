# SPDX-License-Identifier: MPL-2.0
"""The same with functions: the decorators may stand in either order."""

from daffi import Global
from daffi.decorators import alias, fetcher
from daffi.registry import Args


@fetcher
def calculate_sum(num1, num2):
    pass


@fetcher
@alias("calculate_sum")
def doubled_sum(num1, num2):
    return Args(2 * num1, 2 * num2)


@alias("calculate_sum")
@fetcher
def tripled_sum(num1, num2):
    return Args(num2=3 * num2, num1=3 * num1)


if __name__ == "__main__":
    g = Global()
    print(calculate_sum(1, 2))
    print(doubled_sum(1, 2))
    print(tripled_sum(1, 2))
    g.stop()
