// SPDX-License-Identifier: MPL-2.0
// One error for all that can go wrong with a call.

import { Executed, NAME_BYTES, Status } from './protocol.mjs';

const names = Object.fromEntries(Object.entries(Status).map(([name, number]) => [number, name]));

// `status` (a number of Status), `executed` (may it be tried again?), `process` that reported
// it, `function`, and `text` for people. Throw one in a callback to answer with its status.
export class DaffiError extends Error {
  constructor (status, text, { executed = Executed.NO, process = '', function: name = '' } = {}) {
    //  what the controller says begins with the function already
    const where = name && !text?.startsWith(`${name}: `) ? `${name}: ` : '';
    super(`${where}${text || names[status]} (${names[status]})`);
    this.name = 'DaffiError';
    this.status = status;
    this.code = names[status];
    this.text = text || names[status];
    this.executed = executed;
    this.process = process;
    this.function = name;
  }
}

// A number that is not known counts as FAILED.
export const readStatus = (number) =>
  Number.isInteger(number) && number in names ? number : Status.FAILED;

// Runs what a program gave to be told: what that throws is uncaught, as always, but meets nobody
// on the way who has more to do.
export function tell (listener) {
  try {
    listener();
  } catch (reason) {
    process.nextTick(() => { throw reason; });
  }
}

// What is wrong with an argument is said where it is given, not when it is sent.
export function checkText (what, value) {
  if (typeof value !== 'string' || Buffer.byteLength(value) > NAME_BYTES) {
    throw new DaffiError(Status.INVALID, `${what}: a text of at most ${NAME_BYTES} bytes was expected`);
  }
}

export function checkWhole (what, value, largest) {
  if (!Number.isInteger(value) || value < 0 || value > largest) {
    throw new DaffiError(Status.INVALID, `${what}: a number from 0 to ${largest} was expected`);
  }
}

export function checkListeners ({ signal, onProgress }) {
  if (signal != null && !(signal instanceof AbortSignal)) throw new DaffiError(Status.INVALID, 'signal: an AbortSignal was expected');
  if (onProgress != null && typeof onProgress !== 'function') {
    throw new DaffiError(Status.INVALID, 'onProgress: a function was expected');
  }
}

export function checkTime (what, value) {
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new DaffiError(Status.INVALID, `${what}: a number of milliseconds was expected`);
  }
}
