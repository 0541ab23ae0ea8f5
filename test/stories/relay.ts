// The media relay of a story: it answers every command as the port says (src/ports/media.ts), moves no packet,
// and can be asked which of its endpoints face each other. What a peer would hear is read from that.

import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/base/net.ts';
import type { Instant } from '../../src/base/time.ts';
import type {
  Key,
  MediaCommand,
  MediaEvent,
  MediaStatistics,
  RemoteMedia,
  Sound,
} from '../../src/ports/media.ts';

export const RELAY_ADDRESS = '203.0.113.7';
export const RELAY_ADDRESS_6 = '2001:db8::7';
export const PROMPT_MS = 3_000;
/** Any recording's. */
export const RECORDING_MS = 5_000;
const FIRST_PORT = 20_000;

/** What every endpoint has counted when it is closed. */
export const COUNTED: MediaStatistics = {
  packetsReceived: 500,
  bytesReceived: 86_000,
  packetsSent: 498,
  packetsLost: 2,
  jitterMs: 3,
  strangersDropped: 1,
  heardAudio: true,
};

export interface Opened {
  readonly id: string;
  readonly local: Endpoint;
  remote: RemoteMedia | undefined;
  partner: Opened | undefined;
  /** Prompts' names (`cy/goodbye` where a language is asked for), tones' pitches and recordings, one after another. */
  playing: string | undefined;
  /** Keys that are pressed are told. */
  listens: boolean;
  recording: Recording | undefined;
  silenceMs: number;
}

interface Recording {
  readonly id: string;
  readonly maxAt: Instant;
  readonly silenceMs: number;
  /** When the last word was said, and how long was spoken. */
  spokenAt: Instant;
  readonly since: Instant;
  speechMs: number;
}

interface Due {
  readonly at: Instant;
  readonly event: MediaEvent;
}

export class Relay {
  /** Where it says that it opens them, over IPv4. */
  address = RELAY_ADDRESS;
  /** How many endpoints it opens by itself; answers for more wait for `release`. */
  promptly = Number.POSITIVE_INFINITY;
  /** Why no endpoint can be opened, if so. */
  failing: string | undefined;
  /** More than this many are refused. */
  openAtMost = Number.POSITIVE_INFINITY;
  /** It never says that a prompt is over. */
  mute = false;
  /** The relay has died: no command has an answer any more. */
  dead = false;
  readonly #endpoints = new Map<string, Opened>();
  #due: Due[] = [];
  #waiting: MediaEvent[] = [];
  #ports = FIRST_PORT;

  get open(): number {
    return this.#endpoints.size;
  }

  perform(command: MediaCommand, now: Instant): void {
    if (this.dead) return;
    const endpoint = command.type === 'connect' ? undefined : this.#endpoints.get(command.id);
    switch (command.type) {
      case 'open':
        return this.#open(command.id, command.family, now);
      case 'connect':
        return this.#connect(command.a, command.b);
      case 'remote':
        if (endpoint !== undefined) endpoint.remote = command.remote;
        break;
      case 'disconnect':
        if (endpoint !== undefined) part(endpoint);
        break;
      case 'play':
        if (endpoint === undefined) break;
        this.#forget(endpoint.id, 'played');
        endpoint.playing = command.sounds.map(nameOf).join(' ');
        if (!command.repeat && !this.mute)
          this.#later(now + lengthOf(command.sounds), { type: 'played', id: command.id });
        break;
      case 'stop-playing':
        if (endpoint === undefined) break;
        this.#forget(endpoint.id, 'played');
        endpoint.playing = undefined;
        break;
      case 'keys':
        if (endpoint !== undefined) endpoint.listens = command.listen;
        break;
      case 'record': {
        if (endpoint === undefined) break;
        const { recording: id, maxMs, silenceMs } = command;
        endpoint.recording = { id, since: now, maxAt: now + maxMs, silenceMs, spokenAt: now, speechMs: 0 };
        this.#awaitSilence(endpoint, endpoint.recording);
        break;
      }
      case 'stop-recording':
        if (endpoint !== undefined) this.#recorded(endpoint, 'stopped', now, now);
        break;
      case 'watch':
        if (endpoint !== undefined) endpoint.silenceMs = command.silenceMs;
        break;
      case 'close':
        this.#close(command.id, endpoint, now);
        break;
    }
  }

  /** The peer of this endpoint presses a key. */
  press({ id, listens }: Opened, key: Key, now: Instant): void {
    if (listens) this.#later(now, { type: 'key', id, key, at: now });
  }

  /** The peer speaks for so long, from now on. */
  speak(endpoint: Opened, durationMs: number, now: Instant): void {
    const { recording } = endpoint;
    assert.ok(recording, 'nobody records what is said');
    recording.speechMs += durationMs;
    recording.spokenAt = now + durationMs;
    this.#awaitSilence(endpoint, recording);
  }

