# SPDX-License-Identifier: MPL-2.0
"""The other one."""

from daffi import Global
from daffi.registry import Callback, Fetcher


class CalculatorService(Callback):
    auto_init = True

    def calculate_sum(self, *numbers):
        return sum(numbers)


class ShoppingClient(Fetcher):

    def get_shop_items(self):
        pass


if __name__ == "__main__":
    g = Global(process_name="calculator-service")
    g.wait_process("shopping-service")
    print("items:", ShoppingClient().get_shop_items(), flush=True)
    g.join()
