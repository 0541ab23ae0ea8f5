// Media steering. RTP never passes through the core: a media adapter moves packets, steered by these
// commands, and reports back with these events. Everything is asynchronous, so that the relay may live in
// another thread, another process (rtpengine) or another machine.
//
//   caller ══RTP══ endpoint A ─connect─ endpoint B ══RTP══ phone
//
// An endpoint is one RTP/RTCP port pair facing one leg. `open` is answered by `opened` or `open-failed`, `play` by
// `played`, `record` by `recorded`; other commands have no answer. Commands for an unknown endpoint are ignored.

import type { Endpoint } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { RecordingId } from './recordings.ts';

export type MediaEndpointId = string;

/** In the language (BCP 47) where there is one for it, else in the node's own. */
export interface Prompt {
  readonly type: 'prompt';
  readonly name: string;
  readonly language?: string;
}

/** What can be played to an endpoint. */
export type Sound =
  | Prompt
  /** 1 s unless its length is given. */
  | { readonly type: 'tone'; readonly frequencyHz: number; readonly lengthMs?: number }
  | { readonly type: 'silence'; readonly lengthMs: number }
  | {
      readonly type: 'recording';
      readonly recording: RecordingId;
      /** Heard where the recording is gone or damaged: nobody who calls is met by silence. */
      readonly otherwise: Prompt;
    };

/** A key of a telephone (RFC 4733 §3.2). */
export type Key =
  | '0'
  | '1'
  | '2'
  | '3'
  | '4'
  | '5'
  | '6'
  | '7'
  | '8'
  | '9'
  | '*'
  | '#'
  | 'A'
  | 'B'
  | 'C'
  | 'D';

/** The codecs that the relay itself can speak when it plays (RFC 3551 §6). */
export type PlayableCodec = 'PCMU' | 'PCMA';

export interface RemoteMedia {
  /** Where the peer's SDP says that it receives RTP. Port 0 or a held stream: `undefined`. */
  readonly signalled: Endpoint | undefined;
  /** Where the peer's RTCP goes; `undefined` means the RTP port plus one (RFC 3605). */
  readonly rtcp?: Endpoint;
  /** Address that the leg's signalling came from: the only other source that RTP may be latched to (NAT). */
  readonly signallingAddress: string;
  /** Payload type and codec for playing to this peer, and DTMF's payload type; absent where none was agreed. */
  readonly playable?: { readonly payloadType: number; readonly codec: PlayableCodec };
  readonly dtmfPayloadType?: number;
  /** RTP clock rate by payload type, for the jitter; static types are known without (RFC 3551 §6). */
  readonly clockRates?: Readonly<Record<number, number>>;
}

export type MediaCommand =
  | { readonly type: 'open'; readonly id: MediaEndpointId; readonly family: 'ipv4' | 'ipv6' }
  /** New or changed remote description. A changed `signalled` address allows latching once more. */
  | { readonly type: 'remote'; readonly id: MediaEndpointId; readonly remote: RemoteMedia }
  /** Forward both ways between two endpoints; replaces any earlier connection of either. */
  | { readonly type: 'connect'; readonly a: MediaEndpointId; readonly b: MediaEndpointId }
  | { readonly type: 'disconnect'; readonly id: MediaEndpointId }
  /**
   * Plays one after another, instead of what is forwarded or played; `repeat` until stopped. Answered by `played` at
   * the end where it does not repeat, and at once where nothing can be played; not where it is stopped or replaced.
   */
  | {
      readonly type: 'play';
      readonly id: MediaEndpointId;
      readonly sounds: readonly Sound[];
      readonly repeat: boolean;
    }
  | { readonly type: 'stop-playing'; readonly id: MediaEndpointId }
  /** Whether keys that the peer presses are reported: events (RFC 4733), or tones where none were agreed. */
  | { readonly type: 'keys'; readonly id: MediaEndpointId; readonly listen: boolean }
  /**
   * Records what the peer says, until so long nothing is said (counted from the beginning, too), it is so long, it is
   * stopped, or the endpoint is closed. Answered by `recorded`, once what is recorded is durable.
   */
  | {
      readonly type: 'record';
      readonly id: MediaEndpointId;
      readonly recording: RecordingId;
      readonly maxMs: number;
      readonly silenceMs: number;
    }
  | { readonly type: 'stop-recording'; readonly id: MediaEndpointId }
  /**
   * Silence watch: `silent` is reported after this long without a packet, and again after each further such
   * time; 0 switches it off (hold).
   */
  | { readonly type: 'watch'; readonly id: MediaEndpointId; readonly silenceMs: number }
  /** Answered by `closed` with the final statistics; the port pair is free again. */
  | { readonly type: 'close'; readonly id: MediaEndpointId };

export interface MediaStatistics {
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  /** Packets missing from the sequence numbers received (RFC 3550 §A.3), never negative. */
  readonly packetsLost: number;
  /** Interarrival jitter (RFC 3550 §6.4.1). */
  readonly jitterMs: number;
  /** Packets from sources other than the latched one, dropped. */
  readonly strangersDropped: number;
  /** True once audio above the silence threshold was received (G.711 only; other codecs: any packet). */
  readonly heardAudio: boolean;
}

export type MediaEvent =
  | { readonly type: 'opened'; readonly id: MediaEndpointId; readonly local: Endpoint }
  | { readonly type: 'open-failed'; readonly id: MediaEndpointId; readonly reason: string }
  /** The first packet from the peer was accepted; again from its new source after a latch once more. */
  | { readonly type: 'latched'; readonly id: MediaEndpointId; readonly from: Endpoint; readonly at: Instant }
  /** Audio above the silence threshold arrived for the first time. */
  | { readonly type: 'heard'; readonly id: MediaEndpointId; readonly at: Instant }
  | { readonly type: 'played'; readonly id: MediaEndpointId }
  /** One for each press, when it begins. */
  | { readonly type: 'key'; readonly id: MediaEndpointId; readonly key: Key; readonly at: Instant }
  /** Silence at its end is cut off. `failed`: nothing is kept. Always before the `closed` of its endpoint. */
  | {
      readonly type: 'recorded';
      readonly id: MediaEndpointId;
      readonly recording: RecordingId;
      readonly lengthMs: number;
      /** How much of it is speech. */
      readonly speechMs: number;
      readonly why: 'stopped' | 'silence' | 'limit' | 'closed' | 'failed';
    }
  | { readonly type: 'silent'; readonly id: MediaEndpointId; readonly silentMs: number }
  | { readonly type: 'closed'; readonly id: MediaEndpointId; readonly statistics: MediaStatistics };

export interface MediaRelay {
  perform(commands: readonly MediaCommand[]): void;
  stats(): {
    readonly endpointsOpen: number;
    readonly portPairsFree: number;
    readonly packetsForwarded: number;
  };
  close(): Promise<void>;
}
