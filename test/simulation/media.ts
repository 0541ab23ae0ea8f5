// Simulated media: who hears what, without a packet. Phones and carriers put a `Party` for each of their
// calls on the plane; the node's relay opens endpoints, connects them and plays, as the MediaRelay port says.
//
//   party A ──sendsTo──▶ endpoint a ═connect═ endpoint b ──signalled──▶ party B      B hears A
//
// What each party heard is written down, so that a run can be judged by ear: by who heard whom, and when.

import { present } from '../../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import type { Instant } from '../../src/base/time.ts';
import type {
  Key,
  MediaCommand,
  MediaEvent,
  MediaStatistics,
  RemoteMedia,
  Sound,
} from '../../src/ports/media.ts';
import type { SimulatedRecordings } from './recordings.ts';
import type { World } from './world.ts';

/** One end user's ear and mouth in one call. */
export interface Party {
  readonly name: string;
  /** The RTP address that its SDP names, unique in the run. */
  readonly at: Endpoint;
  /** Where its packets really come from: another address than `at` behind NAT. */
  readonly from: Endpoint;
  /** It knows the other side's SDP. Before that its ear is shut, as most gateways' are. */
  open: boolean;
  /** Where the other side's SDP told it to send. */
  sendsTo: Endpoint | undefined;
  /** It is there and talks: not held, not dead. */
  talking: boolean;
  /** It says something; else what it sends is silence. */
  speaking: boolean;
  /** Who listens here. */
  hears: ((what: string) => void) | undefined;
  /** What reached its ear, in order: `prompt unavailable`, `tone 440`, the name of a party, SILENCE after those. */
  readonly heard: { readonly what: string; readonly at: Instant }[];
}

export const SILENCE = 'silence';

const EAR = { open: false, sendsTo: undefined, talking: false, speaking: true, hears: undefined } as const;

/** A sound takes this long; packets come this far apart, so nothing shorter is heard. */
const PROMPT_MS = 4_000;
const PACKET_MS = 20;
/** How closely a recording listens. */
const LISTEN_MS = 100;

interface Recording {
  readonly id: string;
  readonly since: Instant;
  readonly maxMs: number;
  readonly silenceMs: number;
  speechMs: number;
  silentMs: number;
  by: string;
  stop: () => void;
}

interface RelayEndpoint {
  readonly id: string;
  readonly local: Endpoint;
  remote: RemoteMedia | undefined;
  peer: string | undefined;
  playing: { sound: Sound; stop: () => void } | undefined;
  listens: boolean;
  recording: Recording | undefined;
  /** What was recorded is not on the disk yet. */
  finishing: boolean;
  /** The node is the far end, and nothing is said to the caller since then. */
  quietSince: Instant | undefined;
  source: Party | undefined;
  latchedTo: Party | undefined;
  lastPacketAt: Instant;
  silenceMs: number;
  stopWatch: (() => void) | undefined;
}

/** A silence, or a recording that was to be played and is not there. */
export interface Mishap {
  readonly at: Instant;
  readonly party: string;
  readonly what: string;
}

/** Nobody whom the node looks after waits longer than this in silence. */
const SILENT_MS = 4_000;

/** Where parties and relays meet. It outlives the node. */
export class MediaPlane {
  readonly world: World;
  readonly #parties = new Map<string, Party>();
  relay: SimulatedRelay | undefined;
  /** What callers lived whom the node was to look after. */
  readonly mishaps: Mishap[] = [];
  #ports = 10_000;
  #listening = false;

  constructor(world: World) {
    this.world = world;
  }

