# SPDX-License-Identifier: MPL-2.0
"""A class whose methods are remote ones: a method without a body hands its arguments on."""

from daffi import Global
from daffi.registry import Fetcher


class CalculatorClient(Fetcher):

    def calculate_sum(self, *numbers):
        """Runs in the other process."""


if __name__ == "__main__":
    g = Global()
    client = CalculatorClient()
    print(client.calculate_sum(1, 2))
    print(client.calculate_sum(10, 20, 30))
    g.stop()
