# SPDX-License-Identifier: MPL-2.0
"""The same with a function."""

import sys

from daffi import Global
from daffi.decorators import callback

MENUS = {"burger-menu": ["plain", "cheese"], "hotdog-menu": ["small", "long"]}


@callback
def get_menu():
    return MENUS[sys.argv[1]]


if __name__ == "__main__":
    Global(init_controller=sys.argv[1] == "burger-menu", process_name=sys.argv[1]).join()
