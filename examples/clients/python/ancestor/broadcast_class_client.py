# SPDX-License-Identifier: MPL-2.0
"""All of them answer, each for itself."""

from daffi import BROADCAST, Global
from daffi.registry import Fetcher


class MenuFetcher(Fetcher):
    exec_modifier = BROADCAST

    def get_menu(self):
        pass


if __name__ == "__main__":
    fetcher = MenuFetcher()
    g = Global()
    for process in ("burger-menu", "hotdog-menu"):
        g.wait_process(process)
    print(dict(sorted(fetcher.get_menu().items())))
    g.stop()