  /** `insideAddress`: what it believes its address to be, where it sits behind NAT. */
  join(name: string, address: string, insideAddress = address): Party {
    this.#ports += 2;
    const at = { address: insideAddress, port: this.#ports };
    const from = { address, port: this.#ports };
    const party: Party = { name, at, from, ...EAR, heard: [] };
    this.#parties.set(formatEndpoint(from), party);
    return party;
  }

  leave(party: Party): void {
    party.talking = false;
    this.#parties.delete(formatEndpoint(party.from));
    this.changed();
  }

  /** Who receives what is sent to this address from the outside. */
  partyAt(endpoint: Endpoint): Party | undefined {
    return this.#parties.get(formatEndpoint(endpoint));
  }

  get parties(): Iterable<Party> {
    return this.#parties.values();
  }

  /** A key, as an event in the stream (RFC 4733): it is told three times over, so that none is lost. */
  press({ talking, sendsTo }: Party, key: Key): void {
    if (!talking || sendsTo === undefined) return;
    const { port } = sendsTo;
    this.world.after(PACKET_MS, () => {
      this.relay?.touch(port);
      this.relay?.press(port, key);
    });
  }

  /** Something about who sends where has changed: the next packets show it. */
  changed(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.world.after(PACKET_MS, () => {
      this.#listening = false;
      this.relay?.listen();
    });
  }
}

export class SimulatedRelay {
  readonly #plane: MediaPlane;
  readonly #address: string;
  readonly #recordings: SimulatedRecordings;
  readonly #report: (events: readonly MediaEvent[]) => void;
  readonly #endpoints = new Map<string, RelayEndpoint>();
  readonly #freePorts: number[];
  #running = true;

  /** `pairs`: how many endpoints may be open at once. */
  constructor(
    plane: MediaPlane,
    address: string,
    pairs: number,
    recordings: SimulatedRecordings,
    report: (events: readonly MediaEvent[]) => void,
  ) {
    this.#plane = plane;
    this.#address = address;
    this.#recordings = recordings;
    this.#report = report;
    this.#freePorts = Array.from({ length: pairs }, (_, i) => 20_000 + 2 * i);
    plane.relay = this;
  }

  get endpointsOpen(): number {
    return this.#endpoints.size;
  }

  /** The node is gone, and every socket with it. */
  crash(): void {
    this.#running = false;
    for (const endpoint of this.#endpoints.values()) hush(endpoint);
    this.#endpoints.clear();
    if (this.#plane.relay === this) this.#plane.relay = undefined;
  }

  perform(command: MediaCommand): void {
    if (command.type === 'open') {
      this.#open(command.id);
      return;
    }
    if (command.type === 'connect') {
      this.#connect(command.a, command.b);
      return;
    }
    const endpoint = this.#endpoints.get(command.id);
    if (endpoint === undefined) return;
    switch (command.type) {
      case 'remote':
        if (differs(endpoint.remote?.signalled, command.remote.signalled)) endpoint.latchedTo = undefined;
        endpoint.remote = command.remote;
        break;
      case 'disconnect':
        this.#disconnect(endpoint);
        break;
      case 'play':
        this.#play(endpoint, command.sounds, command.repeat);
        break;
      case 'stop-playing':
        endpoint.playing?.stop();
        endpoint.playing = undefined;
        break;
      case 'keys':
        endpoint.listens = command.listen;
        break;
      case 'record':
        this.#record(endpoint, command.recording, command.maxMs, command.silenceMs);
        break;
      case 'stop-recording':
        this.#recorded(endpoint, 'stopped');
        break;
      case 'watch':
        this.#watch(endpoint, command.silenceMs);
        break;
      case 'close':
        this.#close(endpoint);
        break;
    }
    this.#noteQuiet(endpoint);
    this.#plane.changed();
  }

  /** Who hears what, as of the packets that pass now. */
  listen(): void {
    const { now } = this.#plane.world;
    const talking = [...this.#plane.parties].filter((party) => party.talking && party.sendsTo !== undefined);
    const sources = Map.groupBy(talking, ({ sendsTo }) => formatEndpoint(present(sendsTo, 'a talker')));
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.source !== undefined) endpoint.lastPacketAt = now;
      endpoint.source = sourceOf(endpoint, sources.get(formatEndpoint(endpoint.local)) ?? []);
      if (endpoint.source === undefined || endpoint.latchedTo === endpoint.source) continue;
      endpoint.latchedTo = endpoint.source;
      this.#later({ type: 'latched', id: endpoint.id, from: endpoint.source.from, at: now });
      this.#later({ type: 'heard', id: endpoint.id, at: now });
    }
    for (const endpoint of this.#endpoints.values()) this.#deliver(endpoint, now);
  }

  #deliver(endpoint: RelayEndpoint, now: Instant): void {
    const signalled = endpoint.remote?.signalled;
    const listener = signalled && (endpoint.latchedTo ?? this.#plane.partyAt(signalled));
    if (!listener?.open) return;
    const other = endpoint.peer === undefined ? undefined : this.#endpoints.get(endpoint.peer);
    const what = endpoint.playing === undefined ? other?.source?.name : nameOf(endpoint.playing.sound);
    const before = listener.heard.at(-1)?.what ?? SILENCE;
    if (before === (what ?? SILENCE)) return;
    listener.heard.push({ what: what ?? SILENCE, at: now });
    listener.hears?.(what ?? SILENCE);
  }

  #open(id: string): void {
    const port = this.#freePorts.shift();
    if (port === undefined) {
      this.#later({ type: 'open-failed', id, reason: 'no port is free' });
      return;
    }
    const local = { address: this.#address, port };
    this.#endpoints.set(id, {
      id,
      local,
      remote: undefined,
      peer: undefined,
      playing: undefined,
      listens: false,
      recording: undefined,
      finishing: false,
      quietSince: undefined,
      source: undefined,
      latchedTo: undefined,
      lastPacketAt: this.#plane.world.now,
      silenceMs: 0,
      stopWatch: undefined,
    });
    this.#later({ type: 'opened', id, local });
  }

  #connect(a: string, b: string): void {
    const one = this.#endpoints.get(a);
    const two = this.#endpoints.get(b);
    if (one === undefined || two === undefined) return;
    this.#disconnect(one);
    this.#disconnect(two);
    one.peer = b;
    two.peer = a;
    this.#plane.changed();
  }

  #disconnect(endpoint: RelayEndpoint): void {
    const peer = endpoint.peer === undefined ? undefined : this.#endpoints.get(endpoint.peer);
    endpoint.peer = undefined;
    if (peer !== undefined) peer.peer = undefined;
  }

