# SPDX-License-Identifier: MPL-2.0
"""A fetcher that yields sends a stream."""

from daffi import Global
from daffi.registry import Args, Fetcher

PROCESS_NAME = "streamer-client"


class StreamerClient(Fetcher):

    def __post_init__(self):
        self.items = range(1001)

    def stream_to_service(self):
        for item in self.items:
            yield Args(item=item, process_name=PROCESS_NAME)

    def get_items(self):
        pass


if __name__ == "__main__":
    g = Global(process_name=PROCESS_NAME)
    client = StreamerClient()
    client.stream_to_service()
    items = client.get_items()
    print(len(items), items == list(range(1001)))
    g.stop()
