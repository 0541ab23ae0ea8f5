// A recording as the file that every mail program can play: WAV with 16-bit linear samples, though it is kept in the
// half of that (G.711), which telephones play less reliably.
//
//   RIFF size WAVE │ fmt  16 PCM 1 8000 16000 2 16 │ data size samples…

import type { Recorded } from '../ports/recordings.ts';
import { decodeG711 } from '../rtp/g711.ts';

const HEADER_BYTES = 44;
const SAMPLE_RATE_HZ = 8_000;
const SAMPLE_BYTES = 2;
const PCM = 1;

export function wavOf({ codec, samples }: Recorded): Uint8Array {
  const linear = decodeG711(codec, samples);
  const dataBytes = linear.length * SAMPLE_BYTES;
  const file = new Uint8Array(HEADER_BYTES + dataBytes);
  const view = new DataView(file.buffer);
  const tag = (at: number, name: string) => file.set(new TextEncoder().encode(name), at);
  tag(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  tag(8, 'WAVE');
  tag(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE_HZ, true);
  view.setUint32(28, SAMPLE_RATE_HZ * SAMPLE_BYTES, true);
  view.setUint16(32, SAMPLE_BYTES, true);
  view.setUint16(34, SAMPLE_BYTES * 8, true);
  tag(36, 'data');
  view.setUint32(40, dataBytes, true);
  for (const [index, sample] of linear.entries())
    view.setInt16(HEADER_BYTES + index * SAMPLE_BYTES, sample, true);
  return file;
}
