// Framing of streams: wherever the network cuts it, a stream gives the same messages and pings, and fails the same;
// and parser and framer agree on where each message ends.

import { StreamFramer, type StreamItem } from '../../../src/sip/message/framing.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import type { SeededRandom } from '../../simulation/world.ts';
import { drawMessage } from '../draw-message.ts';
import { expect, type Input, type Lap, type Target } from '../target.ts';

export const framerTarget: Target = {
  name: 'framer',
  weight: 2,
  draw: (random) => drawChunks(random),
  attempt: (chunks, lap) => {
    const whole = frame([Buffer.concat(chunks)], lap);
    const cut = frame(chunks, lap);
    expect(
      cut.told === whole.told,
      () => `cut otherwise, a stream reads otherwise: ${whole.told} / ${cut.told}`,
    );
    for (const bytes of whole.messages) checkEnd(bytes);
    return Math.max(1, whole.messages.length);
  },
};

function drawChunks(random: SeededRandom): Input {
  const pieces: Uint8Array[] = [];
  for (let i = random.between(1, 4); i > 0; i--) {
    if (random.chance(0.2)) pieces.push(Buffer.from(random.pick(['\r\n', '\r\n\r\n', '\n', '\r', '\0'])));
    else pieces.push(drawMessage(random));
  }
  const stream = Buffer.concat(pieces);
  const chunks: Uint8Array[] = [];
  const size = random.pick([1, 7, 100, 1_460]);
  for (let at = 0; at < stream.length; ) {
    // Single bytes up to where it no longer tells more.
    const length = chunks.length > 2_000 ? stream.length : random.between(1, size);
    chunks.push(stream.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

function frame(chunks: Input, lap: Lap) {
  const framer = new StreamFramer();
  const messages: Uint8Array[] = [];
  const told: string[] = [];
  const take = (items: readonly StreamItem[]): void => {
    for (const item of items) {
      if (item.type === 'message') {
        messages.push(item.bytes);
        told.push(Buffer.from(item.bytes).toString('latin1'));
      } else if (item.type === 'ping') told.push('ping');
    }
  };
  for (const chunk of chunks) {
    const result = lap(() => framer.push(chunk));
    take(result.ok ? result.value : result.error.items);
    if (!result.ok) {
      told.push(`${result.error.code} ${result.error.status}`);
      lap(() => parseMessage(result.error.head));
      break;
    }
  }
  return { messages, told: told.join('\n') };
}

function checkEnd(bytes: Uint8Array): void {
  const parsed = parseMessage(bytes);
  const code = parsed.ok ? undefined : parsed.error.code;
  expect(
    code !== 'truncated-body' && code !== 'truncated-headers',
    'the parser wants more than the framer gave',
  );
  if (!parsed.ok) return;
  const shorter = parseMessage(bytes.subarray(0, -1));
  expect(!shorter.ok, 'the framer gave more than the parser reads');
}
