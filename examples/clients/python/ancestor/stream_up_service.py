# SPDX-License-Identifier: MPL-2.0
"""The same with functions."""

from daffi import Global
from daffi.decorators import callback

items = []


@callback
def stream_to_service(item, process_name):
    items.append(item)
    if item % 500 == 0:
        print(f"item {item} from {process_name}", flush=True)


@callback
def get_items():
    return items


if __name__ == "__main__":
    Global(init_controller=True).join()
