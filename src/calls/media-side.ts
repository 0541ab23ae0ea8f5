// One leg's half of the media: its endpoint in the relay, what its peer described, and what we describe to it.
//
//   peer's SDP ──accept──▶ remote of this endpoint
//   other side's SDP ──describe──▶ our SDP for this peer: same codecs, our address
//
// The relay's answer to `open` comes later; until then `local` is undefined and nothing can be described.

import { assert, present } from '../base/assert.ts';
import type { Endpoint } from '../base/net.ts';
import type { MediaCommand, MediaStatistics, RemoteMedia } from '../ports/media.ts';
import { audioOf } from '../sdp/audio.ts';
import { formatSdp, type SessionDescription } from '../sdp/description.ts';
import { createAnswer, createOffer } from '../sdp/offer-answer.ts';
import { type Origin, relayed } from '../sdp/relay.ts';

export type MediaState = 'idle' | 'opening' | 'open' | 'closing' | 'closed';

export class MediaSide {
  readonly id: string;
  state: MediaState = 'idle';
  local: Endpoint | undefined;
  /** What the peer last described and both sides agreed on. */
  remote: SessionDescription | undefined;
  /** Our last description for the peer, as sent. */
  localSdp: Uint8Array | undefined;
  statistics: MediaStatistics | undefined;

  readonly #perform: (command: MediaCommand) => void;
  readonly #sessionId: number;
  #version = 0;

  /** `sessionId` goes into the o= line; it is unique on the node (RFC 8866 §5.2). */
  constructor(id: string, sessionId: number, perform: (command: MediaCommand) => void) {
    this.id = id;
    this.#sessionId = sessionId;
    this.#perform = perform;
  }

  /** `towards`: an address of the peer, for the address family. */
  open(towards: string): void {
    assert(this.state === 'idle', `media ${this.id} opened twice`);
    this.state = 'opening';
    this.#perform({ type: 'open', id: this.id, family: towards.includes(':') ? 'ipv6' : 'ipv4' });
  }

  opened(local: Endpoint): void {
    if (this.state !== 'opening') return;
    this.state = 'open';
    this.local = local;
  }

  /** The relay could not open it, or has closed it. */
  gone(statistics?: MediaStatistics): void {
    this.state = 'closed';
    this.statistics = statistics;
  }

  /** Gives the port back. Its `closed` event brings the statistics. */
  close(): void {
    if (this.state === 'idle') this.state = 'closed';
    if (this.state !== 'opening' && this.state !== 'open') return;
    this.state = 'closing';
    this.#perform({ type: 'close', id: this.id });
  }

  /** Nothing more is to come from the relay for it. */
  get settled(): boolean {
    return this.state === 'idle' || this.state === 'closed';
  }

  /** What the other side described, as we describe it to this peer. */
  describe(other: SessionDescription): Uint8Array {
    return this.#describeAs((origin) => relayed(other, origin));
  }

  /** Our own answer to this peer's offer, for an announcement; `undefined` without a codec that we speak. */
  answerOwn(offer: SessionDescription): Uint8Array | undefined {
    if (audioOf(offer)?.playable === undefined) return undefined;
    return this.#describeAs((origin) => {
      const answer = createAnswer(offer, origin);
      assert(answer.ok, 'an offer with a playable codec can be answered');
      return answer.value;
    });
  }

  /** Our own offer, for a call that the node itself makes. */
  offerOwn(): Uint8Array {
    return this.#describeAs((origin) =>
      createOffer({ ...origin, codecs: ['PCMA', 'PCMU'], direction: 'sendrecv', dtmfPayloadType: 101 }),
    );
  }

  /** The peer's description is agreed: media goes there. */
  accept(sdp: SessionDescription, signallingAddress: string): void {
    this.remote = sdp;
    this.#perform({ type: 'remote', id: this.id, remote: remoteOf(sdp, signallingAddress) });
  }

  /** True while the peer is not expected to send anything: it holds us, or is itself held. */
  get quiet(): boolean {
    if (this.remote === undefined) return true;
    const audio = audioOf(this.remote);
    return audio?.endpoint === undefined || audio.direction === 'recvonly' || audio.direction === 'inactive';
  }

  /** Formats with our origin; the version goes up only when something changed (RFC 3264 §8). */
  #describeAs(build: (origin: Origin) => SessionDescription): Uint8Array {
    const local = present(this.local, `local media of ${this.id}`);
    const at = (sessionVersion: number) =>
      formatSdp(build({ local, sessionId: this.#sessionId, sessionVersion }));
    const same = at(this.#version);
    if (this.localSdp === undefined || !equalBytes(same, this.localSdp)) {
      this.#version++;
      this.localSdp = at(this.#version);
    }
    return this.localSdp;
  }
}

function remoteOf(sdp: SessionDescription, signallingAddress: string): RemoteMedia {
  const audio = audioOf(sdp);
  return {
    signalled: audio?.endpoint,
    signallingAddress,
    ...(audio?.rtcp === undefined ? {} : { rtcp: audio.rtcp }),
    ...(audio === undefined ? {} : { clockRates: audio.clockRates }),
    ...(audio?.playable === undefined ? {} : { playable: audio.playable }),
    ...(audio?.dtmfPayloadType === undefined ? {} : { dtmfPayloadType: audio.dtmfPayloadType }),
  };
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
