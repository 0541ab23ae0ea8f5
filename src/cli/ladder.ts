// SIP messages as a ladder: a lifeline for each party of a call, an arrow for each message, as they come.
//
//   10:02:03.120  +447700900123 calls +442079460000 · 5f2c…
//                  carrier-a              ringthrough              reception
//             198.51.100.4:5060        203.0.113.7:5060          192.0.2.7:5062
//      +0.000          │ ── INVITE (sdp) ──▶ │                       │
//      +0.003          │                     │ ─── INVITE (sdp) ───▶ │
//
// Parties stand in the order in which they appear, the node after the first. A new one widens the ladder from then
// on. What belongs to no call, or would not fit the window, is told in lines of their own.

import type { z } from 'zod';
import type { traceLine } from '../admin/wire.ts';
import { formatEndpoint } from '../base/net.ts';
import { printable } from '../base/printable.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import { type Colour, padded, paint } from './table.ts';
import { formatClock } from './times.ts';

export type TraceLine = z.output<typeof traceLine>;
export type TraceMessage = TraceLine & { type: 'message' };

export interface LadderOptions {
  readonly columns: () => number;
  readonly colour: boolean;
  /** Whole messages below their arrows. */
  readonly raw: boolean;
}

const TIME_WIDTH = 11;
const PARTY_WIDTH_MIN = 20;
const PARTY_WIDTH_MAX = 30;
/** Of a line by itself. */
const PEER_WIDTH = 34;
const ARROW_WIDTH = 28;
/** Calls whose parties are remembered. */
const CALLS_MAX = 200;
const NODE = 'ringthrough';

interface Party {
  readonly key: string;
  readonly name: string;
  readonly address: string;
}

interface Group {
  readonly id: string;
  readonly title: string;
  readonly startedAt: Instant;
  readonly parties: Party[];
  /** How often each message was seen. */
  readonly seen: Map<string, number>;
}

export class Ladder {
  readonly #options: LadderOptions;
  readonly #groups = new Map<string, Group>();
  readonly #titles = new Map<string, string>();
  /** Of no call. */
  readonly #seen = new Map<string, number>();
  /** What the last heading stood for. */
  #heading = '';

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  /** What to print for it; may be nothing. */
  lines(line: TraceLine): string {
    switch (line.type) {
      case 'call': {
        const who = line.called === undefined ? 'a test call' : `${line.caller} calls ${line.called}`;
        this.#remember(this.#titles, line.callId, `${who} · ${line.callId}`);
        return '';
      }
      case 'message':
        return `${this.#message(line)}${this.#options.raw ? this.#whole(line) : ''}`;
      case 'left-out':
        return this.#dim(
          `${' '.repeat(TIME_WIDTH)}… ${line.count} messages are not shown: there are too many`,
        );
      case 'idle':
        return '';
      case 'end':
        return this.#dim(`That is all: ${line.reason}.`);
    }
  }

  #message(message: TraceMessage): string {
    const { callId } = message;
    if (callId === undefined) return this.#alone(message, repeats(this.#seen, message));
    const group = this.#groups.get(callId) ?? this.#open(callId, message);
    const party = this.#party(group, message);
    const width = this.#partyWidth(group);
    const times = repeats(group.seen, message);
    const heading = this.#headingFor(group, width, message);
    if (width === undefined) return heading + this.#alone(message, times);
    const time = `+${((message.at - group.startedAt) / SECOND_MS).toFixed(3)}`.padStart(TIME_WIDTH - 2);
    const node = 1;
    const [from, to] = message.direction === 'in' ? [party, node] : [node, party];
    const row = this.#row(group.parties.length, width, from, to, label(message, times), colourOf(message));
    return `${heading}${paint(time, 'dim', this.#options.colour)}  ${row}\n`;
  }

  #open(callId: string, message: TraceMessage): Group {
    const node = { key: NODE, name: NODE, address: formatEndpoint(message.local) };
    const group: Group = {
      id: callId,
      title: this.#titles.get(callId) ?? callId,
      startedAt: message.at,
      parties: [partyOf(message), node],
      seen: new Map(),
    };
    this.#remember(this.#groups, callId, group);
    return group;
  }

  #party(group: Group, message: TraceMessage): number {
    const party = partyOf(message);
    const known = group.parties.findIndex(({ key }) => key === party.key);
    return known >= 0 ? known : group.parties.push(party) - 1;
  }

  /** `undefined`: the window is too narrow for so many. */
  #partyWidth({ parties }: Group): number | undefined {
    const width = Math.floor((this.#options.columns() - TIME_WIDTH) / parties.length);
    return width < PARTY_WIDTH_MIN ? undefined : Math.min(width, PARTY_WIDTH_MAX);
  }

  /** Where the last line belonged to another call, or to other parties. */
  #headingFor(group: Group, width: number | undefined, message: TraceMessage): string {
    const heading = `${group.id} ${group.parties.length} ${width}`;
    if (heading === this.#heading) return '';
    const again = this.#heading.startsWith(`${group.id} `);
    const gap = this.#heading === '' || again ? '' : '\n';
    this.#heading = heading;
    const title = again ? '' : `${formatClock(message.at)}  ${printable(group.title)}\n`;
    if (width === undefined) return gap + title;
    const names = group.parties.map(({ name }) => name);
    const addresses = group.parties.map(({ address }) => address);
    return `${gap}${title}${this.#centred(names, width)}${this.#dim(this.#centred(addresses, width).trimEnd())}`;
  }

  #centred(texts: readonly string[], width: number): string {
    const cells = texts.map((text) => {
      const fitting = cut(printable(text), width - 2);
      // The middle of a cell is where its lifeline is.
      return padded(' '.repeat(Math.max(0, (width >> 1) - (fitting.length >> 1))) + fitting, width);
    });
    return `${' '.repeat(TIME_WIDTH)}${cells.join('').trimEnd()}\n`;
  }

  #row(
    parties: number,
    width: number,
    from: number,
    to: number,
    text: string,
    colour: Colour | undefined,
  ): string {
    const lifeline = (party: number) => party * width + (width >> 1);
    const cells = Array.from({ length: parties * width }, () => ' ');
    const [left, right] = [lifeline(Math.min(from, to)), lifeline(Math.max(from, to))];
    cells.fill('─', left + 2, right - 1);
    for (let party = 0; party < parties; party++) {
      const at = lifeline(party);
      cells[at] = at > left && at < right ? '┼' : '│';
    }
    if (from < to) cells[right - 2] = '▶';
    else cells[left + 2] = '◀';
    // Beside the peer, so that it hides no other lifeline.
    const peer = Math.max(from, to) > 1 ? right - width : left;
    const fitting = ` ${cut(text, width - 8)} `;
    const start = peer + Math.ceil((width - fitting.length) / 2);
    const end = start + fitting.length;
    const painted = colour === undefined ? fitting : paint(fitting, colour, this.#options.colour);
    return `${cells.slice(0, start).join('')}${painted}${cells.slice(end).join('')}`.trimEnd();
  }

  #alone(message: TraceMessage, times: number): string {
    this.#heading = message.callId === undefined ? 'alone' : this.#heading;
    const { name, address } = partyOf(message);
    const who = name === address ? address : `${name} ${address}`;
    const text = ` ${cut(label(message, times), ARROW_WIDTH - 6)} `;
    const colour = colourOf(message);
    const shaft = '─'.repeat(Math.max(2, ARROW_WIDTH - 2 - text.length));
    const painted = colour === undefined ? text : paint(text, colour, this.#options.colour);
    const arrow = message.direction === 'in' ? `─${painted}${shaft}▶` : `◀─${painted}${shaft}`;
    const time = paint(formatClock(message.at), 'dim', this.#options.colour);
    return `${time}  ${padded(cut(printable(who), PEER_WIDTH), PEER_WIDTH)} ${arrow} ${NODE}\n`;
  }

  #whole({ text }: TraceMessage): string {
    const lines = text.replace(/(\r?\n)+$/, '').split(/\r?\n/);
    return `${lines.map((line) => `    ${printable(line)}`.trimEnd()).join('\n')}\n\n`;
  }

  #dim(text: string): string {
    return `${paint(text, 'dim', this.#options.colour)}\n`;
  }

  #remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
    map.set(key, value);
    const [oldest] = map.keys();
    if (map.size > CALLS_MAX && oldest !== undefined) map.delete(oldest);
  }
}

