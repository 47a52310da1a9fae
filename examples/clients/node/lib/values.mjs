// SPDX-License-Identifier: MPL-2.0
// Bodies: one msgpack value each, checked as section 4.3 of PROTOCOL.md says.
//
// Integers beyond 2^53 are BigInts, both ways; all others are numbers. Binaries are
// Buffers (any Uint8Array may be sent), maps are objects: keys that are neither text nor number become text.

import { Encoder, ExtData, decode } from '@msgpack/msgpack';

import { DaffiError } from './errors.mjs';
import { MESSAGE_BYTES, NESTING, Status, VALUES } from './protocol.mjs';

// Arrays and maps. A timestamp is a Date, another ext an ExtData of @msgpack/msgpack.
const isPlain = (value) => value !== null && typeof value === 'object' &&
  !ArrayBuffer.isView(value) && !(value instanceof Date) && !(value instanceof ExtData);

const EMPTY = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer, SharedArrayBuffer];

const narrow = (value) => typeof value === 'bigint' && value >= BigInt(Number.MIN_SAFE_INTEGER) &&
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

// With BigInts the encoder would write large numbers as doubles.
const widen = (value) => typeof value === 'number' && Number.isSafeInteger(value) &&
  (value > 0xFFFFFFFF || value < -0x80000000) ? BigInt(value) : value;

// A copy with each simple value put through `change`; counts, and refuses what is too deep or
// too many.
function mapped (value, change, state, depth) {
  if (++state.count > VALUES) throw new RangeError(`more than ${VALUES} values`);
  if (!isPlain(value)) return change(value);
  //  whose keys are none of its own: it would arrive empty
  if (EMPTY.some((kind) => value instanceof kind)) {
    const name = value.constructor.name;
    throw new TypeError(`${/^[AE]/.test(name) ? 'an' : 'a'} ${name} cannot travel: an array, an object or a Uint8Array can`);
  }
  if (depth >= NESTING) throw new RangeError(`nested more than ${NESTING} deep`);
  if (Array.isArray(value)) return value.map((each) => mapped(each, change, state, depth + 1));
  const result = {};
  for (const key of Object.keys(value)) {
    state.count++;
    result[key] = mapped(value[key], change, state, depth + 1);
  }
  return result;
}

function checked (value) {
  if (typeof value === 'bigint' && (value >= 1n << 64n || value < -(1n << 63n))) {
    throw new RangeError('an integer of more than 64 bits');
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`a ${typeof value} cannot travel`);
  }
  return widen(value);
}

// The bytes of a value; INVALID or TOO_BIG where it cannot travel.
export function pack (value) {
  let data;
  try {
    //  its buffer is its own: an encoder's shared one is written again
    data = new Encoder({ useBigInt64: true }).encode(mapped(value, checked, { count: 0 }, 0));
  } catch (reason) {
    throw new DaffiError(Status.INVALID, reason.message);
  }
  if (data.length > MESSAGE_BYTES) {
    throw new DaffiError(Status.TOO_BIG, `${data.length} bytes, more than ${MESSAGE_BYTES}`);
  }
  return data;
}

const keyText = (key) => typeof key === 'string' || typeof key === 'number' ? key : String(key);

// The value of a body; nothing is null. Throws where it is not one valid value.
export function unpack (data) {
  if (!data.length) return null;
  const value = decode(data, {
    useBigInt64: true, maxArrayLength: VALUES, maxMapLength: VALUES, mapKeyConverter: keyText
  });
  return mapped(value, narrow, { count: 0 }, 0);
}
