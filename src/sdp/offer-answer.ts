// Descriptions of this node's own: where it speaks itself, as the one who plays an announcement or as the
// test caller (RFC 3264 §5, §6). What it speaks is G.711, and it understands DTMF events.

import { assert, present } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import { answerDirection, audioOf, type Direction, type Payload } from './audio.ts';
import {
  attribute,
  type MediaSection,
  mediaSection,
  type SdpLine,
  type SessionDescription,
} from './description.ts';
import { connectionLine, type Origin, originLine, switchedOff } from './relay.ts';

export interface OfferOptions extends Origin {
  /** In order of preference. */
  readonly codecs: readonly ('PCMU' | 'PCMA')[];
  readonly direction: Direction;
  /** Payload type of DTMF events (RFC 4733); `undefined` leaves them out. */
  readonly dtmfPayloadType?: number;
}

export interface AnswerOptions extends Origin {
  /** What we would like; what we get is bounded by the offer. `sendrecv` by default. */
  readonly direction?: Direction;
}

/** Packet time that the relay plays in. */
const PTIME_MS = 20;
const DTMF_EVENTS = '0-15';

export function createOffer(options: OfferOptions): SessionDescription {
  assert(options.codecs.length > 0, 'an offer has at least one codec');
  const payloads: OwnPayload[] = options.codecs.map((codec) => ({ type: codec === 'PCMU' ? 0 : 8, codec }));
  const { dtmfPayloadType } = options;
  if (dtmfPayloadType !== undefined) payloads.push({ type: dtmfPayloadType, codec: 'telephone-event' });
  return {
    session: sessionLines(options),
    media: [audioSection('RTP/AVP', options.local.port, payloads, options.direction)],
  };
}

/**
 * The answer of one who speaks G.711: the offerer's first choice among PCMU and PCMA and, if offered, DTMF
 * events, under the offer's own payload types. Other sections are refused. `no-audio`: the offer has no audio
 * section in use. `no-common-codec`: it has, but neither PCMU nor PCMA, or only encrypted.
 */
export function createAnswer(
  offer: SessionDescription,
  options: AnswerOptions,
): Result<SessionDescription, 'no-audio' | 'no-common-codec'> {
  const audio = audioOf(offer);
  if (audio === undefined || audio.rejected) return err('no-audio');
  const { index, playable, dtmfPayloadType } = audio;
  if (playable === undefined) return err('no-common-codec');
  const payloads: OwnPayload[] = [{ type: playable.payloadType, codec: playable.codec }];
  if (dtmfPayloadType !== undefined) payloads.push({ type: dtmfPayloadType, codec: 'telephone-event' });
  const direction = answerDirection(audio.direction, options.direction ?? 'sendrecv');
  const { protocol } = present(offer.media[index], 'the section that audioOf found');
  return ok({
    session: sessionLines(options),
    media: offer.media.map((section, at) =>
      at === index ? audioSection(protocol, options.local.port, payloads, direction) : switchedOff(section),
    ),
  });
}

type OwnPayload = Pick<Payload, 'type'> & { readonly codec: 'PCMU' | 'PCMA' | 'telephone-event' };

function sessionLines(origin: Origin): readonly SdpLine[] {
  return [
    { type: 'v', value: '0' },
    originLine(origin),
    { type: 's', value: '-' },
    connectionLine(origin.local.address),
    { type: 't', value: '0 0' },
  ];
}

function audioSection(
  protocol: string,
  port: number,
  payloads: readonly OwnPayload[],
  direction: Direction,
): MediaSection {
  const lines: SdpLine[] = [];
  for (const { type, codec } of payloads) {
    lines.push(attribute('rtpmap', `${type} ${codec}/8000`));
    if (codec === 'telephone-event') lines.push(attribute('fmtp', `${type} ${DTMF_EVENTS}`));
  }
  lines.push(attribute('ptime', String(PTIME_MS)), attribute(direction));
  return mediaSection({
    media: 'audio',
    port,
    protocol,
    formats: payloads.map(({ type }) => String(type)),
    lines,
  });
}
