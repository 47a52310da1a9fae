// SPDX-License-Identifier: MPL-2.0
// The types of daffi for Node.js. Times are milliseconds.

import { EventEmitter } from 'node:events';

/** What travels: msgpack values. Integers beyond 2^53 are bigint; binaries arrive as Buffers. */
export type Value =
  | null | boolean | number | bigint | string | Uint8Array | Value[] | { [key: string]: Value };

export declare const Status: Readonly<Record<
  'OK' | 'INVALID' | 'NO_MEMORY' | 'SYSTEM' | 'INTERNAL' | 'PENDING' | 'TIMEOUT' | 'CANCELLED' |
  'FAILED' | 'TYPE' | 'NO_PROCESS' | 'NO_FUNCTION' | 'PROCESS_LOST' | 'CONTROLLER_LOST' |
  'NOT_CONNECTED' | 'BUSY' | 'TOO_BIG' | 'DRAINING' | 'STOPPED' | 'REFUSED' | 'NAME_TAKEN' |
  'EXISTS' | 'NOT_FOUND' | 'ENDPOINT' | 'PROTOCOL' | 'UNSUPPORTED' | 'DEADLOCK' | 'END' |
  'NO_PAYLOAD' | 'BAD_PAYLOAD' | 'CRASHED' | 'LIMIT' | 'FORBIDDEN', number>>;
export declare const Executed: Readonly<Record<'NO' | 'MAYBE' | 'YES', number>>;
export declare const Policy: Readonly<Record<'LEAST' | 'ROUND_ROBIN' | 'RANDOM' | 'KEY' | 'LOCAL_FIRST', number>>;
export declare const EventType: Readonly<Record<'JOINED' | 'LEFT' | 'FUNCTION_ADDED' | 'FUNCTION_REMOVED' | 'LOST', number>>;
export declare const TaskEventType: Readonly<Record<'LOST' | 'FAILED' | 'ENDED', number>>;
export declare const Reason: Readonly<Record<'NONE' | 'GOODBYE' | 'LOST' | 'SUPERSEDED' | 'EXPIRED', number>>;

/** What failed, and whether it ran. Thrown in a callback it answers with its status and text. */
export declare class DaffiError extends Error {
  constructor (status: number, text?: string, more?: { executed?: number; process?: string; function?: string });
  readonly status: number;
  /** The name of the status: 'TIMEOUT'. */
  readonly code: string;
  readonly text: string;
  executed: number;
  readonly process: string;
  readonly function: string;
}

export interface Options {
  /** A random one, if there is none. */
  processName?: string;
  /** TCP, with `port`. Neither: the UNIX socket in $TMPDIR/daffi, or in `unixSockPath`. */
  host?: string;
  port?: number;
  unixSockPath?: string;
  functions?: Record<string, Callback>;
  /** Calls that this process may be given at once; 256. */
  capacity?: number;
  /** Replace a process of the same name. */
  takeover?: boolean;
  /** 1000 and 3000. */
  heartbeat?: number;
  heartbeatTimeout?: number;
  /** How long stop () waits for what runs; 5000. */
  drainTimeout?: number;
  /** Global.start () only; 10000. */
  connectTimeout?: number;
}

export interface CallOptions {
  /** Any provider, if there is none. */
  process?: string;
  /** 30000, or what is left of the request's own inside a callback; Infinity: none. */
  timeout?: number;
  policy?: number;
  key?: string;
  /** It may run twice: tried again also where it may have run. */
  idempotent?: boolean;
  noRetry?: boolean;
  /** Inside a callback: do not inherit its deadline and its cancellation. */
  detached?: boolean;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** What the function reports of itself while it runs. */
  onProgress?: (progress: Progress) => void;
}

