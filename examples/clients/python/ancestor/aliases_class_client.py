# SPDX-License-Identifier: MPL-2.0
"""Two fetchers, with a logic of their own each, that lead to one callback."""

from daffi import Global
from daffi.decorators import alias
from daffi.registry import Args, Fetcher


class CalculatorClient(Fetcher):

    def __post_init__(self):
        self.multiplier = 2

    def calculate_sum(self, num1, num2):
        pass

    @alias("calculate_sum")
    def multiplied_sum(self, num1, num2):
        return Args(num1 * self.multiplier, num2 * self.multiplier)


if __name__ == "__main__":
    g = Global()
    client = CalculatorClient()
    print(client.calculate_sum(1, 2))
    print(client.multiplied_sum(1, 2))
    g.stop()
