// A flood over real sockets, as somebody at the node's terminal and log sees it. It goes from loopback to loopback.

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { onLoopback } from '../../bench/stand.ts';
import { createRig, freePorts, HOST, type Rig, until } from '../interop/rig.ts';

const START_MS = 20_000;
const FOUND_MS = 20_000;
const BOTS = 200;
const EVERY_MS = 10;
const PACKETS_AT_ONCE = 40;
const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');

async function bots(rig: Rig): Promise<readonly Socket[]> {
  const all = Array.from({ length: BOTS }, () => createSocket('udp4'));
  rig.onEnd(() => {
    for (const bot of all) bot.close();
  });
  const bind = (bot: Socket, n: number) =>
    new Promise<void>((resolve) => bot.bind(0, `127.${10 + (n % 100)}.${n}.1`, resolve));
  await Promise.all(all.map(bind));
  return all;
}

/** Until the returned function is called. */
function flood(from: readonly Socket[], port: number): () => void {
  const target = onLoopback({ address: HOST, port });
  let sent = 0;
  const timer = setInterval(() => {
    for (let n = 0; n < PACKETS_AT_ONCE; n++) {
      const id = sent++;
      from[id % from.length]?.send(register(id), target.port, target.address);
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
}

function register(id: number): string {
  return [
    'REGISTER sip:voice.example.net SIP/2.0',
    `Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK${id}`,
    `From: <sip:${id}@voice.example.net>;tag=${id}`,
    `To: <sip:${id}@voice.example.net>`,
    `Call-ID: ${id}`,
    'CSeq: 1 REGISTER',
    'User-Agent: friendly-scanner',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

test('a flood is found within three seconds, logged, and shown', async (context) => {
  const rig = createRig(context);
  const [sip, http] = [await freePorts(), await freePorts()];
  const file = path.join(rig.folder, 'node.yaml');
  writeFileSync(
    file,
    `node: { name: system, data: ./data }
sip: { listen: [udp:${HOST}:${sip}] }
http: { listen: ${HOST}:${http} }
`,
  );
  const node = rig.run('ringthrough', process.execPath, [MAIN, 'start', '--config', file]);
  await node.line(/^Ringthrough \S+ is up/, START_MS);
  const api = ['--api', `http://${HOST}:${http}`, '--token-file', path.join(rig.folder, 'data', 'api.token')];
  const status = async (...options: string[]): Promise<string> => {
    const shown = rig.run('status', process.execPath, [MAIN, 'shield', 'status', ...api, ...options]);
    assert.deepEqual(await shown.end(START_MS), { code: 0, signal: null });
    return shown.output;
  };
  assert.match(await status(), /^calm {2}for /);

  const stop = flood(await bots(rig), sip);
  rig.onEnd(stop);
  await node.line(/the node is under attack/, FOUND_MS);
  // From the packets that it keeps sending it is seen what they are.
  const told = await until('what the flood is made of', FOUND_MS, async () => {
    const view = JSON.parse(await status('--json'));
    return view.attack?.userAgents.length > 0 ? view : undefined;
  });
  stop();
  assert.equal(told.posture, 'attack');
  const foundMs = Date.parse(told.since) - Date.parse(told.attack.began);
  assert.ok(foundMs <= 3_000, `${foundMs} ms after its first second it was found`);
  assert.equal(told.attack.userAgents[0].text, 'friendly-scanner');
  assert.match(await status(), /^ATTACK {2}for [^\n]*\n.*prove nothing/);
});
