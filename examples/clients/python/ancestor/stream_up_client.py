# SPDX-License-Identifier: MPL-2.0
"""The same with functions; a tuple is several arguments, too."""

from daffi import Global
from daffi.decorators import fetcher

PROCESS_NAME = "streamer-client"


@fetcher
def stream_to_service():
    for item in range(1001):
        yield item, PROCESS_NAME


@fetcher
def get_items():
    pass


if __name__ == "__main__":
    g = Global(process_name=PROCESS_NAME)
    stream_to_service()
    items = get_items()
    print(len(items), items == list(range(1001)))
    g.stop()
