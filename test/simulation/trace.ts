// What happened in a run, for the person who has to understand a failing seed: a ladder of messages with the
// faults that befell them, and notes by the actors. Bytes are kept and read only when the ladder is printed.
//
//   0:04.217  carrier-a      ── INVITE sip:+442079460000@… 1 INVITE c-3f ─▶  node
//   0:04.231  node           ── SIP/2.0 100 Trying … ─✗ lost             carrier-a

import { text } from '../../src/base/bytes.ts';
import type { Endpoint } from '../../src/base/net.ts';
import type { Instant } from '../../src/base/time.ts';
import type { World } from './world.ts';

export type Fate = 'sent' | 'lost' | 'swallowed' | 'doubled';

const FATES: Readonly<Record<Fate, string>> = {
  sent: '─▶',
  doubled: '═▶ twice',
  lost: '─✗ lost',
  swallowed: '─✗ swallowed',
};

type Row =
  | {
      readonly at: Instant;
      readonly from: string;
      readonly to: string;
      readonly bytes: Uint8Array;
      readonly fate: Fate;
    }
  | { readonly at: Instant; readonly who: string; readonly note: string };

export class Trace {
  readonly #world: World;
  readonly #names = new Map<string, string>();
  readonly #rows: Row[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  name(address: string, name: string): void {
    this.#names.set(address, name);
  }

  message(from: Endpoint, to: Endpoint, bytes: Uint8Array, fate: Fate): void {
    this.#rows.push({ at: this.#world.now, from: from.address, to: to.address, bytes, fate });
  }

  note(who: string, note: string): void {
    this.#rows.push({ at: this.#world.now, who, note });
  }

  get messages(): number {
    return this.#rows.reduce((sum, row) => sum + ('bytes' in row ? 1 : 0), 0);
  }

  /** What went there and begins so, when it was sent, whatever became of it. */
  sentTo(address: string, beginning: string): readonly { readonly at: Instant; readonly text: string }[] {
    return this.#rows.flatMap((row) => {
      if (!('bytes' in row) || row.to !== address) return [];
      const message = text(row.bytes);
      return message.startsWith(beginning) ? [{ at: row.at, text: message }] : [];
    });
  }

  /** The ladder; without probes and registrations where only the calls are asked for. */
  ladder(which: 'everything' | 'calls' = 'everything'): string {
    const lines = this.#rows.map((row) => this.#line(row));
    return (which === 'calls' ? lines.filter((line) => !/OPTIONS|REGISTER/.test(line)) : lines).join('\n');
  }

  #line(row: Row): string {
    const at = clock(row.at - this.#world.beginning);
    if ('note' in row) return `${at}  ${row.who.padEnd(14)} ·· ${row.note}`;
    const fate = FATES[row.fate];
    return `${at}  ${this.#who(row.from).padEnd(14)} ── ${summary(row.bytes)} ${fate} ${this.#who(row.to)}`;
  }

  #who(address: string): string {
    return this.#names.get(address) ?? address;
  }
}

function clock(elapsedMs: number): string {
  const seconds = (elapsedMs / 1_000) % 60;
  return `${Math.floor(elapsedMs / 60_000)}:${seconds.toFixed(3).padStart(6, '0')}`;
}

/** Start line, CSeq, Call-ID's beginning, tags and whether there is a body: enough to tell messages apart. */
function summary(bytes: Uint8Array): string {
  const message = text(bytes);
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s*(.*?)\\r?$`, 'im').exec(message)?.[1] ?? '';
  const [start = ''] = message.split('\r\n', 1);
  if (!start.includes('SIP/2.0')) return JSON.stringify(message.slice(0, 40));
  const tag = /;tag=([^;>\s]+)/.exec(field('To'))?.[1]?.slice(0, 6) ?? '';
  const branch = /;branch=z9hG4bK([^;\s,]+)/.exec(field('Via'))?.[1]?.slice(0, 6) ?? '';
  const direction = /^a=(sendonly|recvonly|inactive)\r?$/m.exec(message)?.[1];
  const body = message.includes('\r\nm=audio')
    ? ` [sdp${direction === undefined ? '' : ` ${direction}`}]`
    : '';
  return `${start} (${field('CSeq')}, call ${field('Call-ID').slice(0, 8)}, to-tag ${tag || '-'}, branch ${branch})${body}`;
}
