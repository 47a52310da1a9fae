# SPDX-License-Identifier: MPL-2.0
"""The same with a function."""

from daffi import Global
from daffi.decorators import callback


@callback
def generate_stream(end):
    for item in range(end):
        yield item


if __name__ == "__main__":
    Global(init_controller=True).join()
