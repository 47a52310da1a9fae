# SPDX-License-Identifier: MPL-2.0
"""The same with a function."""

from daffi import Global
from daffi.decorators import fetcher


@fetcher
def generate_stream(end):
    pass


if __name__ == "__main__":
    g = Global()
    print(sum(item for item in generate_stream(1000)))
    g.stop()
