// What passed between the node and one peer, in order, as the ladders of RFC 3665 draw it: `INVITE →` is what the
// peer sent, `← 180` what was sent to it. Everything that went over the wire is there, also what was lost.

import { present } from '../../src/base/assert.ts';
import type { SipMessage } from '../../src/sip/message/message.ts';
import { parseMessage } from '../../src/sip/message/parse.ts';
import type { Party } from './party.ts';
import type { Stage } from './stage.ts';

interface Rung {
  readonly atMs: number;
  /** `INVITE →`, `← 180` */
  readonly text: string;
  readonly message: SipMessage;
}

/** All of the peer's messages in this call, or with this Call-ID. */
export function ladder(stage: Stage, party: Party | { readonly callId: string }): readonly string[] {
  return rungs(stage, party).map(({ text }) => text);
}

/** When such a message was sent, in milliseconds since it was first: its retransmissions. */
export function timesOf(
  stage: Stage,
  party: Party | { readonly callId: string },
  text: string,
): readonly number[] {
  const times = rungs(stage, party).flatMap((rung) => (rung.text === text ? [rung.atMs] : []));
  return times.map((at) => at - (times[0] ?? 0));
}

/** The messages themselves that read so. */
export function messages(
  stage: Stage,
  party: Party | { readonly callId: string },
  text: string,
): readonly SipMessage[] {
  return rungs(stage, party).flatMap((rung) => (rung.text === text ? [rung.message] : []));
}

function rungs(stage: Stage, { callId }: { readonly callId: string }): readonly Rung[] {
  const read = stage.wire.flatMap(({ at, heading, bytes }) => {
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.value.callId !== callId) return [];
    const message = parsed.value;
    const words = message.kind === 'request' ? message.method : String(message.status);
    return [{ atMs: at, text: heading === 'to-node' ? `${words} →` : `← ${words}`, message }];
  });
  present(read[0], `a message of ${callId}`);
  return read;
}
