// SPDX-License-Identifier: MPL-2.0
// The socket: connects, tells when the connection comes and goes, packs what waits to be sent.

import { Dealer } from 'zeromq';

import { DaffiError } from './errors.mjs';
import { MESSAGE_BYTES, Status } from './protocol.mjs';
import { writeMessages } from './wire.mjs';

const RETRY_MS = 5;

export const now = () => performance.now();

export class Link {
  // `session`: onUp, onDown, onMessage (frames), onUnsent (record, reason).
  constructor (endpoint, session) {
    this.endpoint = endpoint;
    this.session = session;
    this.outbox = [];
    this.sending = false;
    this.socket = null;
    this.closed = false;
  }

  // Throws where ZeroMQ cannot use the endpoint.
  open () {
    const socket = new Dealer({
      immediate: true, linger: 0, sendTimeout: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0,
      maxMessageSize: MESSAGE_BYTES + (1 << 20), handshakeInterval: 3000,
      reconnectInterval: 25 + Math.floor(Math.random() * 50), reconnectMaxInterval: 500,
      ipv6: this.endpoint.includes('[')
    });
    this.socket = socket;
    const current = (act) => () => { if (this.socket === socket) act(); };
    socket.events.on('handshake', current(() => this.session.onUp()));
    socket.events.on('disconnect', current(() => this.session.onDown()));
    try {
      socket.connect(this.endpoint);
    } catch (reason) {
      this.socket = null;
      socket.close();
      throw new DaffiError(Status.ENDPOINT, `cannot connect to ${this.endpoint}: ${reason.message}; look at host and port`);
    }
    this.receive(socket);
  }

  async receive (socket) {
    try {
      for await (const frames of socket) {
        if (this.socket === socket) this.session.onMessage(frames);
      }
    } catch (reason) {
      if (this.socket === socket && !this.closed) throw reason;
    }
  }

  // A fresh connection, on a fresh socket: nothing of the old one is left.
  reconnect () {
    this.socket.close();
    this.open();
  }

  // `stamp (record)` fills in what depends on the moment of sending.
  send (record, stamp = null) {
    this.outbox.push([record, stamp]);
    if (!this.sending) {
      this.sending = true;
      setImmediate(() => this.flush());
    }
  }

  forget () {
    this.outbox = [];
  }

  async flush () {
    while (this.outbox.length && this.socket) {
      const socket = this.socket;
      const waiting = this.outbox;
      this.outbox = [];
      for (const message of this.write(waiting)) await this.deliver(socket, message);
    }
    this.sending = false;
  }

  // The messages of all; one that cannot be written does not take the others with it.
  write (waiting) {
    try {
      for (const [record, stamp] of waiting) stamp?.(record);
      return [...writeMessages(waiting.map(([record]) => record))];
    } catch (reason) {
      if (waiting.length > 1) return waiting.flatMap((each) => this.write([each]));
      this.session.onUnsent(waiting[0][0], reason);
      return [];
    }
  }

  // Without a connection ZeroMQ takes nothing: then it is not sent at all.
  async deliver (socket, message) {
    while (this.socket === socket) {
      try {
        await socket.send(message);
        return;
      } catch (reason) {
        if (reason.code !== 'EAGAIN' || !this.session.connected) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async close () {
    await this.flush();
    this.closed = true;
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.linger = 500;
      socket.close();
    }
  }
}
