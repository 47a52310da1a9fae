// SPDX-License-Identifier: MPL-2.0
// node_cases.mjs FOLDER: the Node.js client by itself. A line a sentence; between the lines
// `kill` and `start` the test that started it does so with the broker.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import * as daffi from 'daffi';

import { ends } from './node_ends.mjs';

const { DaffiError, EventType, Executed, Global, Policy, Reason, ScheduledTask, Status, TaskEventType, currentRequest } = daffi;
const [folder, types] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function broker (what) {
  console.log(what);
  assert.equal((await lines.next()).value, 'done');
}

const join = (processName, functions = {}, more = {}) =>
  Global.start({ processName, unixSockPath: folder, functions, ...more });

async function until (condition) {
  for (const end = Date.now() + 10000; !await condition();) {
    assert(Date.now() < end, `it did not come: ${condition}`);
    await pause(5);
  }
}

const fails = (promise) => promise.then((value) => assert.fail(`it returned ${value}`), (reason) => reason);

const caller = await join('caller');
let server;

const proofs = {
  async 'whatever a callback throws or returns is answered' () {
    const odd = await join('odd', {
      unreadable: () => { throw Object.defineProperty(new Error('x'), 'message', { get () { throw new Error('y'); } }); },
      trap: () => { throw new Proxy({}, { get () { throw new Error('z'); } }); },
      symbol: () => { throw Symbol('s'); }, nothing: () => { throw undefined; },
      map: () => new Map([[1, 2]]), promise: () => [Promise.resolve(1)], fine: () => 1
    });
    await caller.waitFunction('fine', 5000);
    for (const name of ['unreadable', 'trap', 'symbol', 'nothing']) {
      assert.equal((await fails(caller.call(name, []))).status, Status.FAILED);
    }
    assert.match((await fails(caller.call('map', []))).message, /a Map cannot travel/);
    assert.match((await fails(caller.call('promise', []))).message, /a Promise cannot travel/);
    assert.equal(await caller.call('fine', []), 1);
    await odd.stop();
  },
  async 'what is wrong with arguments, options and endpoints is said at once' () {
    const invalid = async (act, part) => {
      const reason = await fails((async () => act())());
      assert.equal(reason.status, Status.INVALID, reason);
      assert.match(reason.message, part);
    };
    await invalid(() => caller.call(5, []), /name of a function/);
    for (const no of [[], [5]]) await invalid(() => caller.register('f', ...no), /f: its callback is no function/);
    await invalid(() => caller.call('f', [], { signal: 5 }), /an AbortSignal was expected/);
    await invalid(() => caller.call('f', [], { onProgress: 5 }), /onProgress: a function was expected/);
    await invalid(() => caller.register(undefined, () => 1), /undefined is no name of a function/);
    await invalid(() => caller.call('f', [new ArrayBuffer(1)]), /an ArrayBuffer cannot travel/);
    await invalid(() => caller.call('f', [/x/, new Error('x')]), /a RegExp cannot travel/);
    assert.match((await fails(Global.start({ host: 'no host', port: 1 }))).message, /cannot connect to tcp:\/\/no host:1/);
    const long = 'x'.repeat(129);
    for (const name of [long, '\u00e9'.repeat(65), null, undefined]) {
      await invalid(() => caller.call(name, []), /name of a function: a text of at most 128 bytes/);
      await invalid(() => caller.schedule(name, [], { interval: 1000 }), /name of a function/);
    }
    await invalid(() => caller.call('f', [], { key: long }), /key: a text/);
    await invalid(() => caller.waitFunction(long), /a text/);
    for (const policy of [1n, -1, 256, 1.5, '1']) {
      await invalid(() => caller.call('f', [], { policy }), /policy: a number/);
      await invalid(() => caller.cast('f', [], { policy }), /policy: a number/);
    }
    for (const stopAfter of [1n, -1, 2 ** 32, 'all']) {
      await invalid(() => caller.broadcast('f', [], { stopAfter }), /stopAfter: a number/);
    }
    await invalid(() => caller.call('f', 'text'), /the arguments are an array/);
    await invalid(() => caller.call('f', [], { process: 5 }), /process: a text/);
    await invalid(() => caller.call('f', [], { timeout: '5s' }), /timeout: a number/);
    await invalid(() => caller.waitProcess(5), /a text of at most/);
    await invalid(() => caller.schedule('f', [], { interval: 1000, max_runs: 1 }), /no option max_runs: .*maxRuns/);
    await invalid(() => caller.schedule('f', [], { interval: 1000, all: true, process: 'x' }), /exclude/);
    await invalid(() => caller.schedule('f', [], { interval: '1x' }), /column 2: 'x' is no unit/);
    await invalid(() => new Global({ host: '127.0.0.1', port: 99999 }), /99999 is no port/);
    await invalid(() => new Global({ unixSockPath: 'x'.repeat(200) }), /107/);
    await invalid(() => new Global({ initController: true }), /daffi up/);
    const alone = new Global({ unixSockPath: `${folder}/nowhere` });
    assert.match((await fails(alone.call('f', [], { timeout: 20 }))).text, /^not connected to a controller at ipc:/);
    await alone.stop();
    assert.equal((await fails(caller.call('nowhere', []))).message.split('nowhere').length, 2);
  },
  async 'a key that is null is none, and a record that cannot be written fails its own call alone' () {
    const guest = await join('guest', { echo: (x) => x, own: () => { throw new DaffiError(1n, 'mine'); } });
    await caller.waitFunction('own', 5000);
    const [first, broken, last] = [1, 2, 3].map((each) => caller.start('echo', [each], { key: null, policy: null }));
    const { outbox } = broken.calls.node.link;
    outbox[outbox.length - 2][0].name = 'x'.repeat(300);
    assert.equal((await fails(broken.result)).status, Status.INTERNAL);
    assert.deepEqual([await first.result, await last.result], [1, 3]);
    assert.equal((await fails(caller.call('own', []))).status, Status.FAILED);
    assert.equal(await caller.waitFunction('echo', 1e300), 'guest');
    await guest.stop();
  },
  async 'functions come and go, at any time' () {
    server = await join('server', { echo: (x) => x });
    server.register('late', () => 1);
    assert.equal(await caller.waitFunction('late', 5000), 'server');
    assert.deepEqual(await caller.registeredCallbacks(), { server: { echo: '(x)', late: '()' } });
    server.unregister('late');
    await until(async () => !('late' in (await caller.registeredCallbacks()).server));
    assert.throws(() => server.unregister('late'), DaffiError);
    assert.throws(() => server.register('two words', () => 1), DaffiError);
  },
  async 'presence: waits and events, and why somebody left' () {
    const seen = [];
    caller.on('event', (event) => { if (event.process === 'guest') seen.push([event.type, event.function, event.reason]); });
    caller.subscribe();
    assert.equal((await fails(caller.waitProcess('guest', 50))).status, Status.TIMEOUT);
    const guest = await join('guest', { hello: () => 'hello' });
    await caller.waitProcess('guest', 5000);
    await guest.stop();
    await until(() => seen.length === 4);
    assert.deepEqual(seen, [[EventType.JOINED, '', 0], [EventType.FUNCTION_ADDED, 'hello', 0],
      [EventType.FUNCTION_REMOVED, 'hello', 0], [EventType.LEFT, '', Reason.GOODBYE]]);
  },
  async 'a name that is taken is refused, or taken over' () {
    assert.equal((await fails(join('server'))).status, Status.NAME_TAKEN);
    const newer = await join('server', { who: () => 'newer' }, { takeover: true });
    assert.equal(await caller.call('who'), 'newer');
    await server.stop();
    server = newer;
    server.register('echo', (x) => x);
  },
  async 'errors keep their status, and say whether it ran' () {
    server.register('picky', () => { throw new DaffiError(Status.NOT_FOUND, 'no paper'); });
    await caller.waitFunction('picky', 5000);
    const reason = await fails(caller.call('picky'));
    assert.deepEqual([reason.status, reason.text, reason.executed, reason.code],
      [Status.NOT_FOUND, 'no paper', Executed.YES, 'NOT_FOUND']);
    assert.equal((await fails(caller.call('echo', [2n ** 64n]))).status, Status.INVALID);
  },
  async 'inside a callback calls inherit the deadline and the cancellation' () {
    let left;
    let ended = false;
    server.register('inner', async function () {
      await new Promise((resolve) => this.signal.addEventListener('abort', resolve));
      ended = true;
    });
    server.register('outer', () => {
      left = currentRequest().timeLeft();
      return server.call('inner');
    });
    await caller.waitFunction('outer', 5000);
    assert.equal((await fails(caller.call('outer', [], { timeout: 200 }))).status, Status.TIMEOUT);
    await until(() => ended);
    assert(left <= 200);
  },
  async 'policies choose the provider, and a broadcast stops when enough have answered' () {
    const second = await join('second', { who: () => 'second' });
    await until(async () => (await caller.broadcast('who').result).size === 2);
    const seen = new Set();
    for (let i = 0; i < 4; i++) seen.add(await caller.call('who', [], { policy: Policy.ROUND_ROBIN }));
    assert.deepEqual([...seen].sort(), ['newer', 'second']);
    const keyed = new Set();
    for (let i = 0; i < 4; i++) keyed.add(await caller.call('who', [], { key: 'k' }));
    assert.equal(keyed.size, 1);
    const noted = [];
    for (const each of [second, server]) each.register('noted', () => noted.push(each.processName));
    await caller.waitFunction('noted', 5000);
    await until(async () => (await caller.broadcast('noted').result).size === 2);
    for (const options of [{ policy: Policy.ROUND_ROBIN }, { key: 'k' }]) {
      noted.length = 0;
      for (let i = 0; i < 8; i++) caller.cast('noted', [], options);
      await until(() => noted.length === 8);
      assert.equal(noted.filter((each) => each === noted[0]).length, options.key ? 8 : 4);
    }
    second.register('who', () => pause(10000, null, { signal: currentRequest().signal }));
    await pause(20);
    const replies = await caller.broadcast('who', [], { stopAfter: 1 }).result;
    assert.equal(replies.get('server'), 'newer');
    assert.equal(replies.get('second').status, Status.CANCELLED);
    const processes = [];
    for await (const reply of caller.broadcast('who', [], { stopAfter: 1 })) processes.push(reply.process);
    assert.deepEqual(processes.sort(), ['second', 'server']);
    await second.stop();
  },
  async 'the items of a caller that fails end the call' () {
    server.register('total', async function () {
      let sum = 0;
      for await (const item of this.items) sum += item;
      return sum;
    });
    await caller.waitFunction('total', 5000);
    const items = (function * () {
      yield 1;
      throw new TypeError('mine');
    })();
    assert((await fails(caller.stream('total', [], { items }).result)) instanceof TypeError);
  },
  async 'a function that yields answers a plain call with an array' () {
    server.register('three', function * () { yield * [1, 2, 3]; });
    await caller.waitFunction('three', 5000);
    assert.deepEqual(await caller.call('three'), [1, 2, 3]);
  },
  async 'a function tells how far it is' () {
    server.register('steps', function () {
      this.progress(1, 2, 'half');
      this.progress(2, 2);
      return 'all';
    });
    await caller.waitFunction('steps', 5000);
    const seen = [];
    const call = caller.start('steps', [], { onProgress: (each) => seen.push(each) });
    assert.equal(await call.result, 'all');
    assert.deepEqual(seen, [{ process: 'server', done: 1, total: 2, text: 'half' },
      { process: 'server', done: 2, total: 2, text: '' }]);
    assert.deepEqual(call.progress, seen[1]);
  },
  async 'counts and times of each function, for whoever looks after it' () {
    server.register('counted', (fails) => { if (fails) throw new Error('no'); });
    await caller.waitFunction('counted', 5000);
    for (const each of [false, false, true]) await caller.call('counted', [each]).catch(() => {});
    const stats = await caller.call('$node.stats', [], { process: 'server' });
    const row = stats.functions.find((each) => each.function === 'counted');
    assert.deepEqual([stats.process, row.calls, row.failed, row.running], ['server', 3, 1, 0]);
    assert(row.p50_us > 0 && row.p50_us <= row.p90_us && row.p99_us <= row.max_us);
  },
  async 'tasks run at their times, and any process steers them' () {
    let runs = 0;
    server.register('note', (step) => { runs += step; });
    await caller.waitFunction('note', 5000);
    const often = await caller.schedule('note', [2], { interval: 20, maxRuns: 3, process: 'server' });
    await until(() => runs === 6);
    await until(async () => (await often.info()).state === 'finished');
    assert.equal(await often.cancel(), 'finished');
    const nightly = await caller.schedule('note', [1], { cron: '30 3 * * *', zone: 'Europe/Berlin' });
    const listed = await server.scheduledTasks({ process: 'caller' });
    assert.deepEqual(listed.map((each) => [each.uuid, each.condition]), [[nightly.uuid, 'cron']]);
    assert((await server.scheduledTasks({ ended: true })).some((each) => each.uuid === often.uuid));
    const same = new ScheduledTask(server, nightly.uuid);
    await same.pause();
    assert.equal((await nightly.info()).state, 'paused');
    await same.resume();
    await same.run();
    await until(() => runs === 7);
    await until(async () => (await nightly.info()).history.length === 1);
    assert.equal(await server.cancelTask(nightly.uuid, 'caller'), 'cancelled');
    assert.equal(await caller.cancelTask('6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60'), 'unknown');
    assert.equal((await fails(caller.schedule('note', [], {}))).status, Status.INVALID);
    assert.equal((await fails((async () => caller.schedule('note', [], { at: [1, 'x'] }))())).status, Status.INVALID);
    const once = await caller.schedule('note', [1], { at: new Date(Date.now() + 30) });
    await until(async () => (await once.info()).state === 'finished');
  },
  async 'runs that fail and ends of tasks are told to who scheduled them, or to everybody' () {
    const told = { own: [], all: [], others: [] };
    const all = await join('all');
    const other = await join('other', { fail: () => { throw new Error('no paper'); } });
    caller.on('task', (each) => told.own.push(each));
    all.on('task', (each) => told.all.push(each));
    other.on('task', (each) => told.others.push(each));
    caller.subscribeTasks();
    all.subscribeTasks({ everybody: true });
    other.subscribeTasks();
    await Promise.all([caller, all, other].map((g) => g.call('$sys.info', [])));
    await caller.waitFunction('fail', 5000);
    const task = await caller.schedule('fail', [], { interval: 20, maxRuns: 1 });
    await until(() => told.own.length === 2 && told.all.length === 2);
    for (const [failed, ended] of [told.own, told.all]) {
      assert.deepEqual({ ...failed, due_ms: 0 }, { type: TaskEventType.FAILED, uuid: task.uuid, function: 'fail',
        owner: 'caller', due_ms: 0, process: 'other', status: Status.FAILED, executed: Executed.YES,
        text: 'Error: no paper' });
      assert.deepEqual([ended.type, ended.uuid, ended.status], [TaskEventType.ENDED, task.uuid, Status.OK]);
    }
    assert.deepEqual(told.others, []);
    await all.stop();
    await other.stop();
  },
  async 'it stops in good order when somebody asks it to' () {
    let begun;
    const running = new Promise((resolve) => { begun = resolve; });
    const guest = await join('drained', { linger: async () => { begun(); await pause(100); return 'finished'; } });
    const ended = new Promise((resolve) => guest.on('end', resolve));
    const call = caller.call('linger');
    await running;
    assert.equal(await caller.call('$node.drain', [], { process: 'drained' }), null);
    assert.equal(await call, 'finished');
    await ended;
    assert.equal(guest.state, 'ended');
    assert.equal((await fails(caller.call('linger', [], { process: 'drained' }))).status, Status.NO_PROCESS);
  },
  async 'the death of the broker fails what is in flight, and its return brings all back' () {
    const log = [];
    caller.on('disconnect', () => log.push('down')).on('connect', () => log.push('up'));
    let begun;
    const running = new Promise((resolve) => { begun = resolve; });
    server.register('sleep', () => {
      begun();
      return pause(5000, null, { signal: currentRequest().signal });
    });
    await caller.waitFunction('sleep', 5000);
    const call = caller.start('sleep', []);
    await running;
    await broker('kill');
    const reason = await fails(call.result);
    assert.deepEqual([reason.status, reason.executed], [Status.CONTROLLER_LOST, Executed.MAYBE]);
    const waiting = caller.waitFunction('echo', 10000);
    const later = caller.call('echo', [5], { timeout: 10000 });
    await broker('start');
    assert.deepEqual([await later, await waiting], [5, 'server']);
    assert.deepEqual(log, ['down', 'up']);
  },
  async 'stopping drains: what runs may finish' () {
    let begun;
    const running = new Promise((resolve) => { begun = resolve; });
    const leaving = await join('leaving', { slow: async () => { begun(); await pause(200); return 'finished'; } });
    const call = caller.call('slow');
    await running;
    await leaving.stop();
    assert.equal(await call, 'finished');
    assert.equal((await fails(leaving.call('slow'))).status, Status.STOPPED);
  },
  'the types name what the module exports' () {
    const text = readFileSync(types, 'utf8');
    const declared = [...text.matchAll(/^export declare (?:const|class|function) (\w+)/gm)].map((each) => each[1]);
    assert.deepEqual([...declared].sort(), Object.keys(daffi).sort());
    for (const name of Object.getOwnPropertyNames(Global.prototype).filter((each) => each !== 'constructor')) {
      assert(new RegExp(`^  (readonly )?${name}\\b`, 'm').test(text), name);
    }
    for (const name of Object.keys(Status)) assert(text.includes(`'${name}'`), name);
  }
};

for (const [sentence, proof] of Object.entries({ ...ends({ caller, join, fails, folder }), ...proofs })) {
  try {
    await proof();
    console.log(`ok ${sentence}`);
  } catch (reason) {
    console.log(`FAIL ${sentence}: ${String(reason.stack).replace(/\n/g, ' | ')}`);
  }
}
await Promise.all([caller.stop(), server?.stop()]);
console.log('end');
