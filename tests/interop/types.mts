// SPDX-License-Identifier: MPL-2.0
// A program in TypeScript, to be compiled and never run: what the types of the Node.js client
// take, and below each @ts-expect-error what they must refuse.

import {
  DaffiError, EventType, Executed, Global, Payload, Policy, ScheduledTask, Status, TaskEventType, currentRequest
} from 'daffi';
import type { TaskEvent } from 'daffi';
import type { Broadcast, Call, PresenceEvent, Reply, Request, Stream, TaskInfo, Value } from 'daffi';

const g: Global = await Global.start({
  processName: 'typed', host: '127.0.0.1', port: 8888, capacity: 8, takeover: true,
  functions: {
    add: (a: number, b: number): number => a + b,
    async total (this: Request): Promise<number> {
      let sum = 0;
      for await (const item of this.items) sum += Number(item);
      this.progress(1, 1, 'all');
      return this.cancelled ? 0 : sum;
    },
    * count (end: number) { for (let i = 0; i < end; i++) yield i; }
  }
});

const sum: number = await g.call<number>('add', [2, 3], { timeout: 5000, idempotent: true });
const call: Call<string> = g.start<string>('name', [], {
  policy: Policy.KEY, key: 'k', signal: new AbortController().signal,
  onProgress: ({ done, total }) => console.log(done / total)
});
call.cancel();
const text: string = await call.result;
g.cast('note', [new Uint8Array(2), { deep: [1n, null, true] }]);

const replies: Broadcast<number> = g.broadcast<number>('add', [1, 2], { stopAfter: 1 });
for await (const reply of replies) {
  const each: Reply<number> = reply;
  console.log(each.process, each.value, each.error?.code);
}
const all: Map<string, number | DaffiError> = await replies.result;

const stream: Stream<number, string> = g.stream<number, string>('count', [3], { items: [1, 'two'] });
for await (const item of stream) console.log(item.toFixed(2));
await stream.send({ any: 'value' });
stream.end();
const first: number = await stream.receive();

const task: ScheduledTask = await g.schedule('add', [1, 2], { cron: '@daily', zone: 'UTC', overlap: 'queue' });
const tasks: TaskInfo[] = await g.scheduledTasks({ process: 'typed' });
const outcome: 'cancelled' | 'finished' | 'unknown' = await task.cancel();
const history: string[] = (await task.info()).history.map((run) => run.process);

const payload = new Payload('get_pid.so');
const pid: number = await g.transferAndCall<number>('host', payload, 'get_pid', [], { timeout: 1000 });
await g.publish('host', payload, 'get_pid', 'pid');

g.on('event', (event: PresenceEvent) => console.log(event.type === EventType.JOINED, event.process));
g.on('refused', (why) => console.log(why.status === Status.NAME_TAKEN, why.executed === Executed.NO));
const who: string = await g.waitFunction('add', 1000);
const request: Request | undefined = currentRequest();
const value: Value = [sum, text, first, pid, who, outcome, tasks.length, history, all.size, request?.caller ?? null];
console.log(value);
await g.stop();

// @ts-expect-error: no such option
await Global.start({ hots: '127.0.0.1' });
// @ts-expect-error: arguments are an array
await g.call('add', 2, 3);
// @ts-expect-error: a function is no value
await g.call('add', [() => 1]);
// @ts-expect-error: the result was said to be a number
const wrong: string = await g.call<number>('add', [2, 3]);
// @ts-expect-error: no such way to overlap
await g.schedule('add', [], { interval: 5, overlap: 'never' });
// @ts-expect-error: no such event
g.on('events', () => {});
// @ts-expect-error: read only
g.processName = 'other';
// @ts-expect-error: no such status
console.log(wrong, Status.NOPE);

g.subscribeTasks({ everybody: true });
g.on('task', (event: TaskEvent) => console.log(event.uuid, event.text, TaskEventType.FAILED));
