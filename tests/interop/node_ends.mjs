// SPDX-License-Identifier: MPL-2.0
// More sentences of node_cases.mjs: what others do wrong, listeners that throw, and how it ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { DaffiError, Executed, Global, Status } from 'daffi';

import { Type } from './lib/protocol.mjs';
import { record } from './lib/wire.mjs';

export const ends = ({ caller, join, fails, folder }) => ({
  async 'an answer or a progress that is no value harms nobody else' () {
    const body = Buffer.from([0xc1]);
    const other = await join('other', { work: () => 2 });
    const broken = await join('broken', {
      work () { this.answer(record(Type.RESULT, this.record.id, { body })); },
      report () {
        for (const each of [body, Buffer.from([5])]) {
          this.server.node.link.send(record(Type.PROGRESS, this.record.id, { body: each }));
        }
        return 1;
      }
    });
    await caller.waitFunction('report', 5000);
    const reason = await fails(caller.call('work', [], { process: 'broken' }));
    assert.deepEqual([reason.status, reason.process, reason.executed], [Status.PROTOCOL, 'broken', Executed.YES]);
    const replies = await caller.broadcast('work', []).result;
    assert.equal(replies.get('other'), 2);
    assert.equal(replies.get('broken').status, Status.PROTOCOL);
    assert.equal(await caller.call('report', []), 1);
    await broken.stop();
    await other.stop();
  },

  async 'a process may be called __proto__, and changes no object' () {
    const odd = await join('__proto__', { polluted: () => 1 });
    await caller.waitFunction('polluted', 5000);
    const found = Object.entries(await caller.registeredCallbacks());
    assert.equal(({}).polluted, undefined);
    assert.deepEqual(found.find(([name]) => name === '__proto__'), ['__proto__', { polluted: '()' }]);
    await odd.stop();
  },

  async 'a call that rests before another attempt ends with its Global' () {
    const g = await join('resting');
    const call = g.start('nobody', [], { timeout: Infinity });
    call.calls.flight.delete(call.id);
    call.calls.fail(call, new DaffiError(Status.BUSY, 'another time'));
    await g.stop();
    assert.equal((await Promise.race([fails(call.result), pause(10000, {})])).status, Status.STOPPED);
  },

  async 'a refusal is forgotten when the name is free' () {
    const first = await join('wanted');
    const second = new Global({ processName: 'wanted', unixSockPath: folder });
    await once(second, 'refused');
    assert.equal(second.refusal.status, Status.NAME_TAKEN);
    await first.stop();
    await once(second, 'connect');
    assert.equal(second.refusal, null);
    await second.stop();
  },

  async 'a listener that throws is uncaught, as always, and all goes on' () {
    const faults = [];
    const keep = (reason) => faults.push(reason.message);
    process.on('uncaughtException', keep);
    const g = await join('listener', { report () { this.progress(1); return 2; } });
    g.on('event', () => { throw new Error('of event'); });
    g.subscribe();
    await g.waitFunction('report', 5000);
    const onProgress = () => { throw new Error('of progress'); };
    assert.equal(await g.call('report', [], { onProgress, timeout: 5000 }), 2);
    g.removeAllListeners('event');
    await g.stop();
    process.off('uncaughtException', keep);
    assert(faults.includes('of event') && faults.includes('of progress'), faults);
  },

  async 'a callback may stop its own process, and its answer arrives' () {
    const g = await join('leaver', { leave: async () => { await g.stop(); return 'bye'; } });
    await caller.waitFunction('leave', 5000);
    const end = once(g, 'end');
    assert.equal(await caller.call('leave', [], { noRetry: true }), 'bye');
    await end;
    assert.throws(() => g.cast('leave'), { status: Status.STOPPED });
  },

  async 'a cast that runs is counted, and waited for when it stops' () {
    let go;
    let done = false;
    const begun = new Promise((resolve) => { go = resolve; });
    const g = await join('casts', {
      work: () => new Promise((resolve) => go(() => { done = true; resolve(); }))
    });
    await caller.waitFunction('work', 5000);
    caller.cast('work');
    const finish = await begun;
    assert.equal((await caller.call('$node.info', [], { process: 'casts' })).running, 2);
    const stopped = g.stop();
    finish();
    await stopped;
    assert(done);
  }
});
