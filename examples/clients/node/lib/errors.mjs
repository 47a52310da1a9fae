// SPDX-License-Identifier: MPL-2.0
// One error for all that can go wrong with a call.

import { Executed, Status } from './protocol.mjs';

const names = Object.fromEntries(Object.entries(Status).map(([name, number]) => [number, name]));

// `status` (a number of Status), `executed` (may it be tried again?), `process` that reported
// it, `function`, and `text` for people. Throw one in a callback to answer with its status.
export class DaffiError extends Error {
  constructor (status, text, { executed = Executed.NO, process = '', function: name = '' } = {}) {
    super(`${name ? name + ': ' : ''}${text || names[status]} (${names[status]})`);
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
export const readStatus = (number) => number in names ? number : Status.FAILED;
