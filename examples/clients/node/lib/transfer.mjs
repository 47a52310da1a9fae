// SPDX-License-Identifier: MPL-2.0
// Payloads: compiled functions that are shipped to a process and run there.
//
// A payload is a shared object made with daffi_payload.h, or a bundle of one with its manifest
// and signature, as daffi_payload_write () writes it. It is known by its hash: a process that
// has it already is not sent it again. This client signs nothing; where the receiving process
// takes signed ones only (daffi_transfer.h), ship a bundle.

import { readFileSync } from 'node:fs';

import { blake2b256 } from './blake2b.mjs';
import { DaffiError } from './errors.mjs';
import { Status } from './protocol.mjs';
import { pack, unpack } from './values.mjs';

const WHOLE_BYTES = 64 * 1024; // up to here the bytes go with the offer
const LARGEST_BYTES = 16 * 1024 * 1024;
const MAGIC = 'daffi payload 1';
const ELF = Buffer.from('\x7fELF', 'latin1');
const MACHINES = { 62: 'x86_64', 183: 'aarch64', 243: 'riscv64' };

const bad = (text) => new DaffiError(Status.BAD_PAYLOAD, text);
const isObject = (data) => data instanceof Uint8Array && ELF.equals(data.subarray(0, ELF.length));

function readBundle (data) {
  let list;
  try {
    list = unpack(data);
  } catch { /* nor is it a bundle */ }
  if (list?.[0] !== MAGIC || !isObject(list[4])) throw bad('neither a shared object nor a bundle of one');
  return { manifest: list[1], key: list[2], signature: list[3], data: list[4] };
}

// `new Payload ('get_pid.so')`, `new Payload ('get_pid.payload')`, or the bytes of either.
export class Payload {
  constructor (source) {
    const bytes = typeof source === 'string' ? readFileSync(source) : Buffer.from(source);
    const { data, manifest, key, signature } = isObject(bytes) ? { data: bytes } : readBundle(bytes);
    if (data.length < 64 || data[4] !== 2 || data[5] !== 1) throw bad('a payload is a shared object (ELF, 64 bits)');
    if (data.length > LARGEST_BYTES) throw bad(`a payload has at most ${LARGEST_BYTES} bytes`);
    this.data = data;
    this.hash = blake2b256(data);
    this.key = key ?? null;
    this.signature = signature ?? null;
    this.manifest = manifest ?? pack({
      daffi: 1, hash: this.hash, size: data.length, name: '', version: '',
      arch: MACHINES[data.readUInt16LE(18)] ?? '?', abi: 1, expires: 0, processes: '', functions: []
    });
  }
}

export const payloadOf = (source) => source instanceof Payload ? source : new Payload(source);

// Nothing where the process has it already.
async function ship (g, process, payload) {
  const { data } = payload;
  const whole = data.length <= WHOLE_BYTES;
  const offer = [payload.manifest, payload.key, payload.signature, ...whole ? [data] : []];
  let answer = await g.call('$node.payload.offer', offer, { process });
  const size = answer.chunk || WHOLE_BYTES;
  for (let at = 0; at < data.length && !answer.have; at += size) {
    answer = await g.call('$node.payload.put', [payload.hash, at, data.subarray(at, at + size)], { process });
  }
  if (!answer.have) {
    throw new DaffiError(Status.PROTOCOL, 'the process wants more of the payload than there is', { process });
  }
}

// A call that wants the payload there; it is shipped where it is not.
export async function withPayload (g, process, payload, name, args, options = {}) {
  const call = () => g.call(name, args, { ...options, process });
  try {
    return await call();
  } catch (reason) {
    if (reason.status !== Status.NO_PAYLOAD) throw reason;
  }
  await ship(g, process, payload);
  return call();
}
