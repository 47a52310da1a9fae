// SPDX-License-Identifier: MPL-2.0
// daffi for Node.js: call functions in other processes, and let them call yours.
//
//   import { Global } from 'daffi';
//   const g = await Global.start({ processName: 'calculator', host: '127.0.0.1', port: 8888 });
//   g.register('add', (a, b) => a + b);
//   console.log(await g.call('add', [2, 3]));
//
// index.d.ts says what there is, README.md the rest.

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';

import { checkListeners, checkText, checkTime, checkWhole, DaffiError, tell } from './lib/errors.mjs';
import { now } from './lib/link.mjs';
import { Node } from './lib/node.mjs';
import { Option, Policy, SIGNATURE_BYTES, Status, Type } from './lib/protocol.mjs';
import { currentRequest } from './lib/serve.mjs';
import { schedule, scheduled } from './lib/tasks.mjs';
import { payloadOf, withPayload } from './lib/transfer.mjs';
import { pack } from './lib/values.mjs';

export { DaffiError } from './lib/errors.mjs';
export { EventType, Executed, Policy, Reason, Status, TaskEventType } from './lib/protocol.mjs';
export { currentRequest } from './lib/serve.mjs';
export { ScheduledTask } from './lib/tasks.mjs';
export { Payload } from './lib/transfer.mjs';

const DEFAULT_TIMEOUT_MS = 30000;
const LONGEST_MS = 48 * 3600 * 1000;
const PATH_BYTES = 107;
const NAME = /^[A-Za-z0-9._-]{1,128}$/;

function endpointOf ({ host, port, unixSockPath }) {
  if (host && unixSockPath) throw new DaffiError(Status.INVALID, 'host and unixSockPath: there can be only one');
  if (!host !== !port) throw new DaffiError(Status.INVALID, 'host and port go together');
  if (host && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new DaffiError(Status.INVALID, `${String(port)} is no port: a number from 1 to 65535`);
  }
  if (host) return `tcp://${host.includes(':') && host[0] !== '[' ? `[${host}]` : host}:${port}`;
  const path = `${unixSockPath ?? `${process.env.TMPDIR || '/tmp'}/daffi`}/.sock`;
  if (Buffer.byteLength(path) > PATH_BYTES) {
    throw new DaffiError(Status.INVALID, `the socket's path '${path}' has ${Buffer.byteLength(path)} bytes, ` +
      `a UNIX socket's may have ${PATH_BYTES}; use a shorter unixSockPath or TMPDIR`);
  }
  return `ipc://${path}`;
}

const endOf = (timeout) => timeout === Infinity ? Infinity : now() + Math.min(timeout, LONGEST_MS);

function signatureOf (callback) {
  const names = /^(?:async\s*)?(?:function\s*\*?\s*[\w$]*\s*)?\(([^)]*)\)/.exec(String(callback))?.[1];
  const text = names === undefined ? '' : `(${names.replace(/\s+/g, ' ').trim()})`;
  return Buffer.byteLength(text) <= SIGNATURE_BYTES ? text : '';
}

// A call that items go with, both ways.
class Stream {
  constructor (call) {
    this.call = call;
    this.channel = call.channel;
  }

  get result () { return this.call.result; }
  send (item) { return this.channel.put(item); }
  end () { this.channel.end(); }
  cancel () { this.call.cancel(); }

  // The next item; throws at the end.
  async receive () {
    const { value, done } = await this.channel.take();
    if (done) throw new DaffiError(Status.END, 'no more items');
    return value;
  }

  async feed (items) {
    try {
      for await (const item of items) await this.send(item);
      this.end();
    } catch (reason) {
      if (!this.call.done && reason?.status !== Status.END) this.call.abandon(reason);
    }
  }

  [Symbol.asyncIterator] () {
    return {
      next: () => this.channel.take(),
      //  a loop that is left early
      return: async () => {
        this.cancel();
        return { value: undefined, done: true };
      }
    };
  }
}

