# SPDX-License-Identifier: MPL-2.0
"""Methods without a body can be declared in one line each."""

from daffi import Global
from daffi.registry import Fetcher, FetcherMethod


class CalculatorClient(Fetcher):
    calculate_sum = FetcherMethod()


if __name__ == "__main__":
    g = Global()
    print(CalculatorClient().calculate_sum(1, 2))
    g.stop()
