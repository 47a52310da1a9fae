# SPDX-License-Identifier: MPL-2.0
"""Python and Node.js ship a payload that was compiled from C, and call it in a C process."""

import json
import os
import subprocess

import daffi
from daffi import Global, Payload, exceptions
from nodejs import node_command
from proofs import launch, main, proves, raises, same, skip

BUILD = os.environ["DAFFI_BUILD_DIR"]
PAYLOAD = os.path.join(BUILD, "examples", "30_transfer", "get_pid.so")


class Place:
    """A process that runs payloads. With `bundle` it takes signed ones only, and has written
    one there."""

    def __init__(self, bundle=None):
        if not os.path.exists(PAYLOAD):
            skip("the examples were not built: no get_pid.so")
        self.folder = os.path.join(os.environ["TMPDIR"], "daffi")
        self.host = launch(os.path.join(BUILD, "tests", "interop_payload_host"), self.folder,
                           *([PAYLOAD, bundle] if bundle else []))
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


@proves("where only signed payloads are taken, a bundle is, and its functions are published")
def _():
    with Place("signed.payload") as at:
        same(raises(exceptions.DaffiError, at.g.transfer_and_call, "host", PAYLOAD,
                    "get_pid").status, daffi.Status.REFUSED)
        at.g.publish("host", "signed.payload", "get_pid", "pid")
        same(at.g.call("pid"), at.pid)
        row, = at.g.payloads("host")
        same((row["published"], row["name"], bool(row["signer"])), (["pid"], "shipped", True))
        at.g.withdraw("host", "pid")
        same(raises(exceptions.UnableToFindCandidate, at.g.call, "pid").status,
             daffi.Status.NO_FUNCTION)
        same(at.g.transfer_and_call("host", "signed.payload", "get_pid"), at.pid)
        at.g.unload("host", "signed.payload")
        same(at.g.payloads("host"), [])
        with open("signed.payload", "rb") as file:
            data = bytearray(file.read())
        data[data.index(b"shipped")] ^= 1
        same(raises(exceptions.DaffiError, at.g.transfer_and_call, "host", bytes(data),
                    "get_pid").status, daffi.Status.REFUSED)


def shipped_by_node(at, *arguments):
    done = subprocess.run([*node_command("node_ship.mjs"), at.folder, PAYLOAD, *arguments],
                          capture_output=True, text=True, timeout=60)
    same((done.stderr, done.returncode), ("", 0))
    return json.loads(done.stdout)


@proves("Node.js ships a payload once, whole or in pieces, and calls it by its hash then")
def _():
    with Place() as at:
        said = shipped_by_node(at)
        same(said["answers"], [at.pid] * 3)
        same(said["hash"], Payload(PAYLOAD).hash.hex())
        same(sorted((row["calls"], row["size"]) for row in at.g.payloads("host")),
             [(1, os.path.getsize(PAYLOAD) + 300000), (3, os.path.getsize(PAYLOAD))])
        #  a function that is not there was a call of the payload as well
        same(said["refused"], ["NO_FUNCTION", "BAD_PAYLOAD"])


@proves("Node.js ships a signed bundle, and publishes a function of it")
def _():
    with Place("signed.payload") as at:
        said = shipped_by_node(at, os.path.abspath("signed.payload"))
        same(said, {"unsigned": "REFUSED", "published": at.pid, "names": ["pid"],
                    "withdrawn": "NO_FUNCTION", "unloaded": []})


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
        raises(exceptions.InitializationError, Payload, b"\x91\x01")
        plain = Global("plain", unix_sock_path=at.folder, connect_timeout=10)
        same(raises(exceptions.UnableToFindCandidate, at.g.transfer_and_call, "plain",
                    PAYLOAD, "get_pid").status, daffi.Status.NO_FUNCTION)
        plain.stop()


main()
