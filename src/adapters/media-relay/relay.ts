// The media relay within this process, over dgram: it carries out the commands of ports/media.ts.
//
// Events are gathered and handed over once per turn of the event loop, never from within `perform`. The relay
// owns its endpoints, and they their sockets; `close` closes all. A command for an endpoint that is not there
// (any more) is ignored, since commands and events cross on the way.

import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { assert, assertNever } from '../../base/assert.ts';
import { RingthroughError } from '../../base/errors.ts';
import { hex } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, type Result } from '../../base/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MediaCommand, MediaEndpointId, MediaEvent, MediaRelay, Sound } from '../../ports/media.ts';
import type { Random } from '../../ports/random.ts';
import type { RecordingId, Recordings } from '../../ports/recordings.ts';
import type { SenderStart } from '../../rtp/sender.ts';
import { type EndpointContext, MediaEndpoint } from './endpoint.ts';
import { Pacer } from './pacer.ts';
import {
  type EncodedSound,
  encodeRecorded,
  encodeSilence,
  encodeSound,
  encodeTone,
  Playback,
} from './playback.ts';
import { PortPairs } from './port-pairs.ts';
import { Prompts } from './prompts.ts';
import { bindSocket, bindSocketPair, type SocketPair } from './socket-pair.ts';

/** An address to bind media sockets to, and what peers are told instead where there is a NAT before it. */
export interface MediaAddress {
  readonly address: string;
  readonly advertisedAddress?: string;
}

export interface MediaRelayOptions extends MediaAddress {
  /** An address of the other family, to serve both. */
  readonly also?: MediaAddress;
  /** Both included. */
  readonly ports: { readonly from: number; readonly to: number };
  /** Those of one language: all that there is. */
  readonly prompts: Prompts | ReadonlyMap<string, Int16Array>;
  readonly recordings: Recordings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onEvents: (events: readonly MediaEvent[]) => void;
}

export function createMediaRelay(options: MediaRelayOptions): MediaRelay {
  return new LocalMediaRelay(options);
}

class LocalMediaRelay implements MediaRelay {
  readonly #options: MediaRelayOptions;
  readonly #addresses: ReadonlyMap<4 | 6, MediaAddress>;
  readonly #pairs: PortPairs;
  readonly #pacer: Pacer;
  /** Prompts that have been played, encoded once for all listeners. */
  readonly #sounds = new Map<Int16Array, EncodedSound>();
  readonly #prompts: Prompts;
  readonly #endpoints = new Map<MediaEndpointId, MediaEndpoint>();
  /** Being bound; a `close` that comes meanwhile is carried out once the sockets are there. */
  readonly #opening = new Map<MediaEndpointId, 'wanted' | 'unwanted'>();
  /** Endpoints whose recordings are on their way to the disk. */
  readonly #closing = new Set<Promise<void>>();
  readonly #cname: string;
  #events: MediaEvent[] = [];
  #isTelling = false;
  #packetsForwarded = 0;
  #closed = false;

  constructor(options: MediaRelayOptions) {
    this.#options = options;
    this.#addresses = addressesByFamily(options);
    this.#pairs = new PortPairs(options.ports, LIMITS.mediaPortRestMs, options.random.fraction());
    this.#pacer = new Pacer(options.clock);
    const { prompts } = options;
    this.#prompts = prompts instanceof Prompts ? prompts : new Prompts(new Map([['en', prompts]]));
    this.#cname = hex(options.random.bytes(12));
  }

  perform(commands: readonly MediaCommand[]): void {
    for (const command of commands) this.#perform(command);
  }

