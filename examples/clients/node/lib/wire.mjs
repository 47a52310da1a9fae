// SPDX-License-Identifier: MPL-2.0
// Records and packets, sections 3 and 4 of PROTOCOL.md: bytes in, records out, and back.

import { FRAMES, FRAME_BYTES, HEADER_BYTES, NAME_BYTES, Option, PACKET_BYTES } from './protocol.mjs';

const U32 = 0xFFFFFFFFn;
const U64 = 0xFFFFFFFFFFFFFFFFn;
const EMPTY = Buffer.alloc(0);
const LARGEST = {
  [Option.STATUS]: 255n, [Option.EXECUTED]: 2n, [Option.SENT_MS]: U32, [Option.TAIL]: 1n,
  [Option.ALL]: U32, [Option.PART]: 1n, [Option.POLICY]: 255n, [Option.STREAM]: 1n,
  [Option.ITEMS]: U32, [Option.BYTES]: U32, [Option.PRIORITY]: 9n, [Option.DELAY_MS]: U32
};
const FLAGS = [Option.TAIL, Option.PART, Option.STREAM];

// A record that cannot be read: what is behind it in its packet cannot be either.
export class Malformed extends Error {}

// `id` is a BigInt; `ttl` null or milliseconds; `body` all bytes, wherever they travelled.
export function record (type, id, fields = {}) {
  const body = fields.body ?? EMPTY;
  return {
    type, id, name: fields.name ?? '', peer: fields.peer ?? '', ttl: fields.ttl ?? null,
    options: fields.options ?? {}, body, detached: body.length >= FRAME_BYTES
  };
}

// --- writing ---------------------------------------------------------------------------

function writeNumber (out, number) {
  if (number < 0x80) out.push(number);
  else if (number < 0x100) out.push(0xCC, number);
  else if (number < 0x10000) out.push(0xCD, number >> 8, number & 0xFF);
  else out.push(0xCE, ...u32(number));
}

const u32 = (number) => [number >>> 24, (number >>> 16) & 0xFF, (number >>> 8) & 0xFF, number & 0xFF];

function writeText (out, text) {
  const bytes = Buffer.from(text);
  if (bytes.length > NAME_BYTES) throw new RangeError(`a text of ${bytes.length} bytes in a header`);
  if (!bytes.length) out.push(0xC0);
  else if (bytes.length < 32) out.push(0xA0 | bytes.length, ...bytes);
  else out.push(0xD9, bytes.length, ...bytes);
}

function writeOptions (out, options) {
  const keys = Object.keys(options).map(Number).sort((a, b) => a - b);
  out.push(0x80 | keys.length);
  for (const key of keys) {
    out.push(key);
    if (key === Option.KEY) writeText(out, options[key]);
    else if (key === Option.SENT_MS) out.push(0xCE, ...u32(options[key]));
    else writeNumber(out, options[key]);
  }
}

// The canonical form; `size` is null where the body is a frame.
function writeHeader (each, size) {
  const id = BigInt(each.id);
  const out = [Object.keys(each.options).length ? 0x97 : 0x96, each.type, 0xCF,
    ...u32(Number(id >> 32n)), ...u32(Number(id & U32))];
  writeText(out, each.name);
  writeText(out, each.peer);
  if (each.ttl === null) out.push(0xC0);
  else out.push(0xCE, ...u32(each.ttl));
  if (size === null) out.push(0xC0);
  else writeNumber(out, size);
  if (out[0] === 0x97) writeOptions(out, each.options);
  return Buffer.from(out);
}

// The frames of one message: the packet, and a frame for each large body.
export function writeMessage (records) {
  const packet = [];
  const frames = [];
  for (const each of records) {
    packet.push(writeHeader(each, each.detached ? null : each.body.length));
    (each.detached ? frames : packet).push(each.body);
  }
  return [Buffer.concat(packet), ...frames];
}

// As few messages as hold them, each with a packet of at most about 64 KiB.
export function * writeMessages (records) {
  let batch = [];
  let size = 0;
  let frames = 0;
  for (const each of records) {
    const own = HEADER_BYTES / 8 + (each.detached ? 0 : each.body.length);
    if (batch.length && (size + own > PACKET_BYTES || frames >= FRAMES)) {
      yield writeMessage(batch);
      batch = [];
      size = frames = 0;
    }
    batch.push(each);
    size += own;
    frames += each.detached;
  }
  if (batch.length) yield writeMessage(batch);
}

// --- reading ---------------------------------------------------------------------------

// Walks msgpack within one header. Integers are BigInts, so that ids keep all their bits.
class Reader {
  constructor (data, at) {
    this.data = data;
    this.at = at;
    this.end = Math.min(data.length, at + HEADER_BYTES);
  }

  take (count) {
    if (count > this.end - this.at) throw new Malformed('no whole header within its limit');
    this.at += count;
    return this.at - count;
  }

  number (bytes, signed = false) {
    const at = this.take(bytes);
    let value = 0n;
    for (let i = 0; i < bytes; i++) value = value << 8n | BigInt(this.data[at + i]);
    return signed ? BigInt.asIntN(bytes * 8, value) : value;
  }

