# SPDX-License-Identifier: MPL-2.0
"""What happens to this process's own node."""

from daffi import Global


def on_init(g: Global, process_name: str):
    print("on init", flush=True)


def on_node_connect(g: Global, process_name: str):
    print("node connected", flush=True)


def on_node_disconnect(g: Global, process_name: str):
    print("node disconnected", flush=True)


if __name__ == "__main__":
    Global(
        init_controller=True,
        on_init=on_init,
        on_node_connect=on_node_connect,
        on_node_disconnect=on_node_disconnect,
    ).join()
