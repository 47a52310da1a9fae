// SPDX-License-Identifier: MPL-2.0
// $node.*: what every node answers by itself, section 9 of PROTOCOL.md.

import { now } from './link.mjs';

export const CLIENT_VERSION = '0.1.0';

export function ownFunctions (node) {
  const born = now();
  const uptime = () => Math.floor(now() - born);
  const { server } = node;
  return new Map(Object.entries({
    '$node.ping': () => null,
    '$node.info': () => ({ language: 'node', version: CLIENT_VERSION, runtime: process.version,
      pid: process.pid, process: node.name, uptime_ms: uptime(), functions: server.functions.size,
      running: server.requests.size }),
    '$node.stats': () => ({ process: node.name, uptime_ms: uptime(), running: server.requests.size,
      functions: [...server.functions].sort(([a], [b]) => a < b ? -1 : 1)
        .map(([name, each]) => each.tally.told(name)) }),
    '$node.drain': () => node.tell('drain')
  }));
}
