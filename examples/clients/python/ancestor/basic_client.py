# SPDX-License-Identifier: MPL-2.0
"""A decorated function without a body calls the remote one of its name."""

from daffi import Global
from daffi.decorators import fetcher


@fetcher
def calculate_sum(*numbers):
    pass


if __name__ == "__main__":
    g = Global()
    print(calculate_sum(1, 2))
    print(calculate_sum(10, 20, 30))
    g.stop()
