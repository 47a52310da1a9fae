// SPDX-License-Identifier: MPL-2.0
// node_ship.mjs FOLDER PAYLOAD [BUNDLE]: ships it to the process `host`, which takes unsigned
// payloads; with a BUNDLE, which takes signed ones only. Prints as JSON what came of it.

import { readFileSync } from 'node:fs';

import { Global, Payload } from 'daffi';

const [folder, path, bundle] = process.argv.slice(2);
const g = await Global.start({ processName: 'shipper', unixSockPath: folder });
const codeOf = (promise) => promise.then(() => 'OK', (reason) => reason.code);
const run = (payload, name = 'get_pid') => g.transferAndCall('host', payload, name);

async function unsigned () {
  const payload = new Payload(path);
  //  what stands behind the last section is part of the file, and of its hash
  const large = Buffer.concat([readFileSync(path), Buffer.alloc(300000)]);
  const answers = [await run(payload), await run(path), await run(large)];
  const refused = [await codeOf(run(payload, 'no_such')),
    await codeOf(run(Buffer.concat([Buffer.from('\x7fELF\x02\x01', 'latin1'), Buffer.alloc(200)])))];
  return { answers, refused, hash: payload.hash.toString('hex') };
}

async function signed () {
  const said = { unsigned: await codeOf(run(path)) };
  await g.publish('host', bundle, 'get_pid', 'pid');
  said.published = await g.call('pid');
  said.names = (await g.payloads('host'))[0].published;
  await g.withdraw('host', 'pid');
  said.withdrawn = await codeOf(g.call('pid'));
  await g.unload('host', bundle);
  said.unloaded = await g.payloads('host');
  return said;
}

console.log(JSON.stringify(await (bundle ? signed() : unsigned())));
await g.stop();