  #play(endpoint: RelayEndpoint, sounds: readonly Sound[], repeat: boolean): void {
    endpoint.playing?.stop();
    endpoint.playing = undefined;
    const playable = sounds.filter((sound) => this.#isThere(endpoint, sound));
    const next = (index: number): void => {
      const sound = playable[index] ?? (repeat ? playable[0] : undefined);
      if (sound === undefined) {
        endpoint.playing = undefined;
        this.#later({ type: 'played', id: endpoint.id });
      } else {
        const stop = this.#plane.world.after(lengthOf(sound), () => next((index % playable.length) + 1));
        endpoint.playing = { sound, stop };
      }
      this.#noteQuiet(endpoint);
      this.#plane.changed();
    };
    next(0);
  }

  /** Whoever sends to this port of the node does something, and waits from then on. */
  touch(port: number): void {
    const endpoint = [...this.#endpoints.values()].find(({ local }) => local.port === port);
    if (endpoint === undefined) return;
    this.#endQuiet(endpoint);
    this.#noteQuiet(endpoint);
  }

  /** Whoever sends to this port of the node presses a key. */
  press(port: number, key: Key): void {
    const endpoint = [...this.#endpoints.values()].find(({ local }) => local.port === port);
    if (endpoint?.listens !== true) return;
    this.#later({ type: 'key', id: endpoint.id, key, at: this.#plane.world.now });
  }

  /** What a party that talks says is speech, from then on when it begins to. */
  #record(endpoint: RelayEndpoint, id: string, maxMs: number, silenceMs: number): void {
    const { world } = this.#plane;
    const tick = (): void => {
      if (endpoint.recording !== recording) return;
      if (endpoint.source?.talking === true && endpoint.source.speaking) {
        recording.by = endpoint.source.name;
        recording.speechMs += LISTEN_MS;
        recording.silentMs = 0;
      } else recording.silentMs += LISTEN_MS;
      if (recording.silentMs >= silenceMs) this.#recorded(endpoint, 'silence');
      else if (world.now - recording.since >= maxMs) this.#recorded(endpoint, 'limit');
      else recording.stop = world.after(LISTEN_MS, tick);
    };
    const stop = world.after(LISTEN_MS, tick);
    const recording = { id, since: world.now, maxMs, silenceMs, speechMs: 0, silentMs: 0, by: '', stop };
    endpoint.recording = recording;
  }

  #recorded(endpoint: RelayEndpoint, why: 'stopped' | 'silence' | 'limit' | 'closed'): void {
    const { recording, id } = endpoint;
    if (recording === undefined) return;
    recording.stop();
    endpoint.recording = undefined;
    const { speechMs, silentMs, since, by } = recording;
    const { now } = this.#plane.world;
    const lengthMs = Math.max(0, now - since - silentMs);
    endpoint.finishing = true;
    this.#noteQuiet(endpoint);
    this.#recordings.finish(recording.id, { by, lengthMs, speechMs, at: now }, (isKept) => {
      endpoint.finishing = false;
      const told = { lengthMs, speechMs, why: isKept ? why : ('failed' as const) };
      this.#later({ type: 'recorded', id, recording: recording.id, ...told });
      if (!this.#endpoints.has(id)) this.#closed(endpoint);
    });
  }

  #isThere({ latchedTo }: RelayEndpoint, sound: Sound): boolean {
    if (sound.type !== 'recording' || this.#recordings.durable.has(sound.recording)) return true;
    const { mishaps, world } = this.#plane;
    const what = `the recording ${sound.recording} is not there`;
    mishaps.push({ at: world.now, party: latchedTo?.name ?? '', what });
    return false;
  }

  #noteQuiet(endpoint: RelayEndpoint): void {
    const { listens, playing, recording } = endpoint;
    const isQuiet = listens && recording === undefined && (playing?.sound.type ?? SILENCE) === SILENCE;
    if (isQuiet) endpoint.quietSince ??= this.#plane.world.now;
    else this.#endQuiet(endpoint);
  }

  #endQuiet(endpoint: RelayEndpoint): void {
    const { mishaps, world } = this.#plane;
    const quietMs = world.now - (endpoint.quietSince ?? world.now);
    endpoint.quietSince = undefined;
    if (quietMs <= SILENT_MS) return;
    const what = `nothing was said for ${quietMs} ms`;
    mishaps.push({ at: world.now, party: endpoint.latchedTo?.name ?? '', what });
  }

  /** `silent` comes once per silence. */
  #watch(endpoint: RelayEndpoint, silenceMs: number): void {
    endpoint.stopWatch?.();
    endpoint.stopWatch = undefined;
    if (silenceMs <= 0) return;
    const { world } = this.#plane;
    endpoint.lastPacketAt = Math.max(endpoint.lastPacketAt, world.now);
    const look = (): void => {
      const lastAt = endpoint.source === undefined ? endpoint.lastPacketAt : world.now;
      const silentMs = world.now - lastAt;
      if (silentMs >= silenceMs) this.#later({ type: 'silent', id: endpoint.id, silentMs });
      else endpoint.stopWatch = world.at(lastAt + silenceMs, look);
    };
    endpoint.stopWatch = world.after(silenceMs, look);
  }

  #close(endpoint: RelayEndpoint): void {
    hush(endpoint);
    this.#recorded(endpoint, 'closed');
    endpoint.listens = false;
    this.#disconnect(endpoint);
    this.#endpoints.delete(endpoint.id);
    this.#freePorts.push(endpoint.local.port);
    if (!endpoint.finishing) this.#closed(endpoint);
  }

  #closed(endpoint: RelayEndpoint): void {
    this.#later({ type: 'closed', id: endpoint.id, statistics: statisticsOf(endpoint) });
  }

  #later(event: MediaEvent): void {
    this.#plane.world.after(1, () => {
      if (this.#running) this.#report([event]);
    });
  }
}

