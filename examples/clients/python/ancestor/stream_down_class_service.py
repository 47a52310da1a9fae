# SPDX-License-Identifier: MPL-2.0
"""A method that yields."""

from daffi import Global
from daffi.registry import Callback


class Streamer(Callback):

    def generate_stream(self, end):
        for i in range(end):
            yield i


if __name__ == "__main__":
    Global(init_controller=True).join()
