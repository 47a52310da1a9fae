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
}

/** Returns the result or a promise of it; a generator, plain or async, yields a stream. */
export type Callback = (this: Request, ...args: any[]) => any;

export interface Call<T = any> {
  readonly result: Promise<T>;
  readonly done: boolean;
  /** Who answered. */
  readonly process: string;
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

export interface PresenceEvent {
  type: number;
  process: string;
  function: string;
  signature: string;
  reason: number;
}

export declare interface Global {
  on (event: 'connect' | 'disconnect', listener: () => void): this;
  on (event: 'refused', listener: (why: DaffiError) => void): this;
  on (event: 'event', listener: (event: PresenceEvent) => void): this;
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

  /** Lets what runs finish and says goodbye. */
  stop (): Promise<void>;
}

/** The request that the callback answers which runs here. */
export declare function currentRequest (): Request | undefined;
