# SPDX-License-Identifier: MPL-2.0
"""The fetcher's result is what can be iterated over."""

from daffi import Global
from daffi.registry import Fetcher


class StreamerClient(Fetcher):

    def generate_stream(self, end):
        pass


if __name__ == "__main__":
    g = Global()
    result = StreamerClient().generate_stream(end=1000)
    print(sum(item for item in result))
    g.stop()
