// One media endpoint: the RTP and RTCP sockets that face one leg, with whatever decides about their packets.
//
//   peer ──RTP──▶ parse ▶ latch ▶ rate ▶ statistics ▶ partner.forward ──RTP──▶ partner's peer
//   peer ──RTCP─▶ valid? ▶ latch ▶ rate ─────────────▶ partner.forwardRtcp
//
// The path from one socket to the other allocates nothing of ours but the parsed header. The relay creates
// and closes endpoints; an endpoint owns its sockets, its silence timer and its playback.

import type { RemoteInfo } from 'node:dgram';
import { isIP, SocketAddress } from 'node:net';
import { LIMITS } from '../../base/limits.ts';
import { type Endpoint, formatEndpoint } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type {
  MediaCommand,
  MediaEndpointId,
  MediaEvent,
  MediaStatistics,
  RemoteMedia,
} from '../../ports/media.ts';
import type { Recordings } from '../../ports/recordings.ts';
import { isAudible } from '../../rtp/g711.ts';
import { Latch } from '../../rtp/latch.ts';
import { parseRtp, type RtpHeader } from '../../rtp/packet.ts';
import { isRtcp, serialiseRtcp } from '../../rtp/rtcp.ts';
import { RtpSender, type SenderStart } from '../../rtp/sender.ts';
import { ReceptionStatistics } from '../../rtp/statistics.ts';
import { Ear } from './ear.ts';
import type { Paced, Pacer } from './pacer.ts';
import type { Playback } from './playback.ts';
import type { SocketPair } from './socket-pair.ts';

export interface EndpointContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly pacer: Pacer;
  readonly report: (event: MediaEvent) => void;
  readonly countForwarded: () => void;
  /** Random (RFC 3550 §5.1). */
  readonly senderStart: SenderStart;
  readonly recordings: Recordings;
  /** Names this node's streams in RTCP (RFC 7022). */
  readonly cname: string;
}

/** Static payload types whose clock is not 8000 Hz (RFC 3551 §6). Dynamic ones have none but the signalled. */
const OTHER_STATIC_RATES: Readonly<Record<number, number>> = {
  6: 16_000,
  10: 44_100,
  11: 44_100,
  14: 90_000,
  16: 11_025,
  17: 22_050,
};
const FIRST_DYNAMIC_TYPE = 96;
const COMFORT_NOISE_TYPE = 13;
/** A sender report after the first second, then every five (RFC 3550 §6.2), in steps of 20 ms. */
const REPORT_EVERY_STEPS = 250;
const FIRST_REPORT_STEP = 50;

export class MediaEndpoint implements Paced {
  readonly id: MediaEndpointId;
  readonly pair: SocketPair;
  readonly #family: 4 | 6;
  readonly #context: EndpointContext;
  readonly #latch = new Latch();
  readonly #rtcpLatch = new Latch();
  readonly #statistics = new ReceptionStatistics();
  readonly #sender: RtpSender;
  #remote: RemoteMedia | undefined;
  #partner: MediaEndpoint | undefined;
  #packetsSent = 0;
  #heard = false;

  /** While the node itself is the far end. */
  #ear: Ear | undefined;
  #playback: Playback | undefined;
  #plays = 0;
  #playedSteps = 0;

  #closed = false;
  #lastPacketAt: Instant = 0;
  #silenceTimer: NodeJS.Timeout | undefined;

  #secondBeganAt: Instant = 0;
  #packetsInSecond = 0;
  #overRateLogged = false;

