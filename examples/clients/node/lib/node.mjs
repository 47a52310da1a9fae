// SPDX-License-Identifier: MPL-2.0
// The session with the controller, as the table in section 7.2 of PROTOCOL.md has it, and the
// way of each record to where it belongs.

import { randomBytes } from 'node:crypto';

import { Calls, readError } from './calls.mjs';
import { Clock } from './clock.mjs';
import { Link, now } from './link.mjs';
import { CLIENT_VERSION } from './own.mjs';
import { EventType, Executed, MESSAGE_BYTES, Option, Status, Type, VERSION } from './protocol.mjs';
import { Server } from './serve.mjs';
import { Tally } from './tally.mjs';
import { pack, unpack } from './values.mjs';
import { Malformed, readMessage, record } from './wire.mjs';

const HELLO_AGAIN_MS = 1000; // no answer, or refused

export class Node {
  // `tell (event, value)`: connect, disconnect, refused, event, log, and drain.
  constructor (name, endpoint, options, tell) {
    this.name = name;
    this.tell = tell;
    this.link = new Link(endpoint, this);
    this.clock = new Clock();
    this.calls = new Calls(this);
    this.server = new Server(this);
    this.state = 'connecting';
    this.limit = MESSAGE_BYTES;
    this.held = false;
    this.told = new Map();
    //  by the name that listeners have for them
    this.subscriptions = {
      event: { name: '', id: 0n, wanted: false, options: {},
        empty: { process: '', function: '', signature: '', reason: 0 } },
      task: { name: '$sys.tasks', id: 0n, wanted: false, options: {},
        empty: { uuid: '', function: '', owner: '', due_ms: 0, process: '', status: 0, executed: 0, text: '' } }
    };
    this.hello = {
      heartbeat_ms: options.heartbeat ?? 1000, timeout_ms: options.heartbeatTimeout ?? 3000,
      capacity: options.capacity ?? 256, takeover: options.takeover ?? false,
      incarnation: randomBytes(16)
    };
    this.heartbeatMs = 1000;
    this.timeoutMs = this.hello.timeout_ms;
    this.heard = this.spoke = now();
    this.ping = null;
  }

  get connected () { return this.state === 'connected' || this.state === 'draining'; }
  get takesCalls () { return this.connected && !this.held; }

  start () {
    this.link.open();
    this.pulse();
  }

  send (type, id = 0n, fields = {}) { this.link.send(record(type, id, fields)); }

  // --- functions ---------------------------------------------------------------------------

  offer (name, callback, signature) {
    this.server.functions.set(name, { callback, signature, tally: new Tally() });
    if (this.state === 'connected') this.update([], [[name, signature]]);
  }

  withdraw (name) {
    const known = this.server.functions.delete(name);
    if (known && this.state === 'connected') this.update([name], []);
    return known;
  }

  update (remove, add) { this.send(Type.UPDATE, 0n, { body: pack({ remove, add }) }); }

  subscribe (event, options = {}) {
    Object.assign(this.subscriptions[event], { wanted: true, options });
    if (this.connected) this.subscribeAgain(event);
  }

  subscribeAgain (event) {
    const to = this.subscriptions[event];
    if (!to.wanted) return;
    to.id = this.calls.nextId();
    this.send(Type.SUBSCRIBE, to.id, { name: to.name, options: { ...to.options } });
  }

  // --- the connection ----------------------------------------------------------------------

  onUp () {
    this.heard = now();
    if (this.state !== 'ended') this.greet();
  }

  onDown () {
    this.lose();
    if (this.state !== 'ended') this.state = 'connecting';
  }

  onUnsent (each, reason) {
    if ([Type.CALL, Type.WAIT, Type.SCHEDULE].includes(each.type)) this.calls.onUnsent(each, reason);
  }

  // Heartbeats, silence, and greeting again.
  pulse () {
    clearTimeout(this.timer);
    if (this.state === 'ended') return;
    const time = now();
    if (this.state !== 'connecting' && time - this.heard > this.timeoutMs) {
      this.lose();
      if (this.state === 'ended') return;
      this.state = 'connecting';
      this.link.reconnect();
    } else if (this.connected && time - this.spoke >= this.heartbeatMs) {
      this.spoke = time;
      this.ping = { id: this.calls.nextId(), sent: time };
      this.send(Type.PING, this.ping.id);
    } else if (!this.connected && this.state !== 'connecting' && time - this.greeted > HELLO_AGAIN_MS) {
      this.greet();
    }
    this.timer = setTimeout(() => this.pulse(), Math.max(10, Math.min(200, this.heartbeatMs / 4)));
  }

  greet () {
    this.state = 'greeting';
    this.greeted = now() + Math.random() * HELLO_AGAIN_MS * 0.2;
    this.helloSent = now();
    this.helloId = randomBytes(8).readBigUInt64BE() | 1n;
    this.told = new Map(this.server.functions);
    const functions = [...this.told].map(([name, each]) => [name, each.signature]);
    this.link.forget();
    this.send(Type.HELLO, this.helloId, {
      peer: this.name,
      body: pack({ min: VERSION, max: VERSION, features: [], language: 'node',
        version: CLIENT_VERSION, functions, ...this.hello })
    });
  }

  // The session is over, if there was one.
  lose (executed = Executed.MAYBE) {
    const was = this.connected;
    this.link.forget();
    this.clock.forget();
    if (!was) return;
    this.state = this.state === 'draining' ? 'ended' : 'connecting';
    this.held = false;
    this.calls.onLost(executed);
    this.server.onLost();
    for (const [event, { wanted, empty }] of Object.entries(this.subscriptions)) {
      if (wanted) this.tell(event, { type: EventType.LOST, ...empty });
    }
    this.tell('disconnect');
  }

