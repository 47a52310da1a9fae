# SPDX-License-Identifier: MPL-2.0
"""The same with a function."""

from daffi import BROADCAST, Global
from daffi.decorators import fetcher


@fetcher(exec_modifier=BROADCAST)
def get_menu():
    pass


if __name__ == "__main__":
    g = Global()
    for process in ("burger-menu", "hotdog-menu"):
        g.wait_process(process)
    print(dict(sorted(get_menu().items())))
    g.stop()