  constructor(id: MediaEndpointId, pair: SocketPair, family: 4 | 6, context: EndpointContext) {
    this.id = id;
    this.pair = pair;
    this.#family = family;
    this.#context = context;
    this.#sender = new RtpSender(context.senderStart);
    pair.rtp.on('message', (bytes, from) => this.#receive(bytes, from));
    pair.rtcp.on('message', (bytes, from) => this.#receiveRtcp(bytes, from));
    // ICMP errors of what was sent are news about the peer, and no reason to end anything.
    const ignore = (error: Error) =>
      context.log.debug('media socket', { endpoint: id, error: error.message });
    pair.rtp.on('error', ignore);
    pair.rtcp.on('error', ignore);
  }

  remote(remote: RemoteMedia): void {
    const now = this.#context.clock.now();
    const signallingAddress = canonical(remote.signallingAddress);
    const signalled = this.#sendable(remote.signalled);
    const { address, port } = signalled ?? { address: '', port: 0 };
    const rtcp = signalled && this.#sendable(remote.rtcp ?? { address, port: port + 1 });
    this.#remote = remote;
    this.#latch.remote({ signalled, signallingAddress }, now);
    this.#rtcpLatch.remote({ signalled: rtcp, signallingAddress }, now);
  }

  connect(partner: MediaEndpoint): void {
    if (this.#partner === partner || partner === this) return;
    this.disconnect();
    partner.disconnect();
    this.#partner = partner;
    partner.#partner = this;
  }

  /** From both sides. */
  disconnect(): void {
    const partner = this.#partner;
    this.#partner = undefined;
    partner?.disconnect();
  }

  /** What is played next is being got ready: `true` for as long as nothing else was asked for meanwhile. */
  willPlay(): () => boolean {
    this.stopPlaying();
    const play = this.#plays;
    return () => this.#plays === play && !this.#closed;
  }

  play(playback: Playback): void {
    this.#playback = playback;
    this.#playedSteps = 0;
    this.#sender.resume(this.#context.clock.now());
    this.#context.pacer.add(this);
  }

  keys(listen: boolean): void {
    if (listen) this.#listening().keys(true);
    else this.#ear?.keys(false);
  }

  record(command: MediaCommand & { readonly type: 'record' }): void {
    this.#listening().record(command, this.#remote?.playable?.codec ?? 'PCMA');
  }

  stopRecording(): void {
    this.#ear?.stopRecording();
  }

  #listening(): Ear {
    this.#ear ??= new Ear({ ...this.#context, id: this.id });
    return this.#ear;
  }

  stopPlaying(): void {
    this.#plays += 1;
    this.#playback = undefined;
    this.#context.pacer.remove(this);
  }

  watch(silenceMs: number): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = undefined;
    if (silenceMs <= 0) return;
    this.#lastPacketAt = this.#context.clock.now();
    this.#watchFor(silenceMs, silenceMs, this.#lastPacketAt);
  }

  statistics(): MediaStatistics {
    return {
      packetsReceived: this.#statistics.packets,
      bytesReceived: this.#statistics.bytes,
      packetsSent: this.#packetsSent,
      packetsLost: this.#statistics.lost,
      jitterMs: this.#statistics.jitterMs,
      strangersDropped: this.#latch.strangers + this.#rtcpLatch.strangers,
      heardAudio: this.#heard,
    };
  }

  /** Frees both ports at once. What was recorded may still be on its way to the disk: then it is waited for. */
  close(): Promise<unknown> | undefined {
    this.#closed = true;
    this.disconnect();
    this.stopPlaying();
    clearTimeout(this.#silenceTimer);
    this.pair.rtp.close();
    this.pair.rtcp.close();
    return this.#ear?.close();
  }

  /** One step of what is being played. */
  step(now: Instant): void {
    const { playable } = this.#remote ?? {};
    const payload = playable && this.#playback?.next(playable.codec);
    if (payload === undefined || playable === undefined) {
      this.stopPlaying();
      this.#context.report({ type: 'played', id: this.id });
      return;
    }
    const isFirst = this.#playedSteps === 0;
    this.#send(this.#sender.packet(payload, playable.payloadType, isFirst, now));
    this.#playedSteps += 1;
    if (this.#playedSteps % REPORT_EVERY_STEPS === FIRST_REPORT_STEP) this.#sendReport(now);
  }

  #receive(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const header = parseRtp(bytes);
    if (header === undefined || port === 0) return;
    const now = this.#context.clock.now();
    const verdict = this.#latch.receive(address, port, now);
    if (verdict === 'stranger' || !this.#isWithinRate(now)) return;
    if (verdict === 'latched') {
      this.#context.report({ type: 'latched', id: this.id, from: { address, port }, at: now });
    }
    this.#lastPacketAt = now;
    this.#statistics.receive(header, bytes.length, this.#clockRateOf(header.payloadType), now);
    if (!this.#heard) this.#listen(header, bytes, now);
    if (this.#ear !== undefined && this.#remote !== undefined)
      this.#ear.receive(header, bytes, this.#codecOf(header.payloadType), this.#remote);
    if (this.#partner !== undefined) this.#partner.#forward(bytes);
  }

  #receiveRtcp(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (!isRtcp(bytes) || port === 0) return;
    const now = this.#context.clock.now();
    if (this.#rtcpLatch.receive(address, port, now) === 'stranger' || !this.#isWithinRate(now)) return;
    if (this.#partner !== undefined) this.#partner.#sendRtcp(bytes);
  }

  #forward(bytes: Uint8Array): void {
    if (this.#playback !== undefined) return;
    this.#context.countForwarded();
    this.#send(bytes);
  }

  #send(bytes: Uint8Array): void {
    const target = this.#latch.target;
    if (target === undefined) return;
    this.#packetsSent += 1;
    this.pair.rtp.send(bytes, target.port, target.address);
  }

  #sendRtcp(bytes: Uint8Array): void {
    const target = this.#rtcpLatch.target;
    if (target !== undefined) this.pair.rtcp.send(bytes, target.port, target.address);
  }

  #sendReport(now: Instant): void {
    const { ssrc, timestamp, packets, octets } = this.#sender.report();
    const sender = { at: now, timestamp, packets, octets };
    this.#sendRtcp(serialiseRtcp({ ssrc, sender, blocks: [] }, this.#context.cname));
  }

  /** Also what ends a loop, should two calls' descriptions point at this node itself: RTP has no hop count. */
  #isWithinRate(now: Instant): boolean {
    if (now - this.#secondBeganAt >= 1_000) {
      this.#secondBeganAt = now;
      this.#packetsInSecond = 0;
    }
    this.#packetsInSecond += 1;
    if (this.#packetsInSecond <= LIMITS.mediaPacketsPerSecondMax) return true;
    if (!this.#overRateLogged) {
      this.#overRateLogged = true;
      this.#context.log.warn('media over its rate, packets dropped', { endpoint: this.id });
    }
    return false;
  }

  /** DTMF events repeat their timestamp, and say nothing about jitter. */
  #clockRateOf(payloadType: number): number {
    if (payloadType === this.#remote?.dtmfPayloadType) return 0;
    const signalled = this.#remote?.clockRates?.[payloadType];
    if (signalled !== undefined) return signalled;
    return payloadType < FIRST_DYNAMIC_TYPE ? (OTHER_STATIC_RATES[payloadType] ?? 8_000) : 0;
  }

  #listen(header: RtpHeader, bytes: Uint8Array, now: Instant): void {
    const { payloadType, payloadStart, payloadEnd } = header;
    if (payloadType === COMFORT_NOISE_TYPE || payloadType === this.#remote?.dtmfPayloadType) return;
    const codec = this.#codecOf(payloadType);
    if (codec !== undefined && !isAudible(codec, bytes, payloadStart, payloadEnd)) return;
    this.#heard = true;
    this.#context.report({ type: 'heard', id: this.id, at: now });
  }

  /** G.711 that can be listened to: without a playable codec the stream may be encrypted. */
  #codecOf(payloadType: number): 'PCMU' | 'PCMA' | undefined {
    const { playable } = this.#remote ?? {};
    if (playable === undefined) return undefined;
    if (payloadType === playable.payloadType) return playable.codec;
    if (payloadType === 0) return 'PCMU';
    return payloadType === 8 ? 'PCMA' : undefined;
  }

  /** The timer is not reset by packets: when it fires, it looks how long the silence is by then. */
  #watchFor(delayMs: number, silenceMs: number, from: Instant): void {
    this.#silenceTimer = setTimeout(() => {
      const now = this.#context.clock.now();
      const since = Math.max(this.#lastPacketAt, from);
      if (now - since < silenceMs) {
        this.#watchFor(silenceMs - (now - since), silenceMs, from);
        return;
      }
      this.#context.report({ type: 'silent', id: this.id, silentMs: Math.round(now - this.#lastPacketAt) });
      this.#watchFor(silenceMs, silenceMs, now);
    }, delayMs);
  }

  /** What can be sent to from this socket: an IP literal of its family and a real port. */
  #sendable(endpoint: Endpoint | undefined): Endpoint | undefined {
    if (endpoint === undefined) return undefined;
    const { address, port } = endpoint;
    if (isIP(address) === this.#family && port > 0 && port < 65_536)
      return { address: canonical(address), port };
    this.#context.log.warn('media cannot be sent there', { endpoint: this.id, to: formatEndpoint(endpoint) });
    return undefined;
  }
}

/** As the system writes the source of a packet (RFC 5952), since addresses are compared as text. */
function canonical(address: string): string {
  return isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