/** A call that this process was given: `this` in a callback that is no arrow function. */
export interface Request {
  readonly caller: string;
  readonly function: string;
  readonly cancelled: boolean;
  /** Aborted when nobody needs the result any more. */
  readonly signal: AbortSignal;
  /** What the caller sends. */
  readonly items: AsyncIterable<any>;
  timeLeft (): number;
  /** Tells the caller how far it is: `done` of `total` (0: not known). */
  progress (done: number, total?: number, text?: string): void;
}

export interface Progress { process: string; done: number; total: number; text: string }

/** Returns the result or a promise of it; a generator, plain or async, yields a stream. */
export type Callback = (this: Request, ...args: any[]) => any;

export interface Call<T = any> {
  readonly result: Promise<T>;
  readonly done: boolean;
  /** Who answered. */
  readonly process: string;
  /** What the function reported last. */
  readonly progress: Progress | null;
  cancel (): void;
}

export interface Stream<Item = any, Result = any> extends AsyncIterable<Item> {
  readonly result: Promise<Result>;
  /** Resolves as soon as the function has room for it. */
  send (item: Value): Promise<void>;
  end (): void;
  /** Throws a DaffiError END behind the last item. */
  receive (): Promise<Item>;
  cancel (): void;
}

export interface Reply<T = any> { process: string; value?: T; error?: DaffiError }

export interface Broadcast<T = any> extends AsyncIterable<Reply<T>> {
  /** Process to value; where it failed to its DaffiError. */
  readonly result: Promise<Map<string, T | DaffiError>>;
  cancel (): void;
}

/** Of `subscribeTasks`: type 6 (a run failed), 7 (no run comes any more) or 5 (some were missed). */
export interface TaskEvent {
  type: number;
  uuid: string;
  function: string;
  owner: string;
  due_ms: number;
  process: string;
  status: number;
  executed: number;
  text: string;
}

export interface PresenceEvent {
  type: number;
  process: string;
  function: string;
  signature: string;
  reason: number;
}

/** A number or a Date is a moment (milliseconds since 1970), a text is ISO 8601. */
export type Moment = number | string | Date;

/** Exactly one of `interval`, `at` and `cron`; or `delay`, alone or with `interval`. */
export interface ScheduleOptions {
  /** Milliseconds, or a text such as '1m24s'. */
  interval?: number | string;
  delay?: number | string;
  at?: Moment | Moment[];
  /** Minute, hour, day, month, weekday: '30 3 * * *'. */
  cron?: string;
  /** 'Europe/Berlin'; none: UTC. */
  zone?: string;
  until?: Moment;
  maxRuns?: number;
  /** This process runs it; none: any. `all`: each that offers it. */
  process?: string;
  all?: boolean;
  /** Of each run; 30000. */
  timeout?: number;
  jitter?: number;
  overlap?: 'skip' | 'queue' | 'parallel';
  missed?: 'once' | 'skip' | 'all';
  missedMax?: number;
}

export interface TaskInfo {
  uuid: string;
  function: string;
  owner: string;
  process: string;
  all: boolean;
  condition: 'period' | 'at_time' | 'cron';
  detail: string;
  state: 'scheduled' | 'paused' | 'finished' | 'cancelled';
  created_ms: number;
  next_ms: number;
  last_ms: number;
  until_ms: number;
  last_status: number;
  last_error: string;
  last_process: string;
  runs: number;
  failed: number;
  skipped: number;
  running: number;
  remaining: number | null;
  args_size: number;
}

export interface TaskRun {
  due_ms: number;
  began_ms: number;
  ended_ms: number;
  status: number;
  executed: number;
  process: string;
  text: string;
}

export type CancelledTask = 'cancelled' | 'finished' | 'unknown';

/** A task, by its uuid. Any process may hold one. */
export declare class ScheduledTask {
  constructor (g: Global, uuid: string);
  readonly uuid: string;
  cancel (): Promise<CancelledTask>;
  pause (): Promise<null>;
  resume (): Promise<null>;
  /** Once now, besides its times. */
  run (): Promise<null>;
  info (): Promise<TaskInfo & { history: TaskRun[] }>;
}

