// SPDX-License-Identifier: MPL-2.0
// What this process has asked for: calls, waits and broadcasts, and the table of them.

import { Channel } from './channel.mjs';
import { DaffiError, readStatus, tell } from './errors.mjs';
import { now } from './link.mjs';
import { Executed, Option, Status, Type, WINDOW_BYTES, WINDOW_ITEMS } from './protocol.mjs';
import { unpack } from './values.mjs';
import { record } from './wire.mjs';

const ATTEMPTS_MAX = 3;
const BACKOFF_MS = 10;
const GRACE_MS = 50; // the controller's own word on a deadline knows more than ours
const TIMER_MAX_MS = 2 ** 31 - 1;
const PASSING = [Status.BUSY, Status.DRAINING, Status.PROCESS_LOST, Status.CONTROLLER_LOST];

// A call: `await call.result`, `call.cancel ()`, and `call.process` that answered.
export class Call {
  constructor (calls, type, fields) {
    Object.assign(this, { name: '', peer: '', body: Buffer.alloc(0), options: {}, deadline: Infinity,
      idempotent: false, noRetry: false, parent: null, signal: null, broadcast: false,
      onProgress: null }, fields);
    this.calls = calls;
    this.type = type;
    this.id = 0n;
    this.attempts = 0;
    this.process = '';
    this.done = this.cancelled = this.maybeRan = false;
    this.channel = null;
    this.progress = null; // what the function reported last
    this.replies = [];
    this.onReply = () => {};
    this.result = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    //  whoever asks for the result gets the error; whoever does not is not ended by it
    this.result.catch(() => {});
  }

  error (status, text) {
    const executed = this.attempts || this.maybeRan ? Executed.MAYBE : Executed.NO;
    return new DaffiError(status, text, { executed, process: this.peer, function: this.name });
  }

  finish (failure, body = null, process = '') {
    if (this.done) return;
    this.done = true;
    this.process = process;
    clearTimeout(this.timer);
    this.parent?.children.delete(this);
    this.signal?.removeEventListener('abort', this.abort);
    if (failure && this.maybeRan && failure.executed === Executed.NO) failure.executed = Executed.MAYBE;
    this.channel?.finish(failure);
    try {
      if (failure) throw failure;
      this.resolve(this.broadcast ? this.values() : readAnswer(body, process, this.name));
    } catch (reason) {
      this.reject(reason);
    }
    this.onReply();
  }

  // Of a broadcast: process to value, or to the DaffiError in its place.
  values () {
    return new Map(this.replies.map((each) => [each.process, each.error ?? each.value]));
  }

  // Nobody needs the result any more. The outcome comes when it is known whether it began.
  cancel () {
    if (!this.done && !this.calls.cancel(this)) this.finish(this.error(Status.CANCELLED, 'cancelled'));
  }

  // It ends here with this error: whoever runs it is told.
  abandon (reason) {
    if (this.done) return;
    this.calls.withdraw(this);
    this.finish(reason);
  }
}

export class Calls {
  constructor (node) {
    this.node = node;
    this.flight = new Map();
    this.waiting = new Set();
    this.resting = new Set(); // before another attempt
    this.lastId = 0n;
  }

  nextId () {
    return ++this.lastId;
  }

  start (type, fields, stream = false) {
    const call = new Call(this, type, fields);
    if (stream) {
      call.channel = new Channel((each) => this.node.link.send(each), 0n);
      call.options[Option.STREAM] = 1;
    }
    if (this.node.state === 'ended') {
      call.finish(call.error(Status.STOPPED, 'this Global has stopped'));
      return call;
    }
    this.watch(call);
    this.launch(call);
    return call;
  }

  watch (call) {
    call.parent?.children.add(call);
    call.abort = () => call.cancel();
    call.signal?.addEventListener('abort', call.abort, { once: true });
    const left = call.deadline - now() + GRACE_MS;
    if (left <= TIMER_MAX_MS && call.type !== Type.CAST) {
      call.timer = setTimeout(() => this.expire(call), left);
    }
  }

  expire (call) {
    const alone = this.waiting.has(call) && !this.node.connected;
    call.abandon(call.error(Status.TIMEOUT, alone
      ? `not connected to a controller at ${this.node.link.endpoint} in time` : 'the deadline passed'));
  }

  launch (call) {
    this.resting.delete(call);
    if (call.done) return;
    if (call.signal?.aborted) call.cancel();
    else if (this.node.takesCalls) this.send(call);
    else this.waiting.add(call);
  }

  send (call) {
    call.attempts++;
    call.id = call.type === Type.CAST ? 0n : this.nextId();
    const options = { ...call.options };
    if (call.channel) {
      call.channel.id = call.id;
      options[Option.ITEMS] = WINDOW_ITEMS;
      options[Option.BYTES] = WINDOW_BYTES;
    }
    const each = record(call.type, call.id, { name: call.name, peer: call.peer, body: call.body, options });
    this.node.link.send(each, () => {
      if (call.deadline !== Infinity) each.ttl = Math.max(0, Math.floor(call.deadline - now()));
      if (call.type !== Type.WAIT) this.node.clock.stamp(each);
    });
    if (call.type === Type.CAST) call.finish(null, Buffer.alloc(0));
    else this.flight.set(call.id, call);
  }