  stats(): {
    readonly endpointsOpen: number;
    readonly portPairsFree: number;
    readonly packetsForwarded: number;
  } {
    return {
      endpointsOpen: this.#endpoints.size,
      portPairsFree: this.#pairs.free,
      packetsForwarded: this.#packetsForwarded,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closing = [...this.#endpoints.values()].flatMap(({ pair }) => [
      closed(pair.rtp),
      closed(pair.rtcp),
    ]);
    for (const id of [...this.#endpoints.keys(), ...this.#opening.keys()]) this.#close(id);
    await Promise.all([...closing, ...this.#closing]);
  }

  #perform(command: MediaCommand): void {
    switch (command.type) {
      case 'open':
        void this.#open(command.id, command.family === 'ipv4' ? 4 : 6);
        return;
      case 'remote':
        this.#endpoints.get(command.id)?.remote(command.remote);
        return;
      case 'connect':
        this.#connect(command.a, command.b);
        return;
      case 'disconnect':
        this.#endpoints.get(command.id)?.disconnect();
        return;
      case 'play':
        this.#play(command);
        return;
      case 'stop-playing':
        this.#untell(command.id);
        this.#endpoints.get(command.id)?.stopPlaying();
        return;
      case 'keys':
        this.#endpoints.get(command.id)?.keys(command.listen);
        return;
      case 'record':
        this.#endpoints.get(command.id)?.record(command);
        return;
      case 'stop-recording':
        this.#endpoints.get(command.id)?.stopRecording();
        return;
      case 'watch':
        this.#endpoints.get(command.id)?.watch(command.silenceMs);
        return;
      case 'close':
        this.#close(command.id);
        return;
      default:
        assertNever(command);
    }
  }

  async #open(id: MediaEndpointId, family: 4 | 6): Promise<void> {
    const own = this.#addresses.get(family);
    if (this.#closed || own === undefined || this.#opening.has(id) || this.#endpoints.has(id)) {
      const reason = this.#closed
        ? 'the relay is closed'
        : own
          ? 'the id is in use'
          : `no IPv${family} media address`;
      this.#report({ type: 'open-failed', id, reason });
      return;
    }
    this.#opening.set(id, 'wanted');
    const bound = await this.#bind(own.address);
    const isWanted = this.#opening.get(id) === 'wanted';
    this.#opening.delete(id);
    if (!bound.ok) {
      this.#report({ type: 'open-failed', id, reason: bound.error });
      return;
    }
    const endpoint = new MediaEndpoint(id, bound.value, family, this.#contextOfEndpoint());
    this.#endpoints.set(id, endpoint);
    if (!isWanted) return this.#close(id);
    const local = { address: own.advertisedAddress ?? own.address, port: bound.value.port };
    this.#report({ type: 'opened', id, local });
  }

  /** The next pair that no other program holds. */
  async #bind(address: string): Promise<Result<SocketPair, string>> {
    let reason = '';
    for (let attempt = 0; attempt < LIMITS.mediaBindAttemptsMax; attempt += 1) {
      const port = this.#pairs.take(this.#options.clock.now());
      if (port === undefined) return err(reason || `all ${this.#pairs.total} media port pairs are in use`);
      const bound = await bindSocketPair(address, port);
      if (bound.ok) return bound;
      this.#pairs.release(port, this.#options.clock.now());
      reason = bound.error.reason;
      if (!bound.error.inUse) break;
    }
    return err(reason);
  }

  #connect(a: MediaEndpointId, b: MediaEndpointId): void {
    const one = this.#endpoints.get(a);
    const other = this.#endpoints.get(b);
    if (one !== undefined && other !== undefined) one.connect(other);
  }

  #close(id: MediaEndpointId): void {
    if (this.#opening.has(id)) this.#opening.set(id, 'unwanted');
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) return;
    this.#endpoints.delete(id);
    const recorded = endpoint.close();
    this.#pairs.release(endpoint.pair.port, this.#options.clock.now());
    const over = () => this.#report({ type: 'closed', id, statistics: endpoint.statistics() });
    if (recorded === undefined) return over();
    const closing = recorded.then(over).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** At once, unless a recording has to be read first. */
  #play({ id, sounds, repeat }: MediaCommand & { readonly type: 'play' }): void {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) return;
    this.#untell(id);
    const isWanted = endpoint.willPlay();
    const ready = sounds.filter((sound) => sound.type !== 'recording');
    if (ready.length === sounds.length) {
      const encoded = ready.map((sound) => this.#soundOf(sound));
      return endpoint.play(new Playback(encoded, repeat));
    }
    void Promise.all(sounds.map((sound) => this.#recordedOr(sound))).then((encoded) => {
      if (isWanted()) endpoint.play(new Playback(encoded, repeat));
    });
  }