  text (size) {
    const at = this.take(size);
    return { text: this.data.toString('utf8', at, at + size), size };
  }

  skip (count) {
    for (let i = 0; i < count; i++) this.value();
    return { other: true };
  }

  // A BigInt, null, { text, size }, { map: pairs }, { array: count } or { other }. The items
  // of an array are left to be read, but for those inside of others.
  value (inside = true) {
    const first = this.data[this.take(1)];
    if (first < 0x80) return BigInt(first);
    if (first < 0x90) return this.map(first & 0x0F);
    if (first < 0xA0) return this.array(first & 0x0F, inside);
    if (first < 0xC0) return this.text(first & 0x1F);
    if (first >= 0xE0) return BigInt(first - 256);
    switch (first) {
      case 0xC0: return null;
      case 0xC1: throw new Malformed('0xc1 is no msgpack');
      case 0xC2: case 0xC3: return { other: true };
      case 0xC4: case 0xC5: case 0xC6: return this.bytes(Number(this.number(1 << (first - 0xC4))));
      case 0xC7: case 0xC8: case 0xC9: return this.bytes(Number(this.number(1 << (first - 0xC7))) + 1);
      case 0xCA: return this.bytes(4);
      case 0xCB: return this.bytes(8);
      case 0xCC: case 0xCD: case 0xCE: case 0xCF: return this.number(1 << (first - 0xCC));
      case 0xD0: case 0xD1: case 0xD2: case 0xD3: return this.number(1 << (first - 0xD0), true);
      case 0xD4: case 0xD5: case 0xD6: case 0xD7: case 0xD8: return this.bytes((1 << (first - 0xD4)) + 1);
      case 0xD9: case 0xDA: case 0xDB: return this.text(Number(this.number(1 << (first - 0xD9))));
      case 0xDC: return this.array(Number(this.number(2)), inside);
      case 0xDD: return this.array(Number(this.number(4)), inside);
      case 0xDE: return this.map(Number(this.number(2)));
      default: return this.map(Number(this.number(4)));
    }
  }

  bytes (size) {
    this.take(size);
    return { other: true };
  }

  array (count, inside) {
    return inside ? this.skip(count) : { array: count };
  }

  map (count) {
    const pairs = [];
    for (let i = 0; i < count; i++) pairs.push([this.value(), this.value()]);
    return { map: pairs };
  }
}

function asNumber (value, largest, what) {
  if (typeof value !== 'bigint' || value < 0n || value > largest) throw new Malformed(`${what} is out of range`);
  return value;
}

function asName (value, what) {
  if (value === null) return '';
  if (value.text === undefined || value.size > NAME_BYTES) throw new Malformed(`${what} is no short text`);
  return value.text;
}

function readOptions (value) {
  if (value === null || value === undefined) return {};
  if (!value.map) throw new Malformed('the options are no map');
  const options = {};
  for (const [key, each] of value.map) {
    if (typeof key !== 'bigint') continue;
    if (key in LARGEST) options[key] = Number(asNumber(each, LARGEST[key], 'an option'));
    else if (key === BigInt(Option.KEY)) {
      if (each === null) throw new Malformed('a key is text');
      options[key] = asName(each, 'the key');
    }
  }
  for (const flag of FLAGS) if (options[flag] === 0) delete options[flag];
  return options;
}

function readHeader (reader) {
  const head = reader.value(false);
  if (head === null || head.array === undefined) throw new Malformed('no array');
  if (head.array < 6) throw new Malformed('fewer than six elements');
  const fields = [];
  for (let i = 0; i < head.array; i++) {
    const value = reader.value();
    if (i < 7) fields.push(value);
  }
  const each = record(Number(asNumber(fields[0], 127n, 'the type')), asNumber(fields[1], U64, 'the id'), {
    name: asName(fields[2], 'the name'), peer: asName(fields[3], 'the peer'),
    options: readOptions(fields[6])
  });
  if (fields[4] !== null) each.ttl = Number(asNumber(fields[4], U32 - 1n, 'the ttl'));
  const size = fields[5] === null ? null : Number(asNumber(fields[5], U32, 'the size'));
  return [each, size];
}

// The records of a message, in order. Throws Malformed where one cannot be read: those before
// it have been told.
export function * readMessage ([packet, ...frames]) {
  const frame = () => {
    if (!frames.length) throw new Malformed('a frame that is not there');
    return frames.shift();
  };
  let at = 0;
  while (at < packet.length) {
    const reader = new Reader(packet, at);
    const [each, size] = readHeader(reader);
    at = reader.at;
    each.detached = size === null;
    if (size === null) each.body = frame();
    else if (size > packet.length - at) throw new Malformed('the size is more than is there');
    else each.body = packet.subarray(at, at += size);
    if (each.options[Option.TAIL]) {
      delete each.options[Option.TAIL];
      each.body = Buffer.concat([each.body, frame()]);
    }
    yield each;
  }
}