  // It is in no table any more; the controller is told.
  withdraw (call) {
    this.waiting.delete(call);
    this.resting.delete(call);
    if (this.flight.get(call.id) !== call) return;
    this.flight.delete(call.id);
    if (this.node.connected && !call.cancelled && call.type !== Type.SCHEDULE) this.node.link.send(record(Type.CANCEL, call.id));
  }

  // False where no answer will come any more: it was not sent, or needs none.
  cancel (call) {
    const answered = this.flight.get(call.id) === call && call.type === Type.CALL &&
      !call.broadcast && this.node.connected;
    if (!answered) this.withdraw(call);
    else if (!call.cancelled) {
      call.cancelled = call.noRetry = true;
      this.node.link.send(record(Type.CANCEL, call.id));
    }
    return answered;
  }

  onConnected () {
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const call of waiting) if (!call.done) this.send(call);
  }

  // The session ended: waits and schedules go on with the next one, and calls that certainly
  // did not run.
  onLost (executed) {
    const flight = this.flight;
    this.flight = new Map();
    for (const call of flight.values()) {
      if (call.type === Type.WAIT || call.type === Type.SCHEDULE) this.waiting.add(call);
      else {
        this.fail(call, new DaffiError(Status.CONTROLLER_LOST, 'the connection to the controller broke',
          { executed, process: call.peer, function: call.name }));
      }
    }
  }

  stop () {
    for (const call of [...this.flight.values(), ...this.waiting, ...this.resting]) {
      call.abandon(call.error(Status.STOPPED, 'this Global has stopped'));
    }
  }

  // --- answers ---------------------------------------------------------------------------

  onAnswer (each, failure) {
    const call = this.flight.get(each.id);
    if (!call) return;
    if (each.options[Option.PART]) {
      call.replies.push(failure ? { process: each.peer, error: failure } : readReply(each, call.name));
      call.onReply();
      return;
    }
    this.flight.delete(each.id);
    if (failure) this.fail(call, failure);
    else call.finish(null, each.body, each.peer);
  }

  // It could not be written, which is a fault of ours.
  onUnsent (each, reason) {
    const call = this.flight.get(each.id);
    this.flight.delete(each.id);
    call?.finish(call.error(Status.INTERNAL, `it could not be sent: ${reason.message}`));
  }

  onProgress (each) {
    const call = this.flight.get(each.id);
    if (!call) return;
    const [done, total, text] = readProgress(each.body);
    if (done === undefined) return;
    call.progress = { process: each.peer, done, total, text };
    if (call.onProgress) tell(() => call.onProgress(call.progress));
  }

  onEnd (each) {
    const call = this.flight.get(each.id);
    if (!call?.broadcast) return;
    this.flight.delete(each.id);
    call.finish(null);
  }

  fail (call, failure) {
    if (!this.tryAgain(call, failure)) call.finish(failure, null, failure.process);
  }

  // What did not run, or may run twice, where another moment may be better.
  tryAgain (call, failure) {
    const safe = failure.executed === Executed.NO ||
      (failure.executed === Executed.MAYBE && call.idempotent);
    const used = call.channel && (call.channel.received || call.channel.sentEnd);
    if (!safe || !PASSING.includes(failure.status) || call.noRetry || used || call.replies.length ||
        call.type !== Type.CALL || call.attempts >= ATTEMPTS_MAX) return false;
    const pause = BACKOFF_MS * 2 ** call.attempts * (1 + Math.random());
    if (now() + pause >= call.deadline) return false;
    call.maybeRan ||= failure.executed === Executed.MAYBE;
    this.resting.add(call);
    setTimeout(() => this.launch(call), pause);
    return true;
  }
}

// What other processes have written may be anything: it fails that answer, and nothing else.
function readAnswer (body, process, name) {
  try {
    return unpack(body);
  } catch (reason) {
    throw new DaffiError(Status.PROTOCOL, `the answer cannot be read: ${reason.message}`,
      { executed: Executed.YES, process, function: name });
  }
}

function readReply (each, name) {
  try {
    return { process: each.peer, value: readAnswer(each.body, each.peer, name) };
  } catch (reason) {
    return { process: each.peer, error: reason };
  }
}

function readProgress (body) {
  try {
    const progress = unpack(body);
    return Array.isArray(progress) ? progress : [];
  } catch {
    return [];
  }
}

export function readError (each, name = '') {
  let text = null;
  try {
    text = unpack(each.body);
  } catch { /* it says nothing that can be read */ }
  return new DaffiError(readStatus(each.options[Option.STATUS] ?? Status.FAILED),
    typeof text === 'string' ? text : '',
    { executed: each.options[Option.EXECUTED] ?? Executed.MAYBE, process: each.peer, function: each.name || name });
}
