// SPDX-License-Identifier: MPL-2.0
// vectors.mjs FOLDER: the golden vectors against the Node.js client, a line a sentence.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Option } from './lib/protocol.mjs';
import { pack, unpack } from './lib/values.mjs';
import { Malformed, readMessage, writeMessage } from './lib/wire.mjs';

const load = (name) => JSON.parse(readFileSync(`${process.argv[2]}/${name}.json`, 'utf8'));
const bytes = (hex) => Buffer.from(hex, 'hex');
const hex = (data) => Buffer.from(data).toString('hex');
const optionNames = Object.fromEntries(Object.entries(Option).map(([name, key]) => [key, name.toLowerCase()]));

// A decoded value in the notation of the vectors. JavaScript has one kind of number, so a
// double that is whole cannot be told from an integer.
function meaning (value) {
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number') return { number: Object.is(value, -0) ? 0 : value };
  if (value instanceof Uint8Array) return { bin: hex(value) };
  if (Array.isArray(value)) return value.map(meaning);
  if (value instanceof Date || value?.constructor?.name === 'ExtData') return { ext: true };
  if (value && typeof value === 'object') {
    return { map: Object.entries(value).map(([key, each]) => [key, meaning(each)]) };
  }
  return value;
}

function expected (value) {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return { int: String(BigInt(value)) };
  if (typeof value === 'number') return { number: value };
  if (Array.isArray(value)) return value.map(expected);
  if (!value || typeof value !== 'object') return value;
  if ('int' in value) return { int: value.int };
  if ('double' in value) {
    const number = Number(value.double.replace('inf', 'Infinity').replace('nan', 'NaN'));
    return { number: Object.is(number, -0) ? 0 : number };
  }
  if ('ext' in value) return { ext: true };
  if ('map' in value) {
    //  of two equal keys JavaScript keeps the last value, whole numbers come first
    const pairs = Object.fromEntries(value.map.map(([key, each]) => [keyText(key), each]));
    return { map: Object.entries(pairs).map(([key, each]) => [key, expected(each)]) };
  }
  return value;
}

const plainKey = (key) => typeof key === 'string' || typeof key === 'number';
const keyText = (key) => plainKey(key) ? String(key) : 'odd';
const hasOddKeys = (value) => Array.isArray(value) ? value.some(hasOddKeys)
  : Boolean(value?.map) && value.map.some(([key, each]) => !plainKey(key) || hasOddKeys(each));

// BigInts at the edge of what a number holds compare as numbers.
const canonical = (value) => JSON.stringify(value, (_, each) =>
  typeof each === 'number' && !Number.isFinite(each) ? String(each) : each);
const sameValue = (name, actual, wanted) => assert.equal(canonical(actual), canonical(wanted), name);

const proofs = {
  'every record of the vectors reads as what it means' () {
    for (const vector of load('records')) {
      const records = [...readMessage([vector.hex, ...vector.frames].map(bytes))];
      assert.equal(records.length, vector.records.length, vector.name);
      records.forEach((each, at) => {
        const want = vector.records[at];
        const { tail, ...options } = want.options;
        const read = Object.fromEntries(Object.entries(each.options).map(([key, value]) => [optionNames[key], value]));
        assert.deepEqual([each.type, String(each.id), each.name, each.peer, each.ttl, read],
          [want.number, want.id, want.name, want.peer, want.ttl_ms, options], vector.name);
        assert.equal(hex(each.body), want.body, vector.name);
        if ('value' in want && !hasOddKeys(want.value)) {
          sameValue(vector.name, meaning(unpack(each.body)), expected(want.value));
        }
      });
    }
  },
  'every canonical record without a tail is written with the same bytes' () {
    let written = 0;
    for (const vector of load('records')) {
      if (!vector.canonical || vector.records.some((each) => 'tail' in each.options)) continue;
      const frames = [vector.hex, ...vector.frames];
      assert.deepEqual(writeMessage(readMessage(frames.map(bytes))).map(hex), frames, vector.name);
      written++;
    }
    assert(written > 50);
  },
  'every value of the vectors reads as what it means' () {
    for (const vector of load('values')) {
      const value = unpack(bytes(vector.hex));
      if (!hasOddKeys(vector.value)) sameValue(vector.name, meaning(value), expected(vector.value));
    }
  },
  'what JavaScript can tell apart is written as it was' () {
    let written = 0;
    for (const vector of load('values')) {
      const value = unpack(bytes(vector.hex));
      const same = typeof value === 'string' || typeof value === 'boolean' || value === null ||
        typeof value === 'bigint' || value instanceof Uint8Array ||
        (typeof value === 'number' && !vector.value?.double);
      if (!vector.canonical || !same) continue;
      assert.equal(hex(pack(value)), vector.hex, vector.name);
      written++;
    }
    assert(written > 40);
  },
  'every invalid packet is rejected behind the records that were good' () {
    for (const vector of load('invalid').filter((each) => each.stage === 'packet')) {
      let before = 0;
      assert.throws(() => {
        for (const each of readMessage([vector.hex, ...vector.frames ?? []].map(bytes))) before += Boolean(each);
      }, Malformed, vector.name);
      assert.equal(before, vector.records_before, vector.name);
    }
  },
  'every invalid body is rejected' () {
    for (const vector of load('invalid').filter((each) => each.stage === 'body' && each.hex)) {
      assert.throws(() => unpack(bytes(vector.hex)), undefined, vector.name);
    }
  }
};

for (const [sentence, proof] of Object.entries(proofs)) {
  try {
    proof();
    console.log(`ok ${sentence}`);
  } catch (reason) {
    console.log(`FAIL ${sentence}\n${reason.stack}`);
  }
}
