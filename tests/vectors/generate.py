#!/usr/bin/python3
#  SPDX-License-Identifier: MPL-2.0
"""Writes the golden vectors and the seeds of the fuzz corpora.

Run by hand, once, with Debian's python3-msgpack:

    /usr/bin/python3 tests/vectors/generate.py

The files that it wrote are the truth, not this script: they are committed, the tests
read them and never run this. It is written after PROTOCOL.md and shares no code with
the library, so that both are held against a second reading of the same text. Change a
vector only together with PROTOCOL.md. Sizes above 16 bits are left to the unit tests, so
that the files stay small.
"""
import json
import math
import os
import struct

import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "..", "fuzz", "corpus")

NUMBERS = {
    "HELLO": 1, "WELCOME": 2, "UPDATE": 3, "CALL": 4, "RESULT": 5, "ERROR": 6, "CAST": 7,
    "CHUNK": 8, "CREDIT": 9, "END": 10, "CANCEL": 11, "WAIT": 12, "SUBSCRIBE": 13,
    "EVENT": 14, "SCHEDULE": 15, "PING": 16, "PONG": 17, "DRAIN": 18, "GOODBYE": 19,
    "WHO": 20, "PROGRESS": 21,
}
NAMES = {number: name for name, number in NUMBERS.items()}
OPTIONS = {"status": 1, "executed": 2, "sent_ms": 3, "tail": 4, "all": 5, "part": 6,
           "policy": 7, "key": 8, "stream": 9, "items": 10, "bytes": 11,
           "priority": 12, "delay_ms": 13}
INVALID, TIMEOUT, CANCELLED, FAILED, NO_PROCESS, NO_FUNCTION, PROCESS_LOST = (
    1, 6, 7, 8, 10, 11, 12)
NAME_TAKEN, PROTOCOL = 20, 24
UNSUPPORTED = 25
ROUND_ROBIN, RANDOM, KEY, LOCAL_FIRST = 1, 2, 3, 4
NO, MAYBE, YES = 0, 1, 2
EMPTY = object()  # no body at all


# --- writing ---------------------------------------------------------------------------

def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def text(value):
    return b"\xc0" if value == "" else pack(value)


def header(record):
    """The canonical form: id in 9 bytes, ttl in 5, all else as short as it goes."""
    options = record["options"]
    out = bytes([0x97 if options else 0x96, record["number"]])
    out += b"\xcf" + struct.pack(">Q", record["id"])
    out += text(record["name"]) + text(record["peer"])
    ttl = record["ttl_ms"]
    out += b"\xc0" if ttl is None else b"\xce" + struct.pack(">I", ttl)
    out += b"\xc0" if record["detached"] else pack(len(record["body"]))
    if options:
        out += bytes([0x80 | len(options)])
        for key in sorted(options, key=OPTIONS.get):
            out += bytes([OPTIONS[key]])
            value = options[key]
            out += b"\xce" + struct.pack(">I", value) if key == "sent_ms" else pack(value)
    return out


def record(kind, id=0, name="", peer="", ttl_ms=None, value=EMPTY, detached=False,
           body=None, tail_size=0, **options):
    """The last `tail_size` bytes of the body travel as a tail."""
    if body is None:
        body = b"" if value is EMPTY else pack(value)
    split = len(body) - tail_size
    if tail_size:
        options["tail"] = 1
    return {"number": NUMBERS.get(kind, kind), "id": id, "name": name, "peer": peer,
            "ttl_ms": ttl_ms, "body": body[:split], "tail": body[split:],
            "detached": detached, "options": options}


def encode(records):
    packet = b"".join(header(r) + (b"" if r["detached"] else r["body"]) for r in records)
    frames = []
    for r in records:
        frames += [r["body"]] if r["detached"] else []
        frames += [r["tail"]] if r["tail"] else []
    return packet, frames


# --- describing ------------------------------------------------------------------------

