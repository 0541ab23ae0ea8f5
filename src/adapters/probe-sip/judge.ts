// What a call that was held says of the service: from what each end heard of the other to passed, warned or failed.
// Pure. The classes of quality are those of ITU-T G.109: below R = 50 a connection is not recommended (MOS 2.58), below
// 70 many users are dissatisfied (MOS 3.60).

import type { Measures, ProbeEnd } from '../../ports/probes.ts';
import { HEARD_PACKETS, type Heard } from './hearing.ts';

const TONE_MIN = 0.5;
const MOS_FAILED = 2.58;
const MOS_WARNED = 3.6;

export interface Held {
  readonly setupMs: number;
  readonly answerMs: number;
  /** What the called end heard of the caller. */
  readonly there: Heard;
  /** What the caller heard of the called end. */
  readonly back: Heard;
  /** Whether the called end was told that the caller hung up. */
  readonly endedThere: boolean;
}

export function judged(held: Held): ProbeEnd {
  const measures = measuresOf(held);
  const { there, back, setupMs: latencyMs } = held;
  const ways = [
    ['from caller to called', there],
    ['from called to caller', back],
  ] as const;
  for (const [way, heard] of ways) {
    const fault = faultOf(heard);
    if (fault !== undefined)
      return { outcome: 'failed', reason: `audio ${fault.replace('WAY', way)}`, measures };
  }
  for (const [way, { mos, loss, jitterMs }] of ways) {
    if (mos >= MOS_WARNED) continue;
    const reason = `audio ${way} is bad: MOS ${mos.toFixed(1)}, ${percent(loss)} lost, ${Math.round(jitterMs)} ms of jitter`;
    return mos < MOS_FAILED
      ? { outcome: 'failed', reason, measures }
      : { outcome: 'warned', latencyMs, reason, measures };
  }
  if (!held.endedThere) {
    const reason = 'the called end is not told that the caller has hung up';
    return { outcome: 'warned', latencyMs, reason, measures };
  }
  return { outcome: 'passed', latencyMs, measures };
}

/** Whether what was heard is what the other end spoke. */
export function isTone({ packets, tone }: Heard): boolean {
  return packets > 0 && tone >= TONE_MIN;
}

/** Why it cannot be heard, if it cannot. */
function faultOf({ packets, silent, tone, otherHz }: Heard): string | undefined {
  if (packets === 0) return `does not arrive WAY: 0 of ${HEARD_PACKETS} packets`;
  if (silent) return 'WAY is silence: packets arrive, and nothing is in them';
  if (otherHz !== undefined) return `WAY is of another call: a tone of ${otherHz} Hz that another one speaks`;
  if (tone < TONE_MIN) return `WAY is not what was spoken: ${percent(tone)} of it is the tone`;
  return undefined;
}

export function measuresOf({ setupMs, answerMs, there, back }: Held): Measures {
  return { setup_ms: setupMs, answer_ms: answerMs, ...named('there', there), ...named('back', back) };
}

function named(way: string, { packets, loss, jitterMs, delayMs, mos, tone }: Heard): Measures {
  return {
    [`${way}.loss`]: rounded(loss, 4),
    [`${way}.mos`]: rounded(mos, 2),
    ...(packets === 0
      ? {}
      : { [`${way}.jitter_ms`]: rounded(jitterMs, 2), [`${way}.tone`]: rounded(tone, 3) }),
    ...(delayMs === undefined ? {} : { [`${way}.delay_ms`]: rounded(delayMs, 2) }),
  };
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