function hush(endpoint: RelayEndpoint): void {
  endpoint.playing?.stop();
  endpoint.stopWatch?.();
  endpoint.recording?.stop();
}

/**
 * Whose packets the endpoint takes, as src/rtp's latch decides it: the signalled address and port before any
 * other, else whom it is latched to, else the first from the address that the signalling came from (NAT).
 */
function sourceOf({ remote, latchedTo }: RelayEndpoint, senders: readonly Party[]): Party | undefined {
  if (remote?.signalled === undefined) return undefined;
  const exact = senders.find(({ from }) => !differs(remote.signalled, from));
  if (exact !== undefined) return exact;
  if (latchedTo !== undefined) return senders.includes(latchedTo) ? latchedTo : undefined;
  return senders.find(({ from }) => from.address === remote.signallingAddress);
}

function differs(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  return a?.address !== b?.address || a?.port !== b?.port;
}

function nameOf(sound: Sound): string {
  switch (sound.type) {
    case 'prompt':
      return `prompt ${sound.name}`;
    case 'tone':
      return `tone ${sound.frequencyHz}`;
    case 'silence':
      return SILENCE;
    case 'recording':
      return `recording ${sound.recording}`;
  }
}

function lengthOf(sound: Sound): number {
  switch (sound.type) {
    case 'prompt':
      return /^(digit|number)-/.test(sound.name) ? 500 : PROMPT_MS;
    case 'tone':
      return sound.lengthMs ?? 1_000;
    case 'silence':
      return sound.lengthMs;
    case 'recording':
      return PROMPT_MS;
  }
}

function statisticsOf(endpoint: RelayEndpoint): MediaStatistics {
  return {
    packetsReceived: endpoint.latchedTo ? 1 : 0,
    bytesReceived: endpoint.latchedTo ? 172 : 0,
    packetsSent: 0,
    packetsLost: 0,
    jitterMs: 0,
    strangersDropped: 0,
    heardAudio: endpoint.latchedTo !== undefined,
  };
}
