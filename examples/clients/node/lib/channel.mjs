// SPDX-License-Identifier: MPL-2.0
// One end of a stream, section 8.6: items out as far as there is credit, items in as far as
// credit was given. Caller and provider use it alike.

import { DaffiError } from './errors.mjs';
import { Executed, Option, Status, Type, WINDOW_BYTES, WINDOW_ITEMS } from './protocol.mjs';
import { pack, unpack } from './values.mjs';
import { record } from './wire.mjs';

export class Channel {
  constructor (send, id, items = 0, bytes = 0) {
    this.send = send;
    this.id = id;
    this.inbox = [];
    this.inboxBytes = 0;
    this.readItems = this.readBytes = 0;
    this.creditItems = items;
    this.creditBytes = bytes;
    this.ended = false;     // the other end sends no more
    this.over = false;      // the call is over
    this.failure = null;
    this.received = false;
    this.sentEnd = false;
    this.granted = false;
    this.waiters = [];
  }

  tell () {
    const waiters = this.waiters;
    this.waiters = [];
    for (const each of waiters) each();
  }

  changed () {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  // --- what comes ------------------------------------------------------------------------

  // False where the other end sends more than it may.
  onChunk (body) {
    if (this.over || this.ended) return true;
    if (this.inbox.length >= 2 * WINDOW_ITEMS || this.inboxBytes > 2 * WINDOW_BYTES) return false;
    this.inbox.push(body);
    this.inboxBytes += body.length;
    this.received = true;
    this.tell();
    return true;
  }

  onCredit (options) {
    this.creditItems += options[Option.ITEMS] ?? 0;
    this.creditBytes += options[Option.BYTES] ?? 0;
    this.tell();
  }

  onEnd () {
    this.ended = true;
    this.tell();
  }

  // The call is over; items that have come may still be read.
  finish (failure = null) {
    if (this.over) return;
    this.over = this.ended = true;
    this.failure = failure;
    this.tell();
  }

  // --- either end --------------------------------------------------------------------------

  // The provider's: the first credit for the caller, when the function begins to read.
  grant () {
    if (this.granted || this.over) return;
    this.granted = true;
    this.sendCredit(WINDOW_ITEMS, WINDOW_BYTES);
  }

  sendCredit (items, bytes) {
    this.send(record(Type.CREDIT, this.id, { options: { [Option.ITEMS]: items, [Option.BYTES]: bytes } }));
  }

  // { value }, or { done } at the end.
  async take () {
    for (;;) {
      if (this.inbox.length) {
        const body = this.inbox.shift();
        this.inboxBytes -= body.length;
        this.readItems++;
        this.readBytes += body.length;
        if (!this.ended && (this.readItems * 2 >= WINDOW_ITEMS || this.readBytes * 2 >= WINDOW_BYTES)) {
          this.sendCredit(this.readItems, this.readBytes);
          this.readItems = this.readBytes = 0;
        }
        return { value: unpack(body), done: false };
      }
      if (this.ended) {
        if (this.failure) throw this.failure;
        return { value: undefined, done: true };
      }
      await this.changed();
    }
  }

  // Sends an item as soon as there is credit.
  async put (value) {
    const body = pack(value);
    for (;;) {
      if (this.over || this.sentEnd) {
        throw this.failure ?? new DaffiError(Status.END, 'the call is over', { executed: Executed.YES });
      }
      if (this.creditItems > 0 && this.creditBytes > 0) break;
      await this.changed();
    }
    this.creditItems--;
    this.creditBytes -= body.length;
    this.send(record(Type.CHUNK, this.id, { body }));
  }

  // No more items from here.
  end () {
    if (!this.sentEnd && !this.over) this.send(record(Type.END, this.id));
    this.sentEnd = true;
    this.tell();
  }
}