/** A leg of the call: a carrier that brought it and takes it on is there twice. */
function partyOf({ peer, sipCallId, transport, remote }: TraceMessage): Party {
  const endpoint = formatEndpoint(remote);
  const address = transport === 'udp' ? endpoint : `${transport} ${endpoint}`;
  return { key: `${sipCallId} ${address}`, name: peer ?? address, address };
}

/** `INVITE (sdp)`, `180 Ringing`, `200 OK (BYE) ×2`. */
function label({ method, status, reason, sdp, text }: TraceMessage, times: number): string {
  const again = times > 1 ? ` ×${times}` : '';
  if (method === undefined && status === undefined) return `not SIP, ${text.length} characters${again}`;
  const start = status === undefined ? printable(method ?? '') : printable(`${status} ${reason}`);
  const notes = [
    ...(status === undefined || method === 'INVITE' ? [] : [method ?? '']),
    ...(sdp ? ['sdp'] : []),
  ];
  return `${start}${notes.length === 0 ? '' : ` (${printable(notes.join(', '))})`}${again}`;
}

/** A message that came before, to the letter, is a retransmission. */
function repeats(seen: Map<string, number>, { direction, remote, text }: TraceMessage): number {
  const key = `${direction} ${formatEndpoint(remote)} ${text}`;
  const times = (seen.get(key) ?? 0) + 1;
  seen.delete(key);
  seen.set(key, times);
  const [oldest] = seen.keys();
  if (seen.size > CALLS_MAX && oldest !== undefined) seen.delete(oldest);
  return times;
}

function colourOf({ method, status }: TraceMessage): Colour | undefined {
  if (status === undefined) return method === undefined ? 'dim' : undefined;
  if (status < 200) return 'dim';
  if (status < 300) return 'green';
  return status < 400 || status === 401 || status === 407 ? 'yellow' : 'red';
}

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, Math.max(0, lengthMax - 1))}…`;
}
