# SPDX-License-Identifier: MPL-2.0
"""Python ships a payload that was compiled from C, and calls it in a C process."""

import os

import daffi
from daffi import Global, Payload, exceptions
from proofs import launch, main, proves, raises, same, skip

BUILD = os.environ["DAFFI_BUILD_DIR"]
PAYLOAD = os.path.join(BUILD, "examples", "30_transfer", "get_pid.so")


class Place:
    def __init__(self):
        if not os.path.exists(PAYLOAD):
            skip("the examples were not built: no get_pid.so")
        self.folder = os.path.join(os.environ["TMPDIR"], "daffi")
        self.host = launch(os.path.join(BUILD, "tests", "interop_payload_host"), self.folder)
        self.pid = int(self.host.line("ready").split()[1])

    def __enter__(self):
        self.g = Global("python", unix_sock_path=self.folder, connect_timeout=10)
        return self

    def __exit__(self, *_):
        self.g.stop()


@proves("a payload is shipped once, runs in the other process, and is called by its hash then")
def _():
    with Place() as at:
        for _time in range(3):
            same(at.g.transfer_and_call("host", PAYLOAD, "get_pid"), at.pid)
        rows = at.g.call("$node.payload.list", process="host")
        same([(row["hash"], row["calls"]) for row in rows],
             [(Payload(PAYLOAD).hash.hex(), 3)])


@proves("a large payload goes in pieces")
def _():
    with open(PAYLOAD, "rb") as file:
        #  what stands behind the last section is part of the file, and of its hash
        payload = Payload(file.read() + bytes(300_000))
    with Place() as at:
        same(at.g.transfer_and_call("host", payload, "get_pid"), at.pid)
        same(at.g.call("$node.payload.list", process="host")[0]["size"], len(payload.data))


@proves("what is wrong with a payload, its function or the process is said")
def _():
    with Place() as at:
        same(raises(exceptions.DaffiError, at.g.transfer_and_call, "host", PAYLOAD,
                    "no_such").status, daffi.Status.NO_FUNCTION)
        same(raises(exceptions.DaffiError, at.g.transfer_and_call, "nobody", PAYLOAD,
                    "get_pid").status, daffi.Status.NO_PROCESS)
        broken = Payload(b"\x7fELF\x02\x01" + bytes(200))
        same(raises(exceptions.DaffiError, at.g.transfer_and_call, "host", broken,
                    "get_pid").status, daffi.Status.BAD_PAYLOAD)
        raises(exceptions.InitializationError, Payload, b"no ELF")
        plain = Global("plain", unix_sock_path=at.folder, connect_timeout=10)
        same(raises(exceptions.UnableToFindCandidate, at.g.transfer_and_call, "plain",
                    PAYLOAD, "get_pid").status, daffi.Status.NO_FUNCTION)
        plain.stop()


main()
