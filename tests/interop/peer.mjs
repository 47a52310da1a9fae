// SPDX-License-Identifier: MPL-2.0
// peer.mjs FOLDER NAME: the Node.js end of the matrix; peer.h says what it does.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { Executed, Global, Status } from 'daffi';

const TIMEOUT = 20000;
const LARGE_BYTES = 4 << 20;
const [folder, name] = process.argv.slice(2);
const counters = { running: 0, noticed: 0 };

function checksumOf (data) {
  let sum = 0;
  for (const byte of typeof data === 'string' ? Buffer.from(data) : data) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum;
}

function kindOf (value) {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Uint8Array) return 'binary';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  return { boolean: 'bool', bigint: 'int', string: 'string', object: 'map' }[typeof value] ?? 'another';
}

// --- what it offers ----------------------------------------------------------------------

const functions = {
  add: (a, b) => a + b,
  echo: (value) => value,
  kind: kindOf,
  checksum: checksumOf,
  fail (text) { throw Object.assign(new Error(text), { name: 'broken' }); },
  async total () {
    let sum = 0;
    for await (const item of this.items) sum += item;
    return sum;
  },
  async * count (n) {
    let i = 0;
    try {
      for (; i < n; i++) yield i;
    } finally {
      counters.noticed += i < n;
    }
    return 'done';
  },
  async * twice () {
    for await (const item of this.items) yield 2 * item;
    return 'doubled';
  },
  async slow () {
    counters.running++;
    await pause(TIMEOUT, null, { signal: this.signal }).catch(() => counters.noticed++);
    counters.running--;
  },
  running: () => counters.running,
  noticed: () => counters.noticed,
  name: () => name
};

// --- what it asks ------------------------------------------------------------------------

const g = await Global.start({ processName: name, unixSockPath: folder, functions, connectTimeout: TIMEOUT });

function scene (provider) {
  const to = { process: provider, timeout: TIMEOUT };
  const ask = (function_, ...args) => g.call(function_, args, to);
  const reaches = async (counter, number) => {
    for (const end = Date.now() + TIMEOUT; await ask(counter) < number;) {
      assert(Date.now() < end, `${counter} stays below ${number}`);
      await pause(5);
    }
  };
  const fails = async (promise, status, executed) => {
    const reason = await promise.then((value) => assert.fail(`it returned ${value}`), (error) => error);
    assert.deepEqual([reason.status, reason.executed], [status, executed], String(reason));
    return reason;
  };
  const comesBack = async (kind, value) => {
    assert.equal(await ask('kind', value), kind);
    assert.deepEqual(await ask('echo', value), value);
  };
  const bytes = async (size) => {
    const data = new Uint8Array(size).map((_, i) => (i * 7 + Math.floor(i / 256)) & 0xFF);
    assert.equal(await ask('checksum', data), checksumOf(data));
    assert.equal(Buffer.compare(await ask('echo', data), data), 0);
  };
  return {
    async calls () {
      assert.equal(await ask('add', 2, 3), 5);
      assert.equal(await ask('add', 2 ** 53 - 2, 1), 2 ** 53 - 1);
      assert.equal(await ask('add', -70000, 1), -69999);
    },
    async values () {
      for (const [kind, value] of [['nil', null], ['bool', true], ['int', -129], ['int', 2 ** 53 - 1],
        ['double', 0.1], ['string', ''], ['binary', Buffer.alloc(0)], ['array', [1, 'a', []]],
        ['map', { a: 1, b: { c: 0.5 } }]]) await comesBack(kind, value);
      assert.equal(await ask('echo', 2n ** 63n + 1n), 2n ** 63n + 1n);
    },
    async unicode () {
      const text = 'grüße 世界 😀 \u00a0 e\u0301';
      assert.equal(await ask('checksum', text), checksumOf(text));
      await comesBack('string', text);
    },
    binary: () => bytes(256),
    large: () => bytes(LARGE_BYTES),
    async errors () {
      const reason = await fails(ask('fail', 'x'), Status.FAILED, Executed.YES);
      assert.deepEqual([reason.text, reason.process], ['broken: x', provider]);
      await fails(ask('no-such'), Status.NO_FUNCTION, Executed.NO);
      await fails(g.call('add', [1, 2], { process: 'nobody' }), Status.NO_PROCESS, Executed.NO);
    },
    async up () {
      const items = Array.from({ length: 1000 }, (_, i) => i);
      assert.equal(await g.stream('total', [], { ...to, items }).result, 499500);
    },
    async down () {
      const stream = g.stream('count', [1000], to);
      let expected = 0;
      for await (const item of stream) assert.equal(item, expected++);
      assert.equal(expected, 1000);
      assert.equal(await stream.result, 'done');
    },
    async both () {
      const stream = g.stream('twice', [], to);
      for (let i = 0; i < 200; i++) {
        await stream.send(i);
        assert.equal(await stream.receive(), 2 * i);
      }
      stream.end();
      assert.equal(await stream.result, 'doubled');
    },
    async 'letting-go' () {
      const before = await ask('noticed');
      for await (const item of g.stream('count', [1000000], to)) {
        assert.equal(item, 0);
        break;
      }
      await reaches('noticed', before + 1);
    },
    async cancel () {
      const before = await ask('noticed');
      const controller = new AbortController();
      const call = g.start('slow', [], { ...to, signal: controller.signal });
      await reaches('running', 1);
      controller.abort();
      await fails(call.result, Status.CANCELLED, Executed.MAYBE);
      await reaches('noticed', before + 1);
    },
    async deadline () {
      const before = await ask('noticed');
      await fails(g.call('slow', [], { ...to, timeout: 1000 }), Status.TIMEOUT, Executed.MAYBE);
      await reaches('noticed', before + 1);
    },
    async broadcast () {
      const replies = await g.broadcast('name', [], { timeout: TIMEOUT }).result;
      assert(replies.has(provider));
      for (const [process, value] of replies) assert.equal(value, process);
    }
  };
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [scenario, provider] = line.split(' ');
  try {
    await scene(provider)[scenario]();
    console.log('ok');
  } catch (reason) {
    console.log(`FAIL ${String(reason.message ?? reason).replace(/\s+/g, ' ').slice(0, 300)}`);
  }
}
await g.stop();
