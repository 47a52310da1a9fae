// SPDX-License-Identifier: MPL-2.0
// Scheduled tasks, section 8.7 of PROTOCOL.md: calls that the controller makes at their times,
// also when this process has gone.

import { randomUUID } from 'node:crypto';

import { checkText, DaffiError } from './errors.mjs';
import { now } from './link.mjs';
import { Option, Status, Type } from './protocol.mjs';
import { pack } from './values.mjs';

const ANSWER_MS = 30000;
const PLAIN = { cron: 'cron', zone: 'zone', maxRuns: 'max_runs', overlap: 'overlap', missed: 'missed',
  missedMax: 'missed_max', timeout: 'timeout_ms', jitter: 'jitter_ms' };

// A Date or a number are a moment in milliseconds since 1970, a text as the protocol has it.
const moment = (value) => value instanceof Date ? value.getTime() : value;

// A key that ends in _ms says as a number what the one without says as a text.
function put (body, key, value) {
  if (value === undefined) return;
  const texts = [value].flat().map((each) => typeof each === 'string');
  if (texts.some((each) => each !== texts[0])) {
    throw new DaffiError(Status.INVALID, `${key}: all texts, or all numbers`);
  }
  body[texts[0] ? key : `${key}_ms`] = value;
}

function bodyOf (args, options) {
  //  with a uuid of our own the record can be sent again without a second task
  const body = { uuid: randomUUID(), args: args ?? [] };
  put(body, 'interval', options.interval);
  put(body, 'delay', options.delay);
  put(body, 'at', Array.isArray(options.at) ? options.at.map(moment) : moment(options.at));
  put(body, 'until', moment(options.until));
  for (const [name, key] of Object.entries(PLAIN)) if (options[name] !== undefined) body[key] = options[name];
  return body;
}

// A task, by its uuid. Any process may hold one.
export class ScheduledTask {
  #g;

  constructor (g, uuid) {
    this.#g = g;
    this.uuid = uuid;
  }

  // 'cancelled', 'finished' (it had ended before) or 'unknown'. Runs that have begun go on.
  cancel () { return this.#g.call('$sys.task.cancel', [this.uuid]); }
  pause () { return this.#g.call('$sys.task.pause', [this.uuid]); }
  resume () { return this.#g.call('$sys.task.resume', [this.uuid]); }
  // Once now, besides its times.
  run () { return this.#g.call('$sys.task.run', [this.uuid]); }
  info () { return this.#g.call('$sys.task', [this.uuid]); }
}

const KNOWN = ['interval', 'delay', 'at', 'until', 'process', 'all', ...Object.keys(PLAIN)];

export async function schedule (g, calls, name, args, options) {
  checkText('the name of a function', name);
  checkText('process', options.process ?? '');
  const unknown = Object.keys(options).find((each) => !KNOWN.includes(each));
  if (unknown) throw new DaffiError(Status.INVALID, `a task has no option ${unknown}: there are ${KNOWN.join(', ')}`);
  if (options.all && options.process) throw new DaffiError(Status.INVALID, 'all and process exclude each other');
  const call = calls.start(Type.SCHEDULE, {
    name, peer: options.process ?? '', body: pack(bodyOf(args, options)),
    options: options.all ? { [Option.ALL]: 0 } : {}, deadline: now() + ANSWER_MS
  });
  return new ScheduledTask(g, await call.result);
}

// All tasks, or those that a process has scheduled or shall run.
export async function scheduled (g, { process, ended = false } = {}) {
  const found = [];
  for (let from = null; ;) {
    const page = await g.call('$sys.tasks', [{ ended, ...process && { process }, ...from !== null && { from } }]);
    found.push(...page.tasks);
    from = page.next ?? null;
    if (from === null) return found;
  }
}
