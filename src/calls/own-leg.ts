// A leg for a call that the node itself makes over a trunk: with an offer of its own, and nobody behind it.

import type { E164 } from '../ports/records.ts';
import { CalleeLeg } from './callee-leg.ts';
import { type Caller, callerHeaders } from './identity.ts';
import { MediaSide } from './media-side.ts';
import type { Surroundings, TrunkChoice } from './surroundings.ts';

export interface OwnLeg {
  readonly id: string;
  readonly callId: string;
  readonly sessionId: number;
  readonly number: E164;
  readonly trunk: TrunkChoice;
  /** Who is presented. */
  readonly caller: Caller;
}

export function ownLeg(
  { id, callId, sessionId, number, trunk, caller }: OwnLeg,
  around: Surroundings,
): CalleeLeg {
  const media = new MediaSide(`${callId}/${id}`, sessionId, (command) => around.media(command));
  return new CalleeLeg(
    { id, callId, kind: 'trunk', words: number, media, trunk: trunk.name },
    { type: 'trunk', name: trunk.name, key: number, uri: trunk.uri, routes: [] },
    {
      headers: callerHeaders(caller, 'trunk', around.domain, around.sip.newTag()),
      maxForwards: 70,
      to: `<${trunk.uri}>`,
      sipCallId: around.sip.newCallId(),
      offer: 'own',
    },
    around.sip.newTag(),
    trunk.flow,
    around,
  );
}