def describe(value):
    """msgpack has more types than JSON: what JSON lacks is an object with one key."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else {"int": str(value)}
    if isinstance(value, float):
        return {"double": "nan" if math.isnan(value) else repr(value)}
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, list):
        return [describe(item) for item in value]
    if isinstance(value, Pairs):
        return {"map": [[describe(k), describe(v)] for k, v in value.pairs]}
    if isinstance(value, msgpack.Timestamp):
        return {"ext": [-1, value.to_bytes().hex()]}
    if isinstance(value, Ext):
        return {"ext": [value.code, value.data.hex()]}
    raise TypeError(type(value))


class Pairs:
    """A map as it was read: in order, any key."""

    def __init__(self, pairs):
        self.pairs = pairs


class Ext:
    """msgpack.ExtType refuses negative codes."""

    def __init__(self, code, data):
        self.code, self.data = code, data


def unpack(data):
    return msgpack.unpackb(data, raw=False, strict_map_key=False,
                           object_pairs_hook=lambda pairs: Pairs(list(pairs)),
                           ext_hook=Ext)


def meaning(r):
    """`body` is the whole of it, wherever its parts travel; `tail` says which part is."""
    body = r["body"] + r["tail"]
    out = {"type": NAMES.get(r["number"], "UNKNOWN"), "number": r["number"],
           "id": str(r["id"]), "name": r["name"], "peer": r["peer"],
           "ttl_ms": r["ttl_ms"], "size": None if r["detached"] else len(r["body"]),
           "options": r["options"], "body": body.hex()}
    if r["tail"]:
        out["tail"] = r["tail"].hex()
    if body:
        out["value"] = describe(unpack(body))
    return out


# --- the vectors -----------------------------------------------------------------------

vectors = []


def add(name, about, *records, packet=None, frames=None):
    """Canonical where the packet is not given by hand."""
    made, made_frames = encode(records)
    vectors.append({
        "name": name, "about": about, "canonical": packet is None,
        "hex": (made if packet is None else packet).hex(),
        "frames": [f.hex() for f in (made_frames if frames is None else frames)],
        "records": [meaning(r) for r in records]})


INCARNATION = bytes(range(0x10, 0x20))
EPOCH = bytes(range(0xe0, 0xf0))

HELLO_BODY = {
    "min": 1, "max": 1, "features": [], "incarnation": INCARNATION,
    "heartbeat_ms": 1000, "timeout_ms": 3000, "capacity": 256, "takeover": False,
    "language": "c", "version": "0.1.0",
    "functions": [["add", "(int, int) -> int"], ["render", ""]]}
WELCOME_BODY = {
    "protocol": 1, "features": [], "epoch": EPOCH, "heartbeat_ms": 1000,
    "timeout_ms": 3000, "clock_ms": 86400000,
    "limits": {"message": 67108864, "calls": 10000, "functions": 4096}}


def event(type, process, function="", signature="", reason=0):
    return {"type": type, "process": process, "function": function,
            "signature": signature, "reason": reason}


TOKEN = 0x9f3c61d20b7a5e84


def session():
    add("hello", "a node introduces itself and its two functions",
        record("HELLO", 0x1122334455667788, peer="gpu-1", value=HELLO_BODY))
    add("hello_minimal", "the least that a client must say",
        record("HELLO", 1, peer="probe",
               value={"min": 1, "max": 1, "incarnation": INCARNATION}))
    add("hello_unknown_keys", "keys from a later version are ignored",
        record("HELLO", 2, peer="probe",
               value={"min": 1, "max": 3, "incarnation": INCARNATION,
                      "colour": [1, {"x": None}], "features": ["streams", "zip"]}))
    add("welcome", "the controller accepts",
        record("WELCOME", 0x1122334455667788, peer="controller", value=WELCOME_BODY))
    add("hello_refused_name", "another process has this name",
        record("ERROR", 0x1122334455667788, peer="controller",
               value="gpu-1 is connected already", status=NAME_TAKEN, executed=NO))
    add("hello_refused_version", "no common version",
        record("ERROR", 2, peer="controller", value="this controller speaks 1 to 1",
               status=UNSUPPORTED, executed=NO))
    add("update_add", "one function more",
        record("UPDATE", value={"add": [["scale", "(float) -> image"]]}))
    add("update_add_more", "with a documentation, and two runs at once at most",
        record("UPDATE", value={"add": [["scale", "(float) -> image",
                                         "Scales an image.", 2]]}))
    add("update_remove", "one function less",
        record("UPDATE", value={"remove": ["render"]}))
    add("update_all", "all three keys; a wrong one would be answered to id 9",
        record("UPDATE", 9, value={"add": [["a", ""], ["b", "()"]], "remove": ["c"],
                                   "capacity": 8}))
    add("who", "the controller does not know the sender", record("WHO"))
    add("drain_node", "a node takes no more calls", record("DRAIN", 5))
    add("drain_controller", "the controller takes no more calls", record("DRAIN"))
    add("goodbye", "the session ends", record("GOODBYE"))
    add("goodbye_finished", "of a controller that has answered every call",
        record("GOODBYE", executed=0))
    add("session_error", "a complaint that belongs to no request",
        record("ERROR", 0, value="a record before HELLO", status=PROTOCOL, executed=NO))
    add("ping", "are you there", record("PING", 7))
    add("pong_controller", "with the controller's clock",
        record("PONG", 7, value={"clock_ms": 86400123}))
    add("pong_node", "without", record("PONG", 7))


def calls():
    add("call", "add (2, 3) by whoever offers it, within 30 s",
        record("CALL", 77, "add", ttl_ms=30000, value=[2, 3]))
    add("call_process", "by the process gpu-1 and no other",
        record("CALL", 78, "render", "gpu-1", 5000, ["scene.txt", 0.5, True, None]))
    add("call_no_arguments", "an empty argument list is an empty array",
        record("CALL", 79, "now", ttl_ms=1000, value=[]))
    add("call_named", "named arguments: a convention between clients, nothing to daffi",
        record("CALL", 93, "resize", ttl_ms=30000,
               value=["cat.png", {"$named": {"width": 640, "keep": True}}]))
    add("call_dispatched", "the same call as the provider gets it: a token, the caller",
        record("CALL", TOKEN, "add", "desk", 29998, [2, 3]))
    add("call_sent", "with the time at which it was sent",
        record("CALL", 80, "add", ttl_ms=250, value=[2, 3], sent_ms=86400200))
    add("call_forever", "without a deadline",
        record("CALL", 81, "watch", value=["/tmp"]))
    add("call_expired", "no time left: it must not run",
        record("CALL", 82, "add", ttl_ms=0, value=[2, 3]))
    add("call_detached", "the arguments travel in the next frame of the message",
        record("CALL", 83, "store", ttl_ms=30000, value=[bytes(range(256))],
               detached=True))
    add("call_longest_header", "names of 128 bytes, the largest numbers, all options",
        record("CALL", 2**64 - 1, "f" * 128, "p" * 128, 2**32 - 2, [1], status=255,
               executed=YES, sent_ms=2**32 - 1, all=2**32 - 1, part=1, policy=255,
               key="k" * 128, stream=1, items=2**32 - 1, bytes=2**32 - 1, priority=9,
               delay_ms=2**32 - 1))
    add("call_system", "a function of the controller",
        record("CALL", 84, "$sys.functions", ttl_ms=1000, value=[]))
    add("result", "the provider answers 5", record("RESULT", TOKEN, value=5))
    add("result_delivered", "the caller gets it, and who answered",
        record("RESULT", 77, peer="gpu-1", value=5))
    add("result_nil", "a function that returns nothing answers nil",
        record("RESULT", TOKEN, value=None))
    add("result_nested", "a result of many kinds",
        record("RESULT", 78, peer="gpu-1",
               value={"size": [640, 480], "ok": True, "pixels": b"\x00\xff\x80",
                      "scale": -0.25, "big": 2**63, "small": -2**63, "name": "über",
                      "when": msgpack.Timestamp(0x65000000)}))
    add("result_functions", "what $sys.functions answers",
        record("RESULT", 84, peer="controller",
               value=[["gpu-1", "add", "(int, int) -> int"], ["gpu-1", "render", ""]]))
    add("result_detached", "a large result in the next frame",
        record("RESULT", 83, peer="gpu-1", value=b"\xa5" * 300, detached=True))
    add("error_failed", "the function ran and failed",
        record("ERROR", TOKEN, "add", value="add wants two integers", status=FAILED,
               executed=YES))
    add("error_delivered", "the caller gets it, and from whom",
        record("ERROR", 77, "add", "gpu-1", value="add wants two integers",
               status=FAILED, executed=YES))
    add("error_no_function", "nobody offers it",
        record("ERROR", 79, "now", "controller", value=None, status=NO_FUNCTION,
               executed=NO))
    add("error_no_text", "an empty body says as much as nil",
        record("ERROR", 79, "now", status=NO_FUNCTION, executed=NO))
    add("error_process_lost", "the provider died; the call may have run",
        record("ERROR", 78, "render", "controller", value="gpu-1 is gone",
               status=PROCESS_LOST, executed=MAYBE))
    add("error_large_status", "a status above 127 takes two bytes",
        record("ERROR", 78, "render", status=200, executed=MAYBE))
    add("cast", "fire and forget",
        record("CAST", 0, "log", ttl_ms=10000, value=["started"]))
    add("cast_dispatched", "as the provider gets it",
        record("CAST", 0, "log", "desk", 9999, ["started"]))
    add("cancel", "the caller gives up", record("CANCEL", 77))
    add("cancel_dispatched", "the provider is told", record("CANCEL", TOKEN))
    add("cancel_begun", "the provider says that it runs",
        record("CANCEL", TOKEN, executed=2))


def when():
    add("call_priority", "a call that overtakes others",
        record("CALL", 97, "add", ttl_ms=30000, value=[2, 3], priority=9))
    add("call_delayed", "not before ten minutes have passed, and 30 s for it then",
        record("CALL", 98, "report", ttl_ms=630000, value=["daily"], sent_ms=86400200,
               delay_ms=600000))
    add("progress", "the provider has done 3 of 10",
        record("PROGRESS", TOKEN, value=[3, 10, "page 3"]))
    add("progress_delivered", "and the caller is told",
        record("PROGRESS", 77, peer="gpu-1", value=[3, 10, "page 3"]))
    add("progress_part", "of one process of a broadcast",
        record("PROGRESS", 86, peer="gpu-2", value=[1, 0, ""], part=1))


def tails():
    add("call_tail", "the bytes of a binary travel behind the packet",
        record("CALL", 85, "store", ttl_ms=30000, value=["a.bin", bytes(range(256))],
               tail_size=256))
    add("call_tail_detached", "both parts are frames",
        record("CALL", 85, "store", ttl_ms=30000, value=["a.bin", bytes(range(256))],
               detached=True, tail_size=256))
    add("result_tail", "a binary alone",
        record("RESULT", 85, peer="gpu-1", value=b"\x5a" * 300, tail_size=300))
    add("tail_in_a_number", "a value may be split at any byte",
        record("RESULT", 85, peer="gpu-1", value=[1, 70000, "text"], tail_size=7))
    add("tail_is_all", "the first part may be empty",
        record("RESULT", 85, peer="gpu-1", value=[1, 2], tail_size=3))
    add("several_tails", "frames in the order of their records",
        record("CALL", 1, "store", ttl_ms=1000, value=[b"\x01" * 300], detached=True,
               tail_size=100),
        record("CALL", 2, "add", ttl_ms=1000, value=[1, 2]),
        record("CALL", 3, "store", ttl_ms=1000, value=[b"\x03" * 300], tail_size=300))


def broadcasts():
    add("call_all", "by everybody who offers it",
        record("CALL", 86, "reload", ttl_ms=5000, value=[], all=0))
    add("call_first", "one success is enough",
        record("CALL", 87, "lookup", ttl_ms=5000, value=["key"], all=1))
    add("result_part", "what one process answered",
        record("RESULT", 86, peer="gpu-1", value=True, part=1))
    add("error_part", "one failed, and the others go on",
        record("ERROR", 86, "reload", "gpu-2", value="no such file", status=FAILED,
               executed=YES, part=1))
    add("error_part_lost", "one died",
        record("ERROR", 86, "reload", "gpu-3", value="the process is gone",
               status=PROCESS_LOST, executed=MAYBE, part=1))
    add("error_part_timeout", "one has not answered in time",
        record("ERROR", 86, "reload", "gpu-4", value="no answer before the deadline",
               status=TIMEOUT, executed=MAYBE, part=1))
    add("error_part_cancelled", "another one was first",
        record("ERROR", 87, "lookup", "gpu-2", value=None, status=CANCELLED,
               executed=MAYBE, part=1))
    add("broadcast_end", "all have answered", record("END", 86))
    add("call_all_group", "by those of the group render: render.1, render.gpu.2, render",
        record("CALL", 95, "reload", "render", 5000, [], all=0))
    add("call_all_named", "by two processes and no others",
        record("CALL", 96, "reload", ttl_ms=5000, value=[["gpu-1", "gpu-7"], ["fast"]],
               all=0, part=1))
    add("error_part_missing", "one of them is not there",
        record("ERROR", 96, peer="gpu-7", value="no process 'gpu-7' is connected",
               status=NO_PROCESS, executed=NO, part=1))
    add("broadcast_refused", "an error that is no part ends the whole",
        record("ERROR", 88, "nothing", "controller", value="no process offers it",
               status=NO_FUNCTION, executed=NO))
    add("broadcast_answers", "the whole story of a broadcast",
        record("RESULT", 86, peer="gpu-1", value=True, part=1),
        record("ERROR", 86, "reload", "gpu-2", value="no such file", status=FAILED,
               executed=YES, part=1),
        record("END", 86))


def policies():
    for name, about, policy in (("round_robin", "by whoever is next", ROUND_ROBIN),
                                ("random", "by anybody", RANDOM),
                                ("local_first", "by the caller's own process if it can",
                                 LOCAL_FIRST)):
        add("call_" + name, about,
            record("CALL", 89, "add", ttl_ms=30000, value=[2, 3], policy=policy))
    add("call_keyed", "always by the same process for this key",
        record("CALL", 89, "account", ttl_ms=30000, value=["deposit", 5], policy=KEY,
               key="customer-17"))
    add("call_policy_unknown", "a policy of a later version counts as 0",
        record("CALL", 89, "add", ttl_ms=30000, value=[2, 3], policy=200))


def streams():
    add("call_stream", "items may go with it: the caller reads 64, or 1 MiB, at once",
        record("CALL", 92, "tally", ttl_ms=60000, value=["words"], stream=1, items=64,
               bytes=1048576))
    add("call_stream_dispatched", "as the provider gets it",
        record("CALL", TOKEN, "tally", "desk", 59998, ["words"], stream=1, items=64,
               bytes=1048576))
    add("chunk", "the caller sends an item", record("CHUNK", 92, value="ox"))
    add("chunk_dispatched", "the provider gets it", record("CHUNK", TOKEN, value="ox"))
    add("chunk_nil", "nil is an item", record("CHUNK", 92, value=None))
    add("chunk_detached", "a large item",
        record("CHUNK", 92, value=b"\x11" * 300, detached=True))
    add("chunk_tail", "or one with a tail",
        record("CHUNK", 92, value=b"\x12" * 300, tail_size=300))
    add("credit", "the provider begins to read",
        record("CREDIT", TOKEN, items=64, bytes=1048576))
    add("credit_delivered", "the caller may send",
        record("CREDIT", 92, items=64, bytes=1048576))
    add("credit_more", "32 items were read, of 96 bytes together",
        record("CREDIT", 92, items=32, bytes=96))
    add("end", "the caller has no more items", record("END", 92))
    add("end_dispatched", "the provider is told", record("END", TOKEN))
    add("stream_in_one_packet", "items, and that there are no more",
        record("CHUNK", 92, value="ox"), record("CHUNK", 92, value="cart"),
        record("END", 92))


def presence():
    add("wait_function", "tell me when somebody offers it",
        record("WAIT", 90, "render", ttl_ms=60000))
    add("wait_process", "tell me when it is there",
        record("WAIT", 91, peer="gpu-1", ttl_ms=60000))
    add("wait_group", "tell me when somebody offers any function of the group",
        record("WAIT", 92, "math", ttl_ms=60000, all=0))
    add("wait_result", "it is there: gpu-1",
        record("RESULT", 90, peer="controller", value="gpu-1"))
    add("wait_timeout", "it did not come",
        record("ERROR", 91, peer="controller", value=None, status=TIMEOUT, executed=NO))
    add("subscribe", "tell me who comes and goes", record("SUBSCRIBE", 100))
    add("subscribe_end", "that is enough", record("SUBSCRIBE"))
    add("event_joined", "a process came",
        record("EVENT", 100, value=event(1, "gpu-1")))
    add("event_left", "a process died: reason 2, lost",
        record("EVENT", 100, value=event(2, "gpu-1", reason=2)))
    add("event_function_added", "a function came",
        record("EVENT", 100, value=event(3, "gpu-1", "add", "(int, int) -> int")))
    add("event_function_removed", "a function went",
        record("EVENT", 100, value=event(4, "gpu-1", "add")))
    add("event_lost", "events were dropped: the present state follows",
        record("EVENT", 100, value=event(5, "")))
    add("event_sparse", "keys that say nothing may be left out",
        record("EVENT", 100, value={"type": 1, "process": "gpu-1"}))
    add("subscribe_snapshot", "the present state, and its end",
        record("EVENT", 100, value=event(1, "gpu-1")),
        record("EVENT", 100, value=event(3, "gpu-1", "render")),
        record("RESULT", 100, value=None))


def tasks():
    add("schedule_interval", "every 84 s, with the arguments of each run",
        record("SCHEDULE", 95, "rotate", ttl_ms=30000,
               value={"args": ["access.log"], "interval": "1m24s"}))
    add("schedule_cron", "every night at 3:30 in Berlin, by everybody",
        record("SCHEDULE", 96, "backup", ttl_ms=30000, all=0,
               value={"cron": "30 3 * * *", "zone": "Europe/Berlin", "missed": "skip",
                      "uuid": "6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60"}))
    add("schedule_at", "twice, by one process",
        record("SCHEDULE", 97, "open", "gate-1", ttl_ms=30000,
               value={"at_ms": [1893456000000, 1893459600000], "args": [True]}))
    add("schedule_result", "it is on disk",
        record("RESULT", 96, peer="controller",
               value="6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60"))
    add("schedule_invalid", "what a mistake looks like",
        record("ERROR", 95, "rotate", "controller", status=INVALID, executed=NO,
               value="interval \"1x\": at column 2: x is no unit"))
    add("subscribe_tasks", "tell me how my tasks go",
        record("SUBSCRIBE", 101, "$sys.tasks"))
    add("event_task_failed", "a run failed",
        record("EVENT", 101, value={
            "type": 6, "uuid": "6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60",
            "function": "backup", "owner": "desk", "due_ms": 1893456000000,
            "process": "disk-1", "status": FAILED, "executed": YES,
            "text": "no space left"}))
    add("event_task_ended", "it was cancelled",
        record("EVENT", 101, value={
            "type": 7, "uuid": "6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60",
            "function": "backup", "owner": "desk", "due_ms": 0, "process": "",
            "status": CANCELLED, "executed": NO, "text": ""}))


def looking():
    add("cancel_other", "an operator ends a call of the process desk",
        record("CALL", 3, "$sys.cancel", ttl_ms=5000, value=["desk", 77]))
    add("monitor_item", "a call has ended well, after 12 ms",
        record("CHUNK", 4, value={
            "event": "ended", "caller": "desk", "id": 77, "function": "add",
            "process": "gpu-1", "status": 0, "time_ms": 12, "missed": 0}))


def payloads():
    digest = bytes(range(32))
    manifest = pack({"daffi": 1, "hash": digest, "size": 5, "name": "resize",
                     "version": "1", "arch": "x86_64", "abi": 1, "expires": 0,
                     "processes": "", "functions": [["halve", "(int) -> int"]]})
    add("payload_call", "halve (42) of a payload that was shipped to gpu-1 before",
        record("CALL", 90, "$node.payload.call", "gpu-1", 30000, [digest, "halve", [42]]))
    add("payload_missing", "gpu-1 does not have it, and nothing ran",
        record("ERROR", 90, peer="gpu-1", status=28, executed=NO,
               value="the process does not have the payload"))
    add("payload_offer", "so its manifest is offered, with key and signature",
        record("CALL", 91, "$node.payload.offer", "gpu-1", 60000,
               [manifest, bytes(32), bytes(64)]))
    add("payload_offer_whole", "unsigned, and small enough to go with the offer",
        record("CALL", 91, "$node.payload.offer", "gpu-1", 60000,
               [manifest, None, None, b"\x7fELF."]))
    add("payload_needed", "gpu-1 wants its bytes, in pieces of 256 KiB, four at a time",
        record("RESULT", 91, peer="gpu-1",
               value={"have": False, "chunk": 262144, "window": 4}))
    add("payload_put", "a piece from offset 0",
        record("CALL", 92, "$node.payload.put", "gpu-1", 60000, [digest, 0, b"\x7fELF."]))
    add("payload_have", "is it there?",
        record("CALL", 94, "$node.payload.have", "gpu-1", 30000, [digest]))
    add("payload_publish", "halve becomes an ordinary function, called half",
        record("CALL", 95, "$node.payload.publish", "gpu-1", 30000,
               [digest, "halve", "half"]))
    add("payload_withdraw", "and is one no longer",
        record("CALL", 96, "$node.payload.withdraw", "gpu-1", 30000, ["half"]))
    add("payload_list", "what gpu-1 holds",
        record("CALL", 97, "$node.payload.list", "gpu-1", 30000, []))
    add("payload_listed", "one payload",
        record("RESULT", 97, peer="gpu-1", value=[{
            "hash": digest.hex(), "name": "resize", "version": "1", "signer": "",
            "size": 5, "calls": 1, "running": 0, "crashes": 0, "place": "loaded",
            "published": ["half"]}]))
    add("payload_unload", "gpu-1 forgets it",
        record("CALL", 98, "$node.payload.unload", "gpu-1", 30000, [digest]))


def liberal():
    """What a reader must accept although our writer never makes it."""
    call = record("CALL", 77, "add", ttl_ms=30000, value=[2, 3])
    body = call["body"]
    add("compact", "every number as short as it goes", call,
        packet=pack([4, 77, "add", None, 30000, len(body)]) + body)
    add("compact_tiny", "one byte a field",
        record("CALL", 1, "f", "p", 5, value=[]),
        packet=bytes.fromhex("960401a166a1700501") + b"\x90")
    add("wide", "every field in its widest form",
        record("CALL", 77, "add", "gpu-1", 30000, [2, 3], sent_ms=5),
        packet=b"\xdd\0\0\0\x07" + b"\xcf" + struct.pack(">Q", 4) +
        b"\xcf" + struct.pack(">Q", 77) + b"\xdb\0\0\0\x03add" + b"\xda\0\x05gpu-1" +
        b"\xcf" + struct.pack(">Q", 30000) + b"\xcf" + struct.pack(">Q", len(body)) +
        b"\xdf\0\0\0\x01" + b"\xcf" + struct.pack(">Q", 3) + b"\xcf" +
        struct.pack(">Q", 5) + body)
    add("signed_formats", "msgpack's signed formats, as some encoders write them", call,
        packet=b"\x96\xd0\x04" + b"\xd3" + struct.pack(">q", 77) + b"\xa3add\xc0" +
        b"\xd2" + struct.pack(">i", 30000) + b"\xd1" + struct.pack(">h", len(body)) +
        body)
    add("empty_names", "an empty string says the same as nil", record("PING", 7),
        packet=pack([16, 7, "", "", None, 0]))
    add("str8_names", "short names in the long form", call,
        packet=b"\x96\x04\x4d\xd9\x03add\xd9\x00\xcd\x75\x30\x03" + body)
    add("options_nil", "nil for the options says: none", call,
        packet=pack([4, 77, "add", None, 30000, len(body), None]) + body)
    add("options_empty", "and so does an empty map", call,
        packet=pack([4, 77, "add", None, 30000, len(body), {}]) + body)
    add("options_unknown", "unknown options of any kind are skipped",
        record("CALL", 77, "add", ttl_ms=30000, value=[2, 3], sent_ms=9),
        packet=pack([4, 77, "add", None, 30000, len(body),
                     {200: [1, {"a": [None]}], "text": b"\0\1", -5: 1.5, 3: 9,
                      2**40: msgpack.ExtType(5, b"x"), None: True}]) + body)
    add("options_twice", "the last of two equal keys counts",
        record("CALL", 77, "add", ttl_ms=30000, value=[2, 3], sent_ms=2),
        packet=pack([4, 77, "add", None, 30000, len(body)])[:-1].replace(
            b"\x96", b"\x97", 1) + bytes([len(body)]) + b"\x82\x03\x01\x03\x02" + body)
    add("further_elements", "elements behind the options are skipped",
        record("ERROR", 77, value=None, status=FAILED, executed=YES),
        packet=pack([6, 77, None, None, None, 1, {1: FAILED, 2: YES}, "later",
                     [[1, 2], {"x": 3}], 3.5]) + b"\xc0")
    add("further_elements_many", "more elements than a fixarray holds", record("PING", 7),
        packet=pack([16, 7, None, None, None, 0, None] + [0] * 20))
    add("unknown_type", "a record from a later version: the receiver answers, and goes on",
        record(99, 5, value=[1]), record("PING", 6))
    add("options_zero", "0 says that tail, part and stream are not there",
        record("CALL", 77, "add", ttl_ms=30000, value=[2, 3]),
        packet=pack([4, 77, "add", None, 30000, len(body), {4: 0, 6: 0, 9: 0}]) + body)
    add("options_wide", "options in wide formats, in any order",
        record("CALL", 77, "add", ttl_ms=30000, value=[2, 3], all=1, policy=3, key="k",
               stream=1, items=2, bytes=3),
        packet=b"\x97\x04\x4d\xa3add\xc0\xcd\x75\x30\x03\x86" +
        b"\x0b\xd3" + struct.pack(">q", 3) + b"\xcc\x0a\xcd\0\2" + b"\x09\xd0\1" +
        b"\xcf" + struct.pack(">Q", 8) + b"\xd9\1k" + b"\x07\xcc\3" +
        b"\x05\xce\0\0\0\1" + body)
    add("wrong_direction", "a record that nodes send, to a node",
        record("SCHEDULE", 5, value=None))
    add("wrong_direction_answer", "what comes back for one in the wrong direction",
        record("ERROR", 5, peer="controller",
               value="this controller takes no record of type 20 (WHO)",
               status=PROTOCOL, executed=NO))
    odd = record("RESULT", 77, body=bytes.fromhex("dd00000002d30000000000000005d90161"))
    add("other_body_encoding", "a body need not be in its shortest form", odd,
        packet=header(odd) + odd["body"])


def packets():
    add("nothing", "an empty packet holds no record")
    add("several", "three calls, a cancel and a ping in one packet",
        record("CALL", 1, "add", ttl_ms=1000, value=[1, 2]),
        record("CALL", 2, "add", ttl_ms=1000, value=[3, 4]),
        record("CALL", 3, "upper", "gpu-1", 1000, ["text"]),
        record("CANCEL", 1), record("PING", 4))
    add("several_detached", "two large bodies in one message: frames in the order of "
        "their records",
        record("CALL", 1, "store", ttl_ms=1000, value=[b"\x01" * 300], detached=True),
        record("CALL", 2, "add", ttl_ms=1000, value=[1, 2]),
        record("CALL", 3, "store", ttl_ms=1000, value=[b"\x03" * 300], detached=True))
    ping = record("PING", 7)
    add("further_frames", "frames that no record asks for are ignored", ping,
        packet=header(ping), frames=[b"\x01", b""])
    add("size_classes", "bodies at the borders of the size's encodings",
        *[record("RESULT", n, value=b"z" * (n - (2 if n < 258 else 3)))
          for n in (127, 128, 255, 256, 257, 259)])


# --- what must be rejected -------------------------------------------------------------

invalid = []


def reject(name, reason, data, stage="packet", before=0):
    invalid.append({"name": name, "stage": stage, "reason": reason,
                    "records_before": before, "hex": data.hex()})


def reject_packets():
    reject("one_byte", "a header of six elements that end at once", b"\x96")
    reject("not_array", "a map is no header", pack({4: 1}))
    reject("text", "text is no header", b"hello")
    reject("http", "somebody took the port for a web server", b"GET / HTTP/1.1\r\n\r\n")
    reject("nil", "nil is no header", b"\xc0")
    reject("reserved_byte", "0xc1 is no msgpack", b"\xc1")
    reject("too_few", "five elements", pack([16, 7, None, None, None]))
    reject("empty_array", "no element", b"\x90")
    reject("huge_array", "four billion elements announced in five bytes",
           b"\xdd\xff\xff\xff\xff")
    for name, reason, elements in (
            ("type_128", "the type is 0 to 127", [128, 7, None, None, None, 0]),
            ("type_negative", "the type is 0 to 127", [-1, 7, None, None, None, 0]),
            ("type_text", "the type is a number", ["PING", 7, None, None, None, 0]),
            ("type_nil", "the type is a number", [None, 7, None, None, None, 0]),
            ("id_negative", "the id is not negative", [16, -7, None, None, None, 0]),
            ("id_text", "the id is a number", [16, "7", None, None, None, 0]),
            ("id_nil", "the id is a number", [16, None, None, None, None, 0]),
            ("id_double", "a double is no integer", [16, 7.0, None, None, None, 0]),
            ("name_number", "the name is text", [4, 7, 5, None, None, 0]),
            ("name_binary", "the name is text", [4, 7, b"add", None, None, 0]),
            ("name_129", "at most 128 bytes", [4, 7, "f" * 129, None, None, 0]),
            ("peer_129", "at most 128 bytes", [4, 7, "f", "p" * 129, None, 0]),
            ("peer_array", "the peer is text", [4, 7, "f", ["p"], None, 0]),
            ("ttl_negative", "the ttl is not negative", [4, 7, "f", None, -1, 0]),
            ("ttl_max", "2^32 - 1 is no ttl", [4, 7, "f", None, 2**32 - 1, 0]),
            ("ttl_64", "the ttl has 32 bits", [4, 7, "f", None, 2**32, 0]),
            ("ttl_double", "the ttl is an integer", [4, 7, "f", None, 0.5, 0]),
            ("ttl_bool", "the ttl is a number or nil", [4, 7, "f", None, False, 0]),
            ("size_negative", "the size is not negative", [4, 7, "f", None, 1, -1]),
            ("size_64", "the size has 32 bits", [4, 7, "f", None, 1, 2**32]),
            ("size_text", "the size is a number or nil", [4, 7, "f", None, 1, "0"]),
            ("options_array", "the options are a map", [6, 7, None, None, None, 0, [1, 8]]),
            ("status_text", "a known option has its type",
             [6, 7, None, None, None, 0, {1: "FAILED"}]),
            ("status_256", "a status is at most 255",
             [6, 7, None, None, None, 0, {1: 256}]),
            ("status_negative", "a status is not negative",
             [6, 7, None, None, None, 0, {1: -1}]),
            ("executed_3", "executed is 0, 1 or 2", [6, 7, None, None, None, 0, {2: 3}]),
            ("executed_bool", "executed is a number",
             [6, 7, None, None, None, 0, {2: True}]),
            ("sent_64", "sent_ms has 32 bits",
             [4, 7, "f", None, 1, 0, {3: 2**32}]),
            ("tail_2", "a tail is there, or not", [4, 7, "f", None, 1, 0, {4: 2}]),
            ("tail_bool", "tail is a number", [4, 7, "f", None, 1, 0, {4: True}]),
            ("all_64", "all has 32 bits", [4, 7, "f", None, 1, 0, {5: 2**32}]),
            ("all_nil", "all is a number", [4, 7, "f", None, 1, 0, {5: None}]),
            ("part_2", "part is 1", [5, 7, None, "p", None, 0, {6: 2}]),
            ("part_text", "part is a number", [5, 7, None, "p", None, 0, {6: "1"}]),
            ("policy_256", "a policy is at most 255", [4, 7, "f", None, 1, 0, {7: 256}]),
            ("policy_text", "a policy is a number",
             [4, 7, "f", None, 1, 0, {7: "random"}]),
            ("key_129", "at most 128 bytes",
             [4, 7, "f", None, 1, 0, {7: 3, 8: "k" * 129}]),
            ("key_number", "a key is text", [4, 7, "f", None, 1, 0, {7: 3, 8: 17}]),
            ("key_binary", "a key is text", [4, 7, "f", None, 1, 0, {7: 3, 8: b"17"}]),
            ("stream_2", "stream is 1", [4, 7, "f", None, 1, 0, {9: 2}]),
            ("stream_array", "stream is a number", [4, 7, "f", None, 1, 0, {9: [1]}]),
            ("items_64", "items has 32 bits", [9, 7, None, None, None, 0, {10: 2**32}]),
            ("items_negative", "credit is not negative",
             [9, 7, None, None, None, 0, {10: -1}]),
            ("bytes_64", "bytes has 32 bits", [9, 7, None, None, None, 0, {11: 2**32}]),
            ("bytes_double", "bytes is an integer",
             [9, 7, None, None, None, 0, {11: 1.0}]),
            ("header_too_long", "a header is at most 1024 bytes",
             [4, 7, "f", None, 1, 0, {100: b"x" * 1024}])):
        reject(name, reason, pack(elements))
    reject("size_beyond", "a body of 3 bytes, 2 are there",
           pack([4, 7, "f", None, 1, 3]) + b"\x92\x01")
    reject("size_huge", "four billion bytes announced",
           pack([4, 7, "f", None, 1, 2**32 - 1]) + b"\x90")
    reject("option_cut", "the options end before their last value",
           b"\x97\x06\x07\xc0\xc0\xc0\x00\x82\x01\x08")
    reject("option_reserved_byte", "0xc1 as the value of an unknown option",
           b"\x97\x06\x07\xc0\xc0\xc0\x00\x81\x64\xc1")
    reject("options_huge", "four billion options announced",
           b"\x97\x06\x07\xc0\xc0\xc0\x00\xdf\xff\xff\xff\xff")
    reject("element_cut", "a further element that is cut off",
           b"\x98\x10\x07\xc0\xc0\xc0\x00\xc0\xa5abc")
    reject("element_missing", "eight elements announced, seven there",
           b"\x98\x10\x07\xc0\xc0\xc0\x00\xc0")
    good = header(record("PING", 1))
    reject("second_broken", "the first record counts, the rest is dropped",
           good + b"\xff" + good, before=1)
    reject("third_cut", "two records count", good + good + good[:-1], before=2)
    reject("padding", "zero bytes behind the last record", good + b"\0", before=1)


def reject_bodies():
    for name, reason, data in (
            ("body_empty", "no value at all", b""),
            ("body_reserved_byte", "0xc1 is no msgpack", b"\xc1"),
            ("body_two_values", "one value a body", b"\x01\x02"),
            ("body_trailing", "bytes behind the value", b"\x91\x01\x00"),
            ("body_array_huge", "four billion items in five bytes", b"\xdd\xff\xff\xff\xff"),
            ("body_map_huge", "two billion pairs in five bytes", b"\xdf\x7f\xff\xff\xff"),
            ("body_array_one_short", "three items announced, two there", b"\x93\x01\x02"),
            ("body_map_no_value", "a key without a value", b"\x81\xa1k"),
            ("body_string_cut", "five bytes announced, four there", b"\xa5text"),
            ("body_string_huge", "four billion bytes announced", b"\xdb\xff\xff\xff\xffx"),
            ("body_binary_cut", "the length itself is cut off", b"\xc5\x01"),
            ("body_ext_no_type", "an ext without its type", b"\xc7\x00"),
            ("body_fixext_cut", "16 bytes announced, 15 there", b"\xd8\x01" + b"x" * 15),
            ("body_double_cut", "seven bytes of a double", b"\xcb" + b"\0" * 7),
            ("body_deep_17", "17 arrays inside each other", b"\x91" * 16 + b"\x90"),
            ("body_deep_maps", "17 maps inside each other", b"\x81\x00" * 17 + b"\xc0"),
            ("body_deep_inside", "0xc1 at the bottom", b"\x91" * 15 + b"\xc1")):
        reject(name, reason, data, "body")


# --- values ----------------------------------------------------------------------------

values = []


def value(name, data, canonical=True):
    values.append({"name": name, "canonical": canonical, "hex": data.hex(),
                   "value": describe(unpack(data))})


def all_values():
    for number in (0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53,
                   2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -1, -32, -33, -128, -129,
                   -32768, -32769, -2**31, -2**31 - 1, -2**63):
        value("int_%d" % number, pack(number))
    for name, data in (("int8", "d005"), ("int8_negative", "d0ff"), ("int16", "d10005"),
                       ("int16_negative", "d1fffe"), ("int32", "d200000005"),
                       ("int32_negative", "d2fffffffe"), ("int64", "d30000000000000005"),
                       ("uint8", "cc05"), ("uint16", "cd0005"), ("uint32", "ce00000005"),
                       ("uint64", "cf0000000000000005")):
        value("wide_" + name, bytes.fromhex(data), canonical=False)
    for number in (0.0, -0.0, 0.5, 1.0, -1.5, 0.1, 1e300, 5e-324, math.inf, -math.inf,
                   math.nan):
        value("double_%r" % number, pack(number))
    value("float32", bytes.fromhex("ca3f000000"), canonical=False)
    value("nil", b"\xc0")
    value("false", b"\xc2")
    value("true", b"\xc3")
    for size in (0, 1, 31, 32, 255, 256):
        value("string_%d" % size, pack("s" * size))
        value("binary_%d" % size, pack(b"b" * size))
    for size in (0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 255, 256):
        value("ext_%d" % size, pack(msgpack.ExtType(size % 128, b"e" * size)))
    value("ext_timestamp", pack(msgpack.Timestamp(5)))
    value("ext_timestamp_64", pack(msgpack.Timestamp(5, 6)))
    value("ext_lowest_type", b"\xd4\x80x")
    value("string_utf8", pack("gr\u00fc\u00df \u4e16\u754c \U0001f600"))
    value("string_controls", pack("a\"b\\c\nd\te\x00f\x7f"))
    value("string_str8", b"\xd9\x03abc", canonical=False)
    for count in (0, 1, 15, 16, 300):
        value("array_%d" % count, pack([7] * count))
    for count in (0, 1, 15, 16, 300):
        value("map_%d" % count, pack({n: None for n in range(count)}))
    value("map_mixed_keys", pack({"a": 1, 2: "b", None: [], True: {}, b"k": 1.5}))
    value("map_same_key_twice", b"\x82\xa1a\x01\xa1a\x02")
    value("array16_short", b"\xdc\0\1\xc0", canonical=False)
    value("map32_short", b"\xdf\0\0\0\1\x01\x02", canonical=False)
    value("nested", pack([1, [2, [3, {"k": [4, {"l": {}}]}]], "end"]))
    value("deep_16", b"\x91" * 15 + b"\x90")
    value("deep_16_maps", b"\x81\xa1k" * 16 + b"\xc0")


# --- files -----------------------------------------------------------------------------

def save(name, entries):
    with open(os.path.join(HERE, name), "w") as file:
        file.write("[\n")
        file.write(",\n".join(json.dumps(e) for e in entries))
        file.write("\n]\n")


def seed(folder, name, data):
    if len(data) <= 4096:
        os.makedirs(os.path.join(CORPUS, folder), exist_ok=True)
        with open(os.path.join(CORPUS, folder, name), "wb") as file:
            file.write(data)


def main():
    for part in (session, calls, when, tails, broadcasts, policies, streams, presence, tasks,
                 looking, payloads, liberal, packets, reject_packets, reject_bodies, all_values):
        part()
    save("records.json", vectors)
    save("invalid.json", invalid)
    save("values.json", values)
    for entry in vectors:
        seed("record", entry["name"], bytes.fromhex(entry["hex"]))
        for r in entry["records"]:
            if r["body"]:
                seed("value", "body_" + entry["name"], bytes.fromhex(r["body"]))
                if r["type"] in ("HELLO", "WELCOME", "UPDATE", "EVENT", "PONG", "PROGRESS"):
                    seed("bodies", entry["name"], bytes.fromhex(r["body"]))
    for entry in invalid:
        folder = "record" if entry["stage"] == "packet" else "value"
        seed(folder, "invalid_" + entry["name"], bytes.fromhex(entry["hex"]))
    for entry in values:
        seed("value", entry["name"], bytes.fromhex(entry["hex"]))


main()