// One reply of each process: `for await` tells them as they come, `result` all of them.
class Broadcast {
  constructor (call) {
    this.call = call;
    this.waiters = [];
    call.onReply = () => this.waiters.splice(0).forEach((each) => each());
  }

  get result () { return this.call.result; }
  cancel () { this.call.cancel(); }

  async * [Symbol.asyncIterator] () {
    for (let at = 0; ; at++) {
      while (at >= this.call.replies.length && !this.call.done) {
        await new Promise((resolve) => this.waiters.push(resolve));
      }
      if (at >= this.call.replies.length) break;
      yield this.call.replies[at];
    }
    await this.call.result;
  }
}

export class Global extends EventEmitter {
  #node;
  #stopping = null;
  #drainTimeout;

  constructor (options = {}) {
    super();
    if (options.initController) {
      throw new DaffiError(Status.INVALID, 'a Global of Node.js runs no controller: start one with `daffi up`');
    }
    this.processName = options.processName ?? `node-${randomBytes(6).toString('hex')}`;
    if (!NAME.test(this.processName)) {
      throw new DaffiError(Status.INVALID, `${this.processName} is no name: 1 to 128 of A-Z a-z 0-9 . _ -`);
    }
    this.endpoint = endpointOf(options);
    this.refusal = null;
    this.#drainTimeout = options.drainTimeout ?? 5000;
    this.#node = new Node(this.processName, this.endpoint, options, (event, value) => {
      if (event === 'refused') this.refusal = value;
      if (event === 'connect') this.refusal = null;
      if (event === 'drain') this.stop();
      else tell(() => this.emit(event, value));
    });
    for (const [name, callback] of Object.entries(options.functions ?? {})) this.register(name, callback);
    //  what comes is told in a later turn, when the caller has had its own to listen
    this.#node.start();
  }

  // A Global that is connected; throws after `connectTimeout` (10 s), or where it is refused.
  static async start (options = {}) {
    const g = new Global(options);
    const timeout = options.connectTimeout ?? 10000;
    try {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new DaffiError(Status.TIMEOUT,
          `no controller at ${g.endpoint}`)), timeout);
        const settle = (act) => (value) => {
          clearTimeout(timer);
          act(value);
        };
        g.once('connect', settle(resolve));
        g.once('refused', settle(reject));
      });
    } catch (reason) {
      await g.stop();
      throw reason;
    }
    return g;
  }

  get state () { return this.#node.state; }

  register (name, callback, { signature } = {}) {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new DaffiError(Status.INVALID, `${String(name)} is no name of a function: 1 to 128 of A-Z a-z 0-9 . _ -`);
    }
    if (typeof callback !== 'function') throw new DaffiError(Status.INVALID, `${name}: its callback is no function`);
    if (typeof (signature ?? '') !== 'string') throw new DaffiError(Status.INVALID, `${name}: its signature is no text`);
    this.#node.offer(name, callback, signature ?? signatureOf(callback));
  }

  unregister (name) {
    if (!this.#node.withdraw(name)) throw new DaffiError(Status.NOT_FOUND, `${name} is not registered`);
  }

  #fields (name, args, options) {
    checkText('the name of a function', name);
    checkText('process', options.process ?? '');
    checkText('key', options.key ?? '');
    checkWhole('policy', options.policy ?? 0, 255);
    checkTime('timeout', options.timeout ?? 0);
    checkListeners(options);
    if (!Array.isArray(args ?? [])) throw new DaffiError(Status.INVALID, 'the arguments are an array');
    const request = options.detached ? undefined : currentRequest();
    const left = request ? request.timeLeft() : Infinity;
    const wanted = options.timeout ?? (request ? Infinity : DEFAULT_TIMEOUT_MS);
    const timeout = Math.min(wanted, left);
    const wire = {};
    if (options.policy != null || options.key != null) {
      wire[Option.POLICY] = options.policy ?? Policy.KEY;
    }
    if (options.key != null) wire[Option.KEY] = options.key;
    return {
      name, peer: options.process ?? '', body: pack(args ?? []), options: wire,
      deadline: endOf(timeout),
      idempotent: options.idempotent ?? false, noRetry: options.noRetry ?? false,
      parent: request ?? null, signal: options.signal ?? null, onProgress: options.onProgress ?? null
    };
  }

  start (name, args, options = {}) {
    return this.#node.calls.start(Type.CALL, this.#fields(name, args, options));
  }

  async call (name, args, options) { return this.start(name, args, options).result; }

  cast (name, args, options = {}) {
    if (this.state === 'ended') throw new DaffiError(Status.STOPPED, 'this Global has stopped', { function: name });
    this.#node.calls.start(Type.CAST, this.#fields(name, args, { ...options, detached: true }));
  }

  broadcast (name, args, options = {}) {
    const fields = this.#fields(name, args, options);
    checkWhole('stopAfter', options.stopAfter ?? 0, 2 ** 32 - 1);
    fields.options = { [Option.ALL]: options.stopAfter ?? 0 };
    return new Broadcast(this.#node.calls.start(Type.CALL, { ...fields, broadcast: true }));
  }

  stream (name, args, options = {}) {
    const stream = new Stream(this.#node.calls.start(Type.CALL, this.#fields(name, args, options), true));
    if (options.items) stream.feed(options.items);
    return stream;
  }

  #wait (name, peer, timeout = Infinity) {
    checkText('a name', name);
    checkText('a name', peer);
    checkTime('timeout', timeout);
    return this.#node.calls.start(Type.WAIT, { name, peer, deadline: endOf(timeout) }).result;
  }

  async waitProcess (process, timeout) { return this.#wait('', process, timeout); }
  async waitFunction (name, timeout) { return this.#wait(name, '', timeout); }

  // From here on 'event' tells who is there, comes and goes.
  subscribe () {
    this.#node.subscribe('event');
  }

  async registeredCallbacks () {
    //  not put into an object one by one: a process may be called __proto__
    const found = new Map();
    for (const [process, name, signature] of await this.call('$sys.functions')) {
      found.set(process, [...found.get(process) ?? [], [name, signature]]);
    }
    return Object.fromEntries([...found].map(([process, own]) => [process, Object.fromEntries(own)]));
  }

  // --- tasks -------------------------------------------------------------------------------

  schedule (name, args, options = {}) { return schedule(this, this.#node.calls, name, args, options); }
  scheduledTasks (options) { return scheduled(this, options); }
  cancelTask (uuid, process) { return this.call('$sys.task.cancel', process ? [uuid, process] : [uuid]); }

  // From here on 'task' tells of runs that fail and of ends, of the tasks that this process has
  // scheduled, or of all.
  subscribeTasks ({ everybody = false } = {}) {
    this.#node.subscribe('task', everybody ? { [Option.ALL]: 0 } : {});
  }

  // --- transfer ----------------------------------------------------------------------------

  async transferAndCall (process, payload, name, args = [], options = {}) {
    const it = payloadOf(payload);
    return withPayload(this, process, it, '$node.payload.call', [it.hash, name, args], options);
  }

  async publish (process, payload, name, as = name) {
    const it = payloadOf(payload);
    await withPayload(this, process, it, '$node.payload.publish', [it.hash, name, as]);
  }

  withdraw (process, name) { return this.call('$node.payload.withdraw', [name], { process }); }
  payloads (process) { return this.call('$node.payload.list', [], { process }); }
  async unload (process, payload) {
    await this.call('$node.payload.unload', [payloadOf(payload).hash], { process });
  }

  // --- the end -----------------------------------------------------------------------------

  // Withdraws the functions, lets what runs finish, says goodbye. Idempotent. A callback, which
  // would wait for itself, is not kept waiting.
  async stop () {
    this.#stopping ??= this.#node.stop(this.#drainTimeout).then(() => { tell(() => this.emit('end')); });
    const request = currentRequest();
    if (request?.server.node !== this.#node || request.answered) await this.#stopping;
  }
}
