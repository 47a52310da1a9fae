// SPDX-License-Identifier: MPL-2.0
// The controller's clock as this process knows it, section 8.2: so that time on the wire
// counts against a deadline too.

import { Option } from './protocol.mjs';
import { now } from './link.mjs';

const MODULUS = 2 ** 32;
const SAMPLES = 8;

export class Clock {
  constructor () {
    this.samples = [];
  }

  forget () {
    this.samples = [];
  }

  // An answer has just come to what was sent at `sentMs` of our own clock.
  learn (sentMs, clockMs) {
    if (!(Number(clockMs) > 0)) return;
    this.samples.push([now() - sentMs, Number(clockMs) - (sentMs + now()) / 2]);
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  // null where it is not known.
  now () {
    if (!this.samples.length) return null;
    return Math.floor(now() + this.samples.reduce((best, each) => each[0] < best[0] ? each : best)[1]);
  }

  stamp (record) {
    const clock = this.now();
    if (clock !== null) record.options[Option.SENT_MS] = clock % MODULUS;
  }

  // What is left of a received ttl; null: it has none.
  left (record) {
    const sent = record.options[Option.SENT_MS];
    const clock = this.now();
    if (record.ttl === null || sent === undefined || clock === null) return record.ttl;
    const spent = (((clock - sent) % MODULUS) + MODULUS) % MODULUS;
    return Math.max(0, record.ttl - (spent < MODULUS / 2 ? spent : 0));
  }
}