  async #recordedOr(sound: Sound): Promise<EncodedSound> {
    if (sound.type !== 'recording') return this.#soundOf(sound);
    return (await this.#read(sound.recording)) ?? this.#soundOf(sound.otherwise);
  }

  async #read(id: RecordingId): Promise<EncodedSound | undefined> {
    try {
      const recorded = await this.#options.recordings.read(id);
      if (recorded !== undefined) return encodeRecorded(recorded);
      this.#options.log.warn('no such recording', { recording: id });
    } catch (error) {
      this.#options.log.error('a recording cannot be played', { recording: id, reason: String(error) });
    }
    return undefined;
  }

  /** Without samples where there is no such prompt: it has been played at once. */
  #soundOf(sound: Exclude<Sound, { readonly type: 'recording' }>): EncodedSound {
    if (sound.type === 'tone') return encodeTone(sound.frequencyHz, sound.lengthMs);
    if (sound.type === 'silence') return encodeSilence(sound.lengthMs);
    return this.#promptOf(sound.name, sound.language);
  }

  #promptOf(name: string, language: string | undefined): EncodedSound {
    const samples = this.#prompts.find(name, language);
    if (samples === undefined) {
      this.#options.log.warn('no such prompt', { prompt: name });
      return encodeSilence(0);
    }
    const encoded = this.#sounds.get(samples) ?? encodeSound(samples);
    this.#sounds.set(samples, encoded);
    return encoded;
  }

  #contextOfEndpoint(): EndpointContext {
    const { clock, log, random, recordings } = this.#options;
    return {
      clock,
      log,
      recordings,
      pacer: this.#pacer,
      report: (event) => this.#report(event),
      countForwarded: () => {
        this.#packetsForwarded += 1;
      },
      senderStart: randomStart(random),
      cname: this.#cname,
    };
  }

  #report(event: MediaEvent): void {
    this.#events.push(event);
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#options.onEvents(this.#events.splice(0));
    });
  }

  /** What was stopped or replaced is not told to have ended, even where it has in this very turn. */
  #untell(id: MediaEndpointId): void {
    this.#events = this.#events.filter((event) => event.type !== 'played' || event.id !== id);
  }
}

/** Throws LISTEN_FAILED where this machine does not have the address: no call would find a port on it. */
export async function checkMediaAddress(address: string): Promise<void> {
  const socket = await bindSocket(address, 0);
  if (socket.ok) return void socket.value.close();
  const advice = 'give media.address one that this machine has, and what others see in media.advertise';
  throw new RingthroughError(
    'LISTEN_FAILED',
    `audio cannot go through ${address} (${socket.error.reason}); ${advice}`,
  );
}

function addressesByFamily(options: MediaRelayOptions): ReadonlyMap<4 | 6, MediaAddress> {
  const addresses = new Map<4 | 6, MediaAddress>();
  for (const one of options.also === undefined ? [options] : [options, options.also]) {
    const family = isIP(one.address);
    assert(family === 4 || family === 6, `a media address is an IP literal: ${one.address}`);
    assert(!addresses.has(family), 'one media address for each family');
    addresses.set(family, one);
  }
  return addresses;
}

function randomStart(random: Random): SenderStart {
  const view = new DataView(Uint8Array.from(random.bytes(10)).buffer);
  return { ssrc: view.getUint32(0), timestamp: view.getUint32(4), sequenceNumber: view.getUint16(8) };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
