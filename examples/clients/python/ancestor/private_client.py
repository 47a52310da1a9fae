# SPDX-License-Identifier: MPL-2.0
"""The same for fetchers."""

from daffi import Global
from daffi.decorators import local
from daffi.registry import Args, Fetcher


class CalculatorClient(Fetcher):

    def calculate_sum(self, num1, num2):
        return self.create_args(num1, num2)

    @local
    def create_args(self, num1, num2):
        return Args(num1, num2)


if __name__ == "__main__":
    g = Global()
    print(CalculatorClient().calculate_sum(1, 2))
    print(list(g.registered_callbacks["calculator"]))
    g.stop()