  /** Answers that waited come now. */
  release(now: Instant): void {
    this.promptly = Number.POSITIVE_INFINITY;
    for (const event of this.#waiting.splice(0)) this.#later(now, event);
  }

  /** The events that have come due. */
  take(now: Instant): readonly MediaEvent[] {
    const events = this.#due.filter(({ at }) => at <= now).map(({ event }) => event);
    for (const { type, id } of events) {
      const endpoint = this.#endpoints.get(id);
      if (type === 'recorded' && endpoint !== undefined) endpoint.recording = undefined;
      if (type === 'played' && endpoint !== undefined) endpoint.playing = undefined;
    }
    this.#due = this.#due.filter(({ at }) => at > now);
    return events;
  }

  nextDeadline(): Instant | undefined {
    return this.#due.length === 0 ? undefined : Math.min(...this.#due.map(({ at }) => at));
  }

  /** The endpoint that this description of the node's points to. */
  at(local: Endpoint): Opened {
    const found = [...this.#endpoints.values()].find(
      (endpoint) => endpoint.local.port === local.port && endpoint.local.address === local.address,
    );
    assert.ok(found, `nothing is open at ${local.address}:${local.port}`);
    return found;
  }

  #open(id: string, family: 'ipv4' | 'ipv6', now: Instant): void {
    assert.ok(!this.#endpoints.has(id), `${id} is opened twice`);
    const reason = this.failing ?? (this.open < this.openAtMost ? undefined : 'no free ports');
    if (reason !== undefined) {
      this.#later(now, { type: 'open-failed', id, reason });
      return;
    }
    const address = family === 'ipv4' ? this.address : RELAY_ADDRESS_6;
    const local = { address, port: this.#ports };
    this.#ports += 2;
    const nothing = { remote: undefined, partner: undefined, playing: undefined, silenceMs: 0 };
    const ears = { listens: false, recording: undefined };
    this.#endpoints.set(id, { id, local, ...nothing, ...ears });
    const event: MediaEvent = { type: 'opened', id, local };
    if (this.open > this.promptly) this.#waiting.push(event);
    else this.#later(now, event);
  }

  #connect(a: string, b: string): void {
    const first = this.#endpoints.get(a);
    const second = this.#endpoints.get(b);
    assert.ok(first && second, `${a} and ${b} are connected, and one of them is not open`);
    part(first);
    part(second);
    first.partner = second;
    second.partner = first;
  }

  #close(id: string, endpoint: Opened | undefined, now: Instant): void {
    assert.ok(endpoint, `${id} is closed, and is not open`);
    part(endpoint);
    this.#endpoints.delete(id);
    this.#due = this.#due.filter(({ event }) => event.id !== id);
    this.#recorded(endpoint, 'closed', now, now);
    this.#later(now, { type: 'closed', id, statistics: COUNTED });
  }

  #awaitSilence(endpoint: Opened, { maxAt, spokenAt, silenceMs }: Recording): void {
    this.#forget(endpoint.id, 'recorded');
    const silentAt = spokenAt + silenceMs;
    if (silentAt < maxAt) this.#recorded(endpoint, 'silence', silentAt, spokenAt);
    else this.#recorded(endpoint, 'limit', maxAt, maxAt);
  }

  #recorded(
    endpoint: Opened,
    why: 'stopped' | 'silence' | 'limit' | 'closed',
    at: Instant,
    end: Instant,
  ): void {
    const { id, recording } = endpoint;
    if (recording === undefined) return;
    this.#forget(id, 'recorded');
    if (why === 'stopped' || why === 'closed') endpoint.recording = undefined;
    const lengthMs = Math.min(end, recording.spokenAt) - recording.since;
    const speechMs = Math.min(recording.speechMs, lengthMs);
    this.#later(at, { type: 'recorded', id, recording: recording.id, lengthMs, speechMs, why });
  }

  #forget(id: string, type: MediaEvent['type']): void {
    this.#due = this.#due.filter(({ event }) => event.id !== id || event.type !== type);
  }

  #later(at: Instant, event: MediaEvent): void {
    this.#due.push({ at, event });
  }
}

function part(endpoint: Opened): void {
  if (endpoint.partner !== undefined) endpoint.partner.partner = undefined;
  endpoint.partner = undefined;
}

function nameOf(sound: Sound): string {
  switch (sound.type) {
    case 'prompt':
      return sound.language === undefined ? sound.name : `${sound.language}/${sound.name}`;
    case 'tone':
      return `${sound.frequencyHz} Hz`;
    case 'silence':
      return '…';
    case 'recording':
      return `recording ${sound.recording}`;
  }
}

function lengthOf(sounds: readonly Sound[]): number {
  return sounds.reduce((sum, sound) => sum + oneLength(sound), 0);
}

function oneLength(sound: Sound): number {
  switch (sound.type) {
    case 'prompt':
      return /^(digit|number)-/.test(sound.name) ? 400 : PROMPT_MS;
    case 'tone':
      return sound.lengthMs ?? 1_000;
    case 'silence':
      return sound.lengthMs;
    case 'recording':
      return RECORDING_MS;
  }
}
