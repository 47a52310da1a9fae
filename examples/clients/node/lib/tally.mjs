// SPDX-License-Identifier: MPL-2.0
// How often a function ran, and for how long: what `$node.stats` tells of it.
//
// Times are counted in classes, eight to each power of two, so that a quantile costs no
// memory and is at most an eighth too large.

const CLASSES = 8;

export class Tally {
  constructor () {
    this.begun = this.ended = this.failed = 0;
    this.longest = 0;
    this.classes = new Map();
  }

  begin () { this.begun++; }

  end (timeUs, failed) {
    this.ended++;
    this.failed += failed;
    this.longest = Math.max(this.longest, timeUs);
    const time = Math.max(1, timeUs);
    const power = Math.floor(Math.log2(time));
    const each = power * CLASSES + Math.min(CLASSES - 1, Math.floor((time / 2 ** power - 1) * CLASSES));
    this.classes.set(each, (this.classes.get(each) ?? 0) + 1);
  }

  // The end of the class that it falls into; 0 where nothing ran.
  quantile (share) {
    let left = share * this.ended;
    for (const each of [...this.classes.keys()].sort((a, b) => a - b)) {
      left -= this.classes.get(each);
      if (left <= 0) {
        const end = 2 ** Math.floor(each / CLASSES) * (1 + (each % CLASSES + 1) / CLASSES);
        return Math.min(end, this.longest);
      }
    }
    return this.longest;
  }

  told (name) {
    return { function: name, calls: this.ended, failed: this.failed, running: this.begun - this.ended,
      p50_us: this.quantile(0.5), p90_us: this.quantile(0.9), p99_us: this.quantile(0.99), max_us: this.longest };
  }
}
