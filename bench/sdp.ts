// What a session description costs on its way through the node: read, given our address, written. Ours beside
// sdp-transform's, the library of this kind that everyone uses, on the same descriptions, in one run, turn about.
//
//   node bench/sdp.ts

import sdpTransform from 'sdp-transform';
import { present } from '../src/base/assert.ts';
import { text, utf8 } from '../src/base/bytes.ts';
import { formatSdp, parseSdp } from '../src/sdp/description.ts';
import { relayed } from '../src/sdp/relay.ts';

const ROUNDS = 9;
const REPEATS = 20_000;
const LOCAL = { address: '203.0.113.7', port: 20_000 };

const DESK_PHONE = `v=0
o=- 20518 0 IN IP4 192.0.2.7
s=-
c=IN IP4 192.0.2.7
t=0 0
m=audio 11780 RTP/AVP 8 0 9 18 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=sendrecv
`.replaceAll('\n', '\r\n');

function ours(bytes: Uint8Array): Uint8Array {
  const sdp = parseSdp(bytes);
  if (!sdp.ok) throw new Error(sdp.error.reason);
  return formatSdp(relayed(sdp.value, { local: LOCAL, sessionId: 1, sessionVersion: 1 }));
}

function theirs(bytes: Uint8Array): Uint8Array {
  const sdp = sdpTransform.parse(text(bytes));
  const origin = { ...sdp.origin, sessionId: '1', sessionVersion: 1, address: LOCAL.address, username: '-' };
  const media = sdp.media.map((section) => ({ ...section, port: LOCAL.port }));
  const connection = { version: 4, ip: LOCAL.address };
  return utf8(
    sdpTransform.write({ ...sdp, origin: { ...origin, netType: 'IN', ipVer: 4 }, connection, media }),
  );
}

/** CPU microseconds of one description. */
function cost(relay: (bytes: Uint8Array) => Uint8Array, bytes: Uint8Array): number {
  const before = process.cpuUsage();
  let length = 0;
  for (let repeat = 0; repeat < REPEATS; repeat++) length += relay(bytes).length;
  const { user, system } = process.cpuUsage(before);
  if (length === 0) throw new Error('nothing was written');
  return (user + system) / REPEATS;
}

const median = (values: readonly number[]) =>
  present(values.toSorted((a, b) => a - b)[values.length >> 1], 'a value');

const bytes = utf8(DESK_PHONE);
const rounds = Array.from({ length: ROUNDS }, () => ({
  ours: cost(ours, bytes),
  theirs: cost(theirs, bytes),
})).slice(1);
const [mine, other] = [
  median(rounds.map((round) => round.ours)),
  median(rounds.map((round) => round.theirs)),
];
process.stdout.write(`ours           ${mine.toFixed(2)} µs of CPU for a description\n`);
process.stdout.write(`sdp-transform  ${other.toFixed(2)} µs\n`);
process.stdout.write(`ratio          ${(other / mine).toFixed(2)} (more than 1: ours costs less)\n`);
