// Session descriptions: parse, relay, answer. What was parsed is written as it was; what we send on is a
// description that we read ourselves, with our address in it and nobody else's.

import { audioOf, payloadsOf } from '../../../src/sdp/audio.ts';
import { formatSdp, parseSdp, type SessionDescription } from '../../../src/sdp/description.ts';
import { createAnswer, createOffer } from '../../../src/sdp/offer-answer.ts';
import { relayed } from '../../../src/sdp/relay.ts';
import { mutateBytes } from '../mutate.ts';
import { drawSdp } from '../sdp-grammar.ts';
import { expect, type Lap, type Target } from '../target.ts';
import { Words } from '../words.ts';

const ORIGIN = { local: { address: '203.0.113.7', port: 20_000 }, sessionId: 7, sessionVersion: 1 };
const OFFER = formatSdp(createOffer({ ...ORIGIN, codecs: ['PCMA', 'PCMU'], direction: 'sendrecv' }));

export const sdpTarget: Target = {
  name: 'sdp',
  weight: 2,
  draw: (random) => {
    const sdp = drawSdp(new Words(random));
    return [random.chance(0.5) ? sdp : mutateBytes(sdp, random, [OFFER, sdp])];
  },
  attempt: ([bytes = new Uint8Array(0)], lap) => {
    const parsed = lap(() => parseSdp(bytes));
    if (parsed.ok) checkDescription(parsed.value, lap);
    else expect(parsed.error.line >= 1, 'a mistake has a line');
    return 1;
  },
};

function checkDescription(description: SessionDescription, lap: Lap): void {
  const text = lap(() => formatSdp(description));
  const again = parseSdp(text);
  expect(again.ok, () => `what we write does not parse: ${again.ok ? '' : again.error.reason}`);
  expect(Buffer.from(formatSdp(again.value)).equals(text), 'a description reads otherwise once written');
  const audio = lap(() => audioOf(description));
  for (const section of description.media) lap(() => payloadsOf(section));
  const passedOn = lap(() => relayed(description, ORIGIN));
  checkOurs(passedOn, description);
  const answer = lap(() => createAnswer(description, ORIGIN));
  if (answer.ok) {
    checkOurs(answer.value, description);
    expect(audio?.playable !== undefined, 'who can be answered has a codec that we speak');
  }
}

function checkOurs(ours: SessionDescription, theirs: SessionDescription): void {
  const again = parseSdp(formatSdp(ours));
  expect(again.ok, () => `what we send on does not parse: ${again.ok ? '' : again.error.reason}`);
  expect(again.value.media.length === theirs.media.length, 'every section keeps its place');
  const audio = audioOf(again.value);
  if (audio?.endpoint !== undefined) {
    const { address, port } = audio.endpoint;
    expect(address === ORIGIN.local.address && port === ORIGIN.local.port, 'audio comes to us');
  }
  const used = again.value.media.filter(({ port }) => port !== 0);
  expect(used.length <= 1, 'one stream at most is in use');
}
