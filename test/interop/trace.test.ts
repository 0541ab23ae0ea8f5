// Messages of a call, as programs that we did not write read them: tshark our capture file, Kamailio's capture
// server our HEP. And as our own CLI shows them, from outside.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { type Attempt, account, MOBILE, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { HepCollector } from './peers/hep.ts';
import { Sipp } from './peers/sipp.ts';
import { CARRIER_HOST, createRig, HOST, type Rig } from './rig.ts';

const PROVISIONING = account(['reception'], ['{ ring: [reception], for: 20s }']);
const FIELDS = [
  ...['frame.time_epoch', 'ip.src', 'udp.srcport', 'ip.dst', 'udp.dstport', 'ip.checksum.status'],
  ...['udp.checksum.status', 'sip.Method', 'sip.Status-Code', 'sip.Call-ID', 'sdp.media', '_ws.malformed'],
] as const;

type Packet = Readonly<Record<(typeof FIELDS)[number], string>>;

/** What tshark finds in a capture file. */
async function dissect(rig: Rig, file: string): Promise<readonly Packet[]> {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const checks = ['-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'];
  const child = rig.run('tshark', 'tshark', [
    '-r',
    file,
    ...checks,
    '-T',
    'fields',
    ...fields,
    '-E',
    'separator=|',
  ]);
  assert.equal((await child.end(30_000)).code, 0, child.output);
  return child.output
    .split('\n')
    .filter((line) => /^\d+\.\d+\|/.test(line))
    .map((line) => {
      const cells = line.split('|');
      return Object.fromEntries(FIELDS.map((field, index) => [field, cells[index] ?? ''])) as Packet;
    });
}

async function phonesOut(rig: Rig, collector: HepCollector) {
  const carrier = await Sipp.start(rig, { scenario: 'answerer', host: CARRIER_HOST, rtpEcho: true });
  const node = await RingthroughNode.start(rig, {
    provisioning: PROVISIONING,
    trunks: [`{ name: carrier, address: "${CARRIER_HOST}:${carrier.port}", outbound: true }`],
    more: [
      `trace: { hep: { collector: "udp:${HOST}:${collector.port}", captureId: 2001, password: of-hep } }`,
    ],
  });
  const registrar = node.registrar;
  const phone = await Baresip.start(rig, {
    ...{ user: 'reception', toneHz: 700, answer: 'manual', codec: 'PCMA', registrar },
  } as const);
  phone.dial(MOBILE);
  await phone.heard(700);
  phone.command('hangup');
  await carrier.succeeded();
  return { node, carrier, phone, attempt: await node.attempt(MOBILE) };
}

function assertCapture(packets: readonly Packet[], attempt: Attempt, nodePort: number, carrierPort: number) {
  for (const packet of packets) {
    assert.deepEqual(
      [packet['ip.checksum.status'], packet['udp.checksum.status'], packet['_ws.malformed']],
      [...['1', '1', '']],
    );
    const sinceStartMs = Number(packet['frame.time_epoch']) * 1_000 - Date.parse(attempt.startedAt);
    assert.ok(sinceStartMs > -1_000 && sinceStartMs < 60_000, packet['frame.time_epoch']);
  }
  const toCarrier = packets.filter((packet) => packet['udp.dstport'] === String(carrierPort));
  assert.deepEqual(
    toCarrier.map((packet) => packet['sip.Method']),
    ['INVITE', 'ACK', 'BYE'],
  );
  for (const packet of toCarrier) {
    const ends = [packet['ip.src'], packet['udp.srcport'], packet['ip.dst']];
    assert.deepEqual(ends, [HOST, String(nodePort), CARRIER_HOST]);
  }
  const toNode = packets.filter((packet) => packet['udp.dstport'] === String(nodePort));
  const methods = toNode.map((packet) => packet['sip.Method']).filter((method) => method !== '');
  assert.deepEqual(methods, ['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE'], 'challenged, then answered');
  const statuses = packets.map((packet) => packet['sip.Status-Code']);
  for (const status of ['401', '100', '180', '200']) assert.ok(statuses.includes(status), status);
  assert.equal(new Set(packets.map((packet) => packet['sip.Call-ID'])).size, 2, 'two legs');
  assert.ok(packets.some((packet) => packet['sdp.media'].startsWith('audio ')));
}

test('a call that has ended is in a capture file that tshark reads, in a ladder, and in a HEP collector', async (t) => {
  const rig = createRig(t);
  const collector = await HepCollector.start(rig);
  const { node, carrier, attempt } = await phonesOut(rig, collector);

  const file = path.join(rig.folder, 'call.pcap');
  const written = node.cli(['trace', '--call', attempt.id, '--pcap', file]);
  assert.equal((await written.end(20_000)).code, 0, written.output);
  const packets = await dissect(rig, file);
  assert.equal(written.output, `${packets.length} messages written to ${file}`);
  assertCapture(packets, attempt, node.sipPort, carrier.port);

  const ladder = node.cli(['trace', '--call', attempt.id]);
  assert.equal((await ladder.end(20_000)).code, 0, ladder.output);
  const [title = '', , , ...rows] = ladder.output.split('\n');
  assert.match(title, new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{3} {2}.* calls \\${MOBILE} · ${attempt.id}$`));
  assert.match(ladder.output, /\n +reception +ringthrough +carrier\n/);
  assert.match(rows.join('\n'), /│ +│ ─+ INVITE \(sdp\) ─+▶ │\n/);
  assert.equal(rows.at(-1), 'That is all: the call has ended.');

  const captured = await collector.rows(
    packets.length,
    new Set(packets.map((packet) => packet['sip.Call-ID'])),
  );
  // What came before it was a call belongs to none: the INVITE without credentials, its 401, perhaps its ACK.
  const ofCall = captured.filter((row) => row.correlation_id === attempt.id);
  assert.ok([2, 3].includes(packets.length - ofCall.length), `${ofCall.length} of ${packets.length}`);
  assert.equal(new Set(ofCall.map(({ callid }) => callid)).size, 2, 'two legs under one correlation id');
  const invite = ofCall.find((row) => row.method === 'INVITE' && row.destination_ip === CARRIER_HOST);
  assert.deepEqual(
    [invite?.source_ip, invite?.source_port, invite?.destination_port, invite?.family, invite?.node],
    [HOST, String(node.sipPort), String(carrier.port), '2', 'homer01:2001'],
  );
  assert.ok(
    Math.abs(Number(invite?.date) * 1_000 - Date.parse(attempt.startedAt)) < 3_000,
    String(invite?.date),
  );

  const secrets = captured.flatMap(({ msg }) => [...msg.matchAll(/(?:response|nonce)="([^"]*)"/g)]);
  assert.ok(secrets.length > 3);
  for (const [parameter, value] of secrets) assert.match(value ?? '', /^x+$/, parameter);
});

test('a phone is watched while it registers, until Ctrl-C', async (t) => {
  const rig = createRig(t);
  const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING });
  const trace = node.cli(['trace', '--phone', 'reception', '--since', '1m']);
  await node.watched();
  const registrar = node.registrar;
  await Baresip.start(rig, { user: 'reception', toneHz: 700, answer: 'manual', codec: 'PCMA', registrar });
  await trace.line(/reception 127\.0\.0\.1:\d+ +─ REGISTER ─+▶ ringthrough$/, 10_000);
  await trace.line(/◀─ 401 Unauthorized/, 10_000);
  await trace.line(/◀─ 200 OK \(REGISTER\)/, 10_000);
  trace.signal('SIGINT');
  assert.equal((await trace.end(10_000)).code, 0);
});