  // --- records -----------------------------------------------------------------------------

  onMessage (frames) {
    this.heard = now();
    try {
      for (const each of readMessage(frames)) {
        const handler = HANDLERS[each.type];
        if (handler) handler.call(this, each);
        else this.complain(each.id, `no record of type ${each.type} is taken`);
      }
    } catch (reason) {
      if (!(reason instanceof Malformed)) throw reason;
      this.complain(0n, reason.message);
    }
  }

  complain (id, text) {
    this.send(Type.ERROR, id, {
      body: pack(text), options: { [Option.STATUS]: Status.PROTOCOL, [Option.EXECUTED]: Executed.NO }
    });
  }

  onWelcome (each) {
    if (this.state !== 'greeting' || each.id !== this.helloId) return;
    const welcome = unpack(each.body);
    this.heartbeatMs = Number(welcome.heartbeat_ms) * 0.8;
    this.timeoutMs = Number(welcome.timeout_ms);
    this.limit = Number(welcome.limits?.message ?? MESSAGE_BYTES);
    this.clock.learn(this.helloSent, welcome.clock_ms);
    this.spoke = now();
    this.state = 'connected';
    this.tellLate();
    for (const event of Object.keys(this.subscriptions)) this.subscribeAgain(event);
    this.tell('connect');
    this.calls.onConnected();
  }

  // What came or went between HELLO and WELCOME.
  tellLate () {
    const present = this.server.functions;
    const removed = [...this.told.keys()].filter((name) => !present.has(name));
    const added = [...present].filter(([name, each]) => this.told.get(name) !== each)
      .map(([name, each]) => [name, each.signature]);
    if (removed.length || added.length) this.update(removed, added);
  }

  onError (each) {
    const failure = readError(each, this.calls.flight.get(each.id)?.name);
    if (each.id === 0n) this.tell('log', `the controller says: ${failure.message}`);
    else if (this.state === 'greeting' && each.id === this.helloId) {
      this.state = 'refused';
      this.tell('refused', failure);
    } else this.calls.onAnswer(each, failure);
  }

  onCall (each) { if (this.connected) this.server.onCall(each, this.clock.left(each)); }
  onResult (each) { this.calls.onAnswer(each, null); }

  onChunk (each) {
    const call = this.calls.flight.get(each.id);
    const request = this.server.requests.get(each.id);
    if (call?.channel && !call.channel.onChunk(each.body)) {
      call.abandon(call.error(Status.PROTOCOL, 'more items than were asked for'));
    } else if (!call && request?.channel && !request.channel.onChunk(each.body)) request.cancel();
  }

  onCredit (each) {
    const holder = this.calls.flight.get(each.id) ?? this.server.requests.get(each.id);
    holder?.channel?.onCredit(each.options);
  }

  onEnd (each) {
    const request = this.server.requests.get(each.id);
    if (request) request.channel?.onEnd();
    else this.calls.onEnd(each);
  }

  onCancel (each) { this.server.requests.get(each.id)?.cancel(); }

  onEvent (each) {
    for (const [event, { wanted, id, empty }] of Object.entries(this.subscriptions)) {
      if (wanted && id === each.id) this.tell(event, { ...empty, ...unpack(each.body) });
    }
  }

  onProgress (each) { this.calls.onProgress(each); }

  onPing (each) { this.send(Type.PONG, each.id); }

  onPong (each) {
    if (each.id === this.ping?.id) this.clock.learn(this.ping.sent, unpack(each.body)?.clock_ms);
  }

  onDrain (each) {
    if (each.id === 0n) this.held = true; // the controller stops
    else this.drainAnswered?.();
  }

  // The controller stops: hang up, and look for its successor.
  onGoodbye (each) {
    this.lose(each.options[Option.EXECUTED] === Executed.NO ? Executed.NO : Executed.MAYBE);
    if (this.state === 'ended') return;
    this.state = 'connecting';
    this.link.reconnect();
  }

  onWho () {
    this.lose();
    if (this.state !== 'ended') this.greet();
  }

  // --- the end -----------------------------------------------------------------------------

  async stop (timeoutMs) {
    if (this.state === 'connected') {
      this.state = 'draining';
      this.send(Type.DRAIN, this.calls.nextId());
      await new Promise((resolve) => {
        this.drainAnswered = resolve;
        setTimeout(resolve, Math.min(1000, timeoutMs)).unref();
      });
    }
    await this.server.drained(timeoutMs);
    this.server.onLost();
    this.calls.stop();
    if (this.connected) {
      this.send(Type.GOODBYE);
      this.tell('disconnect');
    }
    this.state = 'ended';
    clearTimeout(this.timer);
    await this.link.close();
  }
}

const HANDLERS = {
  [Type.WELCOME]: Node.prototype.onWelcome,
  [Type.CALL]: Node.prototype.onCall,
  [Type.RESULT]: Node.prototype.onResult,
  [Type.ERROR]: Node.prototype.onError,
  [Type.CAST]: Node.prototype.onCall,
  [Type.CHUNK]: Node.prototype.onChunk,
  [Type.CREDIT]: Node.prototype.onCredit,
  [Type.END]: Node.prototype.onEnd,
  [Type.CANCEL]: Node.prototype.onCancel,
  [Type.EVENT]: Node.prototype.onEvent,
  [Type.PING]: Node.prototype.onPing,
  [Type.PONG]: Node.prototype.onPong,
  [Type.DRAIN]: Node.prototype.onDrain,
  [Type.GOODBYE]: Node.prototype.onGoodbye,
  [Type.WHO]: Node.prototype.onWho,
  [Type.PROGRESS]: Node.prototype.onProgress
};
