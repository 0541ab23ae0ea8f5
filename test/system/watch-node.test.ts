// A node that only watches, from outside: it starts from a few lines, tells what it finds, and has no telephones.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { createRig, freePorts, HOST } from '../interop/rig.ts';

const START_MS = 20_000;
const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');

test('a node that only watches needs ten lines, tells what it finds, and ends when it is asked to', async (context) => {
  const rig = createRig(context);
  const site = createServer((_request, response) => void response.end('up')).listen(0, HOST);
  await new Promise((resolve) => site.once('listening', resolve));
  rig.onEnd(() => void site.close());
  const http = await freePorts();
  const file = path.join(rig.folder, 'watch.yaml');
  writeFileSync(
    file,
    `node: { name: paris, roles: [watch] }
http: { listen: ${HOST}:${http} }
watch:
  probes:
    - { name: web, http: "http://${HOST}:${(site.address() as AddressInfo).port}/" }
    - { name: sip, sipOptions: "udp:${HOST}:9" }
status:
  components:
    - { name: Website, probes: web }
    - { name: Calls, probes: sip }
`,
  );
  const node = rig.run('ringthrough', process.execPath, [MAIN, 'start', '--config', file]);
  await node.line(/^Ringthrough \S+ watches/, START_MS);
  const token = readFileSync(path.join(rig.folder, 'data', 'api.token'), 'utf8').trim();
  const ask = (url: string) =>
    fetch(`http://${HOST}:${http}${url}`, { headers: { authorization: `Bearer ${token}` } });

  const status = (await (await ask('/v1/status')).json()) as { watcher: { name: string } };
  assert.equal(status.watcher.name, 'paris');
  const accounts = await ask('/v1/accounts');
  assert.deepEqual(
    [accounts.status, ((await accounts.json()) as { code: string }).code],
    [404, 'OTHER_ROLE'],
  );
  assert.equal((await ask('/readyz')).status, 200);
  const tokenFile = path.join(rig.folder, 'data', 'api.token');
  const api = ['--api', `http://${HOST}:${http}`, '--token-file', tokenFile];
  const cli = rig.run('cli', process.execPath, [MAIN, 'phone', 'list', ...api]);
  assert.deepEqual(await cli.end(START_MS), { code: 65, signal: null });
  assert.match(cli.output, /this node only watches/);

  assert.doesNotMatch(node.output, /SIP {2}/, 'it has no listener to tell of');
  node.signal('SIGTERM');
  assert.deepEqual(await node.end(START_MS), { code: 0, signal: null });
  const again = rig.run('ringthrough', process.execPath, [MAIN, 'start', '--config', file]);
  await again.line(/^Ringthrough \S+ watches/, START_MS);
});
