# SPDX-License-Identifier: MPL-2.0
"""Two processes offer the same method. (Names are one word here.)"""

import sys

from daffi import Global
from daffi.registry import Callback

MENUS = {"burger-menu": ["plain", "cheese"], "hotdog-menu": ["small", "long"]}


class Menu(Callback):

    def get_menu(self):
        return MENUS[sys.argv[1]]


if __name__ == "__main__":
    Global(init_controller=sys.argv[1] == "burger-menu", process_name=sys.argv[1]).join()
