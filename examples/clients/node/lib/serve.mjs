// SPDX-License-Identifier: MPL-2.0
// What this process offers: functions and the requests for them. Every request is answered
// exactly once, also after a cancel.

import { AsyncLocalStorage } from 'node:async_hooks';

import { Channel } from './channel.mjs';
import { DaffiError, readStatus } from './errors.mjs';
import { now } from './link.mjs';
import { ownFunctions } from './own.mjs';
import { ERROR_TEXT_BYTES, Executed, Option, Status, Type } from './protocol.mjs';
import { pack, unpack } from './values.mjs';
import { Tally } from './tally.mjs';
import { record } from './wire.mjs';

const storage = new AsyncLocalStorage();
const NOT_ANSWERS = [Status.OK, Status.PENDING, Status.END];

// The request that this callback answers; undefined outside of callbacks.
export const currentRequest = () => storage.getStore();

// What a callback has thrown. That may be anything, also what throws when it is looked at.
function describe (reason) {
  try {
    if (reason instanceof DaffiError && !NOT_ANSWERS.includes(reason.status)) {
      return { status: readStatus(reason.status), text: String(reason.text) };
    }
    return { status: Status.FAILED, text: `${reason?.name ?? 'Error'}: ${String(reason?.message ?? reason)}` };
  } catch {
    return { status: Status.FAILED, text: 'Error: what was thrown cannot be read' };
  }
}

// A call that this process was given; `this` inside of a callback.
export class Request {
  constructor (server, each, deadline) {
    this.server = server;
    this.record = each;
    this.key = each.type === Type.CALL ? each.id : this; // casts have no token
    this.deadline = deadline;
    this.children = new Set();
    this.orphaned = this.answered = false;
    this.controller = new AbortController();
    //  aborted when nobody needs the result any more
    this.signal = this.controller.signal;
    this.channel = null;
    if (each.type === Type.CALL && each.options[Option.STREAM]) {
      this.channel = new Channel((item) => server.node.link.send(item), each.id,
        each.options[Option.ITEMS] ?? 0, each.options[Option.BYTES] ?? 0);
    }
  }

  get caller () { return this.record.peer; }
  get function () { return this.record.name; }
  get cancelled () { return this.signal.aborted; }

  // Milliseconds; Infinity: no deadline.
  timeLeft () { return Math.max(0, this.deadline - now()); }

  // Tells the caller how far it is: `done` of `total` (0: not known).
  progress (done, total = 0, text = '') {
    if (this.record.type !== Type.CALL || this.answered || this.cancelled) return;
    this.server.node.link.send(record(Type.PROGRESS, this.record.id, { body: pack([done, total, cut(text)]) }));
  }

  // What the caller sends: for await (const item of request.items).
  get items () {
    const channel = this.channel;
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (!channel) return { value: undefined, done: true };
          channel.grant();
          return channel.take();
        }
      })
    };
  }

  // It runs, as a callback does at once here: the controller is told so.
  cancel () {
    if (this.cancelled || this.answered) return;
    if (!this.orphaned) {
      this.server.node.link.send(record(Type.CANCEL, this.record.id,
        { options: { [Option.EXECUTED]: Executed.YES } }));
    }
    this.channel?.finish(new DaffiError(Status.CANCELLED, 'the caller is gone or reads no more'));
    for (const child of [...this.children]) child.cancel();
    this.controller.abort();
  }

  async run ({ callback, tally }) {
    this.tally = tally;
    this.began = now();
    tally.begin();
    let args;
    try {
      if (this.timeLeft() === 0) throw new DaffiError(Status.TIMEOUT, 'too late when its turn came');
      args = readArguments(this.record.body);
    } catch (reason) {
      this.fail(reason, Executed.NO);
      return;
    }
    try {
      await storage.run(this, async () => this.reply(await this.settle(callback.apply(this, args))));
    } catch (reason) {
      this.fail(reason, Executed.YES);
    }
  }

  // The items of a generator go into the stream; a caller without one gets an array.
  async settle (outcome) {
    if (typeof outcome?.next !== 'function') return outcome;
    const items = [];
    try {
      for (;;) {
        const { value, done } = await outcome.next();
        if (done) return this.channel ? value : items;
        if (this.channel) await this.channel.put(value);
        else items.push(value);
      }
    } finally {
      await outcome.return?.();
    }
  }

  reply (value) {
    const body = pack(value ?? null);
    if (body.length > this.server.node.limit) {
      throw new DaffiError(Status.TOO_BIG, `the result has ${body.length} bytes`);
    }
    this.answer(record(Type.RESULT, this.record.id, { body }));
  }

  fail (reason, executed) {
    const { status, text } = describe(reason);
    this.answer(record(Type.ERROR, this.record.id, {
      name: this.record.name, body: pack(cut(text)),
      options: { [Option.STATUS]: status, [Option.EXECUTED]: executed }
    }));
  }

  answer (each) {
    if (this.answered) return;
    this.answered = true;
    this.tally?.end((now() - this.began) * 1000, each.type === Type.ERROR);
    this.server.requests.delete(this.key);
    this.channel?.finish();
    if (!this.orphaned && this.record.type === Type.CALL) this.server.node.link.send(each);
    this.server.onAnswered();
  }
}

function readArguments (body) {
  let args;
  try {
    args = unpack(body);
  } catch (reason) {
    throw new DaffiError(Status.PROTOCOL, reason.message);
  }
  if (!Array.isArray(args)) throw new DaffiError(Status.PROTOCOL, 'the arguments are no array');
  return args;
}

function cut (text) {
  let bytes = Buffer.from(text).subarray(0, ERROR_TEXT_BYTES);
  while (bytes.length && bytes.toString().endsWith('\uFFFD')) bytes = bytes.subarray(0, -1);
  return bytes.toString();
}

export class Server {
  constructor (node) {
    this.node = node;
    this.functions = new Map();
    this.requests = new Map();
    this.own = new Map([...ownFunctions({ name: node.name, tell: node.tell, server: this })]
      .map(([name, callback]) => [name, { callback, tally: new Tally() }]));
    this.onAnswered = () => {};
  }

  onCall (each, left) {
    const served = this.functions.get(each.name) ?? this.own.get(each.name);
    const request = new Request(this, each, left === null ? Infinity : now() + left);
    this.requests.set(request.key, request);
    if (served) request.run(served);
    else request.fail(new DaffiError(Status.NO_FUNCTION, 'not offered here'), Executed.NO);
  }

  // Their answers would reach nobody. A cast has none, and goes on.
  onLost () {
    for (const request of [...this.requests.values()].filter((each) => each.key !== each)) {
      request.orphaned = true;
      request.cancel();
    }
  }

  // Until all is answered, or the time is over.
  drained (timeoutMs) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.onAnswered = () => {
        if (this.requests.size) return;
        clearTimeout(timer);
        resolve();
      };
      this.onAnswered();
    });
  }
}
