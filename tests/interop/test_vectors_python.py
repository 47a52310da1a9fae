# SPDX-License-Identifier: MPL-2.0
"""The golden vectors against the Python client: the bytes of every message mean what
tests/vectors says, and what must be rejected is rejected."""

import json
import math
import os
import struct

import msgpack
from daffi import protocol, values, wire
from proofs import SOURCE, main, proves, same


def load(name):
    with open(os.path.join(SOURCE, "tests", "vectors", name + ".json"),
              encoding="utf-8") as file:
        return json.load(file)


def meaning(value):
    """A decoded value in the notation of the vectors, so that the two can be compared."""
    if isinstance(value, float):
        return {"double": struct.pack(">d", value).hex()}
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, msgpack.Timestamp):
        return {"ext": [-1, value.to_bytes().hex()]}
    if isinstance(value, (msgpack.ExtType, values.ReservedExt)):
        return {"ext": [value.code, value.data.hex()]}
    if isinstance(value, dict):
        return {"map": [[meaning(k), meaning(v)] for k, v in value.items()]}
    if isinstance(value, values.Pairs):
        return {"map": [[meaning(k), meaning(v)] for k, v in value]}
    if isinstance(value, list):
        return [meaning(each) for each in value]
    return value


def expected(value):
    """The same of what the vectors say."""
    if isinstance(value, float):
        return {"double": struct.pack(">d", value).hex()}
    if isinstance(value, list):
        return [expected(each) for each in value]
    if isinstance(value, dict):
        if "int" in value:
            return int(value["int"])
        if "map" in value:
            pairs = [[expected(k), expected(v)] for k, v in value["map"]]
            #  of two equal keys Python keeps the last one
            return {"map": [pair for at, pair in enumerate(pairs)
                            if all(pair[0] != later[0] for later in pairs[at + 1:])]}
        if "double" in value or "float" in value:
            return {"double": struct.pack(">d", number(value)).hex()}
    return value


def number(value):
    value = value.get("double", value.get("float"))
    if isinstance(value, (int, float)):
        return float(value)
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.get(
        value) if value in ("nan", "inf", "-inf") else float(value)


def header(record):
    options = {wire.Option(key).name.lower(): each for key, each in record.options.items()}
    return [record.type, str(record.id), record.name, record.peer, record.ttl_ms, options]


@proves("every record of the vectors reads as what it means")
def _():
    for vector in load("records"):
        frames = [bytes.fromhex(each) for each in (vector["hex"], *vector["frames"])]
        records = list(wire.read_message(frames))
        same(len(records), len(vector["records"]))
        for record, want in zip(records, vector["records"]):
            options = {key: each for key, each in want["options"].items() if key != "tail"}
            same(header(record), [want["number"], want["id"], want["name"], want["peer"],
                                  want["ttl_ms"], options])
            same(record.body.hex(), want["body"])
            if "value" in want:
                same(meaning(values.unpack(record.body)), expected(want["value"]))


@proves("every command and option of the specification has a vector")
def _():
    records = [each for vector in load("records") for each in vector["records"]]
    same({each.value for each in protocol.Type} - {each["number"] for each in records}, set())
    same({each.name.lower() for each in protocol.Option} -
         {name for each in records for name in each["options"]}, set())


@proves("every canonical record without a tail is written with the same bytes")
def _():
    written = 0
    for vector in load("records"):
        tails = any("tail" in each["options"] for each in vector["records"])
        if not vector["canonical"] or tails:
            continue
        frames = [bytes.fromhex(each) for each in (vector["hex"], *vector["frames"])]
        same([each.hex() for each in wire.write_message(wire.read_message(frames))],
             [each.hex() for each in frames])
        written += 1
    assert written > 50, written


@proves("every value of the vectors reads as what it means, and is written as it was")
def _():
    for vector in load("values"):
        data = bytes.fromhex(vector["hex"])
        value = values.unpack(data)
        same((vector["name"], meaning(value)), (vector["name"], expected(vector["value"])))
        lossy = vector["name"] == "map_same_key_twice" or \
            isinstance(value, (values.Pairs, values.ReservedExt))
        if vector["canonical"] and not lossy:
            same(values.pack(value).hex(), vector["hex"])


@proves("every invalid packet is rejected behind the records that were good")
def _():
    for vector in load("invalid"):
        if vector["stage"] != "packet":
            continue
        frames = [bytes.fromhex(each) for each in (vector["hex"], *vector.get("frames", []))]
        before = 0
        try:
            for _record in wire.read_message(frames):
                before += 1
        except wire.Malformed:
            same((vector["name"], before), (vector["name"], vector["records_before"]))
        else:
            raise AssertionError(f"{vector['name']} was taken: {vector['reason']}")


@proves("every invalid body is rejected")
def _():
    for vector in load("invalid"):
        if vector["stage"] == "body" and vector["name"] != "body_empty":
            try:
                value = values.unpack(bytes.fromhex(vector["hex"]))
            except ValueError:
                continue
            raise AssertionError(f"{vector['name']} was taken as {value!r}")


@proves("the numbers of the client are those of the specification")
def _():
    text = open(os.path.join(SOURCE, "node", "wire", "PROTOCOL.md"), encoding="utf-8").read()
    for status in protocol.Status:
        assert f"| {status.value} | {status.name} |" in text, status
    for command in protocol.Type:
        assert f"| {command.value} | [{command.name}](#" in text, command
    for option in protocol.Option:
        assert f"| {option.value} | `{option.name.lower()}` |" in text, option


main()
