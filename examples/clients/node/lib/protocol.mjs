// SPDX-License-Identifier: MPL-2.0
// The numbers of node/wire/PROTOCOL.md, and nothing else.

const numbered = (names, first = 0) =>
  Object.freeze(Object.fromEntries(names.split(' ').map((name, at) => [name, at + first])));

export const VERSION = 1;

export const Type = numbered('HELLO WELCOME UPDATE CALL RESULT ERROR CAST CHUNK CREDIT END ' +
  'CANCEL WAIT SUBSCRIBE EVENT SCHEDULE PING PONG DRAIN GOODBYE WHO ' +
  'PROGRESS', 1);

export const Option = numbered('STATUS EXECUTED SENT_MS TAIL ALL PART POLICY KEY STREAM ' +
  'ITEMS BYTES PRIORITY DELAY_MS', 1);

export const Status = numbered('OK INVALID NO_MEMORY SYSTEM INTERNAL PENDING TIMEOUT ' +
  'CANCELLED FAILED TYPE NO_PROCESS NO_FUNCTION PROCESS_LOST CONTROLLER_LOST ' +
  'NOT_CONNECTED BUSY TOO_BIG DRAINING STOPPED REFUSED NAME_TAKEN EXISTS NOT_FOUND ' +
  'ENDPOINT PROTOCOL UNSUPPORTED DEADLOCK END NO_PAYLOAD BAD_PAYLOAD CRASHED LIMIT ' +
  'FORBIDDEN');

export const Executed = numbered('NO MAYBE YES');
export const Policy = numbered('LEAST ROUND_ROBIN RANDOM KEY LOCAL_FIRST');
export const EventType = numbered('JOINED LEFT FUNCTION_ADDED FUNCTION_REMOVED LOST', 1);
export const TaskEventType = numbered('LOST FAILED ENDED', 5);
export const Reason = numbered('NONE GOODBYE LOST SUPERSEDED EXPIRED');

// Limits, section 10, and what a sender should do, section 3.
export const HEADER_BYTES = 1024;
export const NAME_BYTES = 128;
export const SIGNATURE_BYTES = 512;
export const ERROR_TEXT_BYTES = 255;
export const NESTING = 16;
export const VALUES = 100000;
export const MESSAGE_BYTES = 64 * 1024 * 1024;
export const PACKET_BYTES = 64 * 1024;
export const FRAME_BYTES = 8 * 1024;
export const FRAMES = 1000;
export const WINDOW_ITEMS = 64;
export const WINDOW_BYTES = 1024 * 1024;