/** A shared object made with daffi_payload.h, or a bundle of one with its signature: the path
 *  of a file, or its bytes. */
export declare class Payload {
  constructor (source: string | Uint8Array);
  /** BLAKE2b-256, what it is known by. */
  readonly hash: Uint8Array;
  readonly data: Uint8Array;
}

export interface PayloadInfo {
  hash: string;
  name: string;
  version: string;
  signer: string;
  size: number;
  calls: number;
  running: number;
  crashes: number;
  place: string;
  published: string[];
}

export declare interface Global {
  on (event: 'connect' | 'disconnect', listener: () => void): this;
  on (event: 'refused', listener: (why: DaffiError) => void): this;
  on (event: 'event', listener: (event: PresenceEvent) => void): this;
  on (event: 'task', listener: (event: TaskEvent) => void): this;
  /** It has stopped, by itself or because somebody asked for it. */
  on (event: 'end', listener: () => void): this;
  on (event: 'log', listener: (text: string) => void): this;
}

export declare class Global extends EventEmitter {
  /** Begins to connect; calls wait until that is done. */
  constructor (options?: Options);
  /** Connected, or it throws. */
  static start (options?: Options): Promise<Global>;
  readonly processName: string;
  readonly endpoint: string;
  readonly state: 'connecting' | 'greeting' | 'connected' | 'refused' | 'draining' | 'ended';
  /** Why the controller does not take it; null once it does. */
  readonly refusal: DaffiError | null;

  register (name: string, callback: Callback, options?: { signature?: string }): void;
  unregister (name: string): void;

  call<T = any> (name: string, args?: Value[], options?: CallOptions): Promise<T>;
  start<T = any> (name: string, args?: Value[], options?: CallOptions): Call<T>;
  /** Fire and forget. */
  cast (name: string, args?: Value[], options?: CallOptions): void;
  broadcast<T = any> (name: string, args?: Value[], options?: CallOptions & { stopAfter?: number }): Broadcast<T>;
  stream<Item = any, Result = any> (name: string, args?: Value[], options?: CallOptions & {
    items?: Iterable<Value> | AsyncIterable<Value>;
  }): Stream<Item, Result>;

  waitProcess (process: string, timeout?: number): Promise<string>;
  waitFunction (name: string, timeout?: number): Promise<string>;
  /** From here on 'event' tells who is there, comes and goes. */
  subscribe (): void;
  registeredCallbacks (): Promise<Record<string, Record<string, string>>>;

  /** The controller makes this call at its times. */
  schedule (name: string, args: Value[] | undefined, options: ScheduleOptions): Promise<ScheduledTask>;
  /** All, or those that a process has scheduled or shall run; `ended`: also what has ended. */
  scheduledTasks (options?: { process?: string; ended?: boolean }): Promise<TaskInfo[]>;
  cancelTask (uuid: string, process?: string): Promise<CancelledTask>;
  /** From here on 'task' tells of runs that fail, and of ends: of this process's tasks, or of all. */
  subscribeTasks (options?: { everybody?: boolean }): void;

  /** Runs a function of the payload in that process, which is sent it if it does not have it. */
  transferAndCall<T = any> (process: string, payload: Payload | string | Uint8Array, name: string,
    args?: Value[], options?: CallOptions): Promise<T>;
  /** Makes it an ordinary function of that process, until it is withdrawn. */
  publish (process: string, payload: Payload | string | Uint8Array, name: string, as?: string): Promise<void>;
  withdraw (process: string, name: string): Promise<null>;
  payloads (process: string): Promise<PayloadInfo[]>;
  unload (process: string, payload: Payload | string | Uint8Array): Promise<void>;

  /** Lets what runs finish and says goodbye. In a callback it only begins to: listen to `end`. */
  stop (): Promise<void>;
}

/** The request that the callback answers which runs here. */
export declare function currentRequest (): Request | undefined;
