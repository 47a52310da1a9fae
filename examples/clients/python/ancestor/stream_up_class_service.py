# SPDX-License-Identifier: MPL-2.0
"""A method that takes one item: it is called for each item of a stream."""

from daffi import Global
from daffi.registry import Callback


class Streamer(Callback):

    def __post_init__(self):
        self.items = []

    def stream_to_service(self, item, process_name):
        self.items.append(item)
        if item % 500 == 0:
            print(f"item {item} from {process_name}", flush=True)

    def get_items(self):
        return self.items


if __name__ == "__main__":
    Global(init_controller=True).join()
