# SPDX-License-Identifier: MPL-2.0
"""Each process offers something and calls the other. (Names are one word here.)"""

from daffi import Global
from daffi.registry import Callback, Fetcher


class ShoppingService(Callback):
    auto_init = True

    def __post_init__(self):
        self.shop_items = ["orange", "bread", "cheese"]

    def get_shop_items(self):
        return self.shop_items


class CalculatorClient(Fetcher):

    def calculate_sum(self, *numbers):
        pass


if __name__ == "__main__":
    g = Global(init_controller=True, process_name="shopping-service")
    g.wait_process("calculator-service")
    print("sum:", CalculatorClient().calculate_sum(1, 2, 3), flush=True)
    g.join()
