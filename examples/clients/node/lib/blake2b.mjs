// SPDX-License-Identifier: MPL-2.0
// BLAKE2b-256 (RFC 7693), without a key: the hash that a payload is known by. The crypto of
// Node.js has only the form of 512 bits, which is another function.
//
// A word of 64 bits is a pair of 32, the lower one first.

const IV = new Uint32Array([
  0xF3BCC908, 0x6A09E667, 0x84CAA73B, 0xBB67AE85, 0xFE94F82B, 0x3C6EF372, 0x5F1D36F1, 0xA54FF53A,
  0xADE682D1, 0x510E527F, 0x2B3E6C1F, 0x9B05688C, 0xFB41BD6B, 0x1F83D9AB, 0x137E2179, 0x5BE0CD19
]);
const SIGMA = [
  '0123456789abcdef', 'ea489fd61c02b753', 'b8c052fdae367194', '7931dcbe265a40f8',
  '905724afe1bc683d', '2c6a0b834d75fe19', 'c51fed4a0763928b', 'db7ec13950f4862a',
  '6fe9b308c2d714a5', 'a2847615fb9e3cd0', '0123456789abcdef', 'ea489fd61c02b753'
].map((row) => [...row].map((each) => parseInt(each, 16)));
const BLOCK_BYTES = 128;
const SIZE_BYTES = 32;

const v = new Uint32Array(32);
const m = new Uint32Array(32);

// v[to] += low and high.
function add (to, low, high) {
  const sum = v[to] + low;
  v[to] = sum;
  v[to + 1] = v[to + 1] + high + (sum > 0xFFFFFFFF ? 1 : 0);
}

// v[to] = (v[to] ^ v[by]) turned right by 32, 24, 16 or 63 bits.
function turn (to, by, bits) {
  const low = v[to] ^ v[by];
  const high = v[to + 1] ^ v[by + 1];
  if (bits === 32) {
    v[to] = high;
    v[to + 1] = low;
  } else if (bits === 63) {
    v[to] = low << 1 | high >>> 31;
    v[to + 1] = high << 1 | low >>> 31;
  } else {
    v[to] = low >>> bits | high << 32 - bits;
    v[to + 1] = high >>> bits | low << 32 - bits;
  }
}

function mix (a, b, c, d, x, y) {
  add(a, v[b], v[b + 1]);
  add(a, m[x], m[x + 1]);
  turn(d, a, 32);
  add(c, v[d], v[d + 1]);
  turn(b, c, 24);
  add(a, v[b], v[b + 1]);
  add(a, m[y], m[y + 1]);
  turn(d, a, 16);
  add(c, v[d], v[d + 1]);
  turn(b, c, 63);
}

function compress (h, count, last) {
  v.set(h);
  v.set(IV, 16);
  v[24] ^= count;
  v[25] ^= Math.floor(count / 2 ** 32);
  if (last) {
    v[28] = ~v[28];
    v[29] = ~v[29];
  }
  for (const s of SIGMA) {
    for (let i = 0; i < 4; i++) {
      mix(2 * i, 8 + 2 * i, 16 + 2 * i, 24 + 2 * i, 2 * s[2 * i], 2 * s[2 * i + 1]);
    }
    for (let i = 0; i < 4; i++) {
      mix(2 * i, 8 + 2 * ((i + 1) & 3), 16 + 2 * ((i + 2) & 3), 24 + 2 * ((i + 3) & 3),
        2 * s[8 + 2 * i], 2 * s[9 + 2 * i]);
    }
  }
  for (let i = 0; i < 16; i++) h[i] ^= v[i] ^ v[i + 16];
}

export function blake2b256 (data) {
  const h = IV.slice();
  h[0] ^= 0x01010000 ^ SIZE_BYTES;
  const block = Buffer.alloc(BLOCK_BYTES);
  let at = 0;
  do {
    const part = data.subarray(at, at + BLOCK_BYTES);
    block.fill(0).set(part);
    at += part.length;
    for (let i = 0; i < 32; i++) m[i] = block.readUInt32LE(4 * i);
    compress(h, at, at >= data.length);
  } while (at < data.length);
  const digest = Buffer.alloc(SIZE_BYTES);
  for (let i = 0; i < SIZE_BYTES / 4; i++) digest.writeUInt32LE(h[i], 4 * i);
  return digest;
}
