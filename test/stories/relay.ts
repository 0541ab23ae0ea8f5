// The media relay of a story: it answers every command as the port says (src/ports/media.ts), moves no packet,
// and can be asked which of its endpoints face each other. What a peer would hear is read from that.

import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/base/net.ts';
import type { Instant } from '../../src/base/time.ts';
import type { MediaCommand, MediaEvent, MediaStatistics, RemoteMedia } from '../../src/ports/media.ts';

export const RELAY_ADDRESS = '203.0.113.7';
export const RELAY_ADDRESS_6 = '2001:db8::7';
export const PROMPT_MS = 3_000;
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
  /** A prompt's name, or a tone's pitch. */
  playing: string | undefined;
  silenceMs: number;
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
        endpoint.playing =
          command.sound.type === 'prompt' ? command.sound.name : `${command.sound.frequencyHz} Hz`;
        if (!command.repeat && !this.mute) this.#later(now + PROMPT_MS, { type: 'played', id: command.id });
        break;
      case 'stop-playing':
        if (endpoint !== undefined) endpoint.playing = undefined;
        break;
      case 'watch':
        if (endpoint !== undefined) endpoint.silenceMs = command.silenceMs;
        break;
      case 'close':
        this.#close(command.id, endpoint, now);
        break;
    }
  }

  /** Answers that waited come now. */
  release(now: Instant): void {
    this.promptly = Number.POSITIVE_INFINITY;
    for (const event of this.#waiting.splice(0)) this.#later(now, event);
  }

  /** The events that have come due. */
  take(now: Instant): readonly MediaEvent[] {
    const events = this.#due.filter(({ at }) => at <= now).map(({ event }) => event);
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
    this.#endpoints.set(id, { id, local, ...nothing });
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
    this.#later(now, { type: 'closed', id, statistics: COUNTED });
  }

  #later(at: Instant, event: MediaEvent): void {
    this.#due.push({ at, event });
  }
}

function part(endpoint: Opened): void {
  if (endpoint.partner !== undefined) endpoint.partner.partner = undefined;
  endpoint.partner = undefined;
}
