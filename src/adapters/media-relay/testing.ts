// For the relay's tests: parties on loopback that talk with a relay over real sockets, on addresses of their
// own in 127.0.0.0/8, so that nothing else on the machine is in the way.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../../base/net.ts';
import type {
  MediaCommand,
  MediaEvent,
  MediaRelay,
  MediaStatistics,
  RemoteMedia,
} from '../../ports/media.ts';
import type { Recorded, RecordingId, Recordings, RecordingWriter } from '../../ports/recordings.ts';
import { encodeG711, type G711Codec } from '../../rtp/g711.ts';
import { serialiseRtp } from '../../rtp/packet.ts';
import { sineSamples } from '../../rtp/tone.ts';
import { createMediaRelay, type MediaRelayOptions } from './relay.ts';

export const RELAY = '127.0.66.1';
export const PHONE = '127.0.66.2';
export const CARRIER = '127.0.66.3';
export const STRANGER = '127.0.66.99';

export const SILENT_LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const RANDOM = {
  bytes: (count: number) => new Uint8Array(count).fill(0xff),
  fraction: () => 0,
};
/** 60 ms of a tone that tests can tell from what parties send. */
const PROMPT = sineSamples({ frequencyHz: 800, sampleRate: 8_000, count: 480, amplitude: 0.3 });

/** Recordings that are gone with the test. */
export class MemoryRecordings implements Recordings {
  readonly kept = new Map<RecordingId, Recorded>();
  /** Why none can be kept, if so. */
  failing: Error | undefined;

  create(id: RecordingId, codec: G711Codec): RecordingWriter {
    const parts: Uint8Array[] = [];
    return {
      append: (samples) => void parts.push(samples),
      finish: async () => {
        if (this.failing !== undefined) throw this.failing;
        this.kept.set(id, { codec, samples: Buffer.concat(parts) });
      },
      abandon: async () => {},
    };
  }

  async put(id: RecordingId, recorded: Recorded): Promise<void> {
    this.kept.set(id, recorded);
  }

  async read(id: RecordingId): Promise<Recorded | undefined> {
    return this.kept.get(id);
  }

  async erase(id: RecordingId): Promise<void> {
    this.kept.delete(id);
  }

  async list(): Promise<readonly RecordingId[]> {
    return [...this.kept.keys()];
  }
}

/** One party: a socket, what it received, and a wait for more. */
export class Party {
  readonly socket: Socket;
  readonly at: Endpoint;
  readonly received: Uint8Array[] = [];
  #sequence = 0;
  #closed = false;

  static async at(address: string, port = 0): Promise<Party> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    return new Party(socket);
  }

  constructor(socket: Socket) {
    this.socket = socket;
    const { address, port } = socket.address();
    this.at = { address, port };
    socket.on('message', (bytes) => this.received.push(bytes));
  }

  send(to: Endpoint, bytes: Uint8Array): void {
    this.socket.send(bytes, to.port, to.address);
  }

  /** 20 ms of a tone. */
  speak(to: Endpoint, options: { payloadType?: number; amplitude?: number; ssrc?: number } = {}): Uint8Array {
    const { payloadType = 0, amplitude = 0.3, ssrc = 1 } = options;
    const samples = sineSamples({ frequencyHz: 440, sampleRate: 8_000, count: 160, amplitude });
    const sequenceNumber = this.#sequence;
    this.#sequence += 1;
    const packet = serialiseRtp(
      { payloadType, marker: false, sequenceNumber, timestamp: sequenceNumber * 160, ssrc },
      encodeG711(payloadType === 8 ? 'PCMA' : 'PCMU', samples),
    );
    this.send(to, packet);
    return packet;
  }

  close(): void {
    if (!this.#closed) this.socket.close();
    this.#closed = true;
  }

  async heard(count: number): Promise<readonly Uint8Array[]> {
    while (this.received.length < count) await once(this.socket, 'message');
    return this.received;
  }
}

/** The relay under test with its events, and parties that are closed with it. */
export class Bench {
  readonly relay: MediaRelay;
  readonly events: MediaEvent[] = [];
  readonly recordings = new MemoryRecordings();
  readonly #waiting = new Set<() => void>();
  readonly #parties: Party[] = [];

  constructor(options: Partial<MediaRelayOptions> = {}) {
    this.relay = createMediaRelay({
      address: RELAY,
      ports: { from: 30_000, to: 30_099 },
      prompts: new Map([['hello', PROMPT]]),
      clock: { now: () => performance.timeOrigin + performance.now() },
      random: RANDOM,
      log: SILENT_LOG,
      recordings: this.recordings,
      onEvents: (events) => {
        this.events.push(...events);
        for (const wake of this.#waiting) wake();
      },
      ...options,
    });
  }

  perform(...commands: MediaCommand[]): void {
    this.relay.perform(commands);
  }

  /** The next event of that type and endpoint, taken out. */
  async event<T extends MediaEvent['type']>(type: T, id: string): Promise<Extract<MediaEvent, { type: T }>> {
    for (;;) {
      const index = this.events.findIndex((event) => event.type === type && event.id === id);
      if (index >= 0) return this.events.splice(index, 1)[0] as Extract<MediaEvent, { type: T }>;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }

  async open(id: string): Promise<Endpoint> {
    this.perform({ type: 'open', id, family: 'ipv4' });
    return (await this.event('opened', id)).local;
  }

  async party(address: string, port = 0): Promise<Party> {
    const party = await Party.at(address, port);
    this.#parties.push(party);
    return party;
  }

  remote(id: string, signalled: Endpoint | undefined, more: Partial<RemoteMedia> = {}): void {
    const signallingAddress = signalled?.address ?? PHONE;
    const playable = { payloadType: 0, codec: 'PCMU' } as const;
    this.perform({ type: 'remote', id, remote: { signalled, signallingAddress, playable, ...more } });
  }

  /** A phone and a carrier, each with its endpoint, connected. */
  async call() {
    const [a, b] = [await this.open('a'), await this.open('b')];
    const [phone, carrier] = [await this.party(PHONE), await this.party(CARRIER)];
    this.remote('a', phone.at);
    this.remote('b', carrier.at);
    this.perform({ type: 'connect', a: 'a', b: 'b' });
    return { a, b, phone, carrier };
  }

  async statistics(id: string): Promise<MediaStatistics> {
    this.perform({ type: 'close', id });
    return (await this.event('closed', id)).statistics;
  }

  async close(): Promise<void> {
    await this.relay.close();
    for (const party of this.#parties) party.close();
  }
}
