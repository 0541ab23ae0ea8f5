// Who attacks. None of them can read what the node sends to addresses that are not theirs.

import type { Endpoint } from '../../../src/base/net.ts';
import { type Instant, SECOND_MS } from '../../../src/base/time.ts';
import { DOMAIN } from '../scenario.ts';
import type { Actor, Siege } from './siege.ts';

export interface FloodOptions {
  readonly perSecond: number;
  readonly from: () => Endpoint;
  readonly untilMs?: number;
  /** The node's port; the public one by default. */
  readonly door?: number;
  readonly sends?: (n: number) => string;
}

/** Sends from wherever it likes, so many a second, and hears nothing. */
export class Flood implements Actor {
  readonly endpoint: Endpoint = { address: '198.18.255.255', port: 1 };
  sent = 0;
  readonly #siege: Siege;
  readonly #options: FloodOptions;
  readonly #beganAt: Instant;

  constructor(siege: Siege, options: FloodOptions) {
    this.#siege = siege;
    this.#options = options;
    this.#beganAt = siege.now;
  }

  act(now: Instant): void {
    const { perSecond, from, untilMs = Number.POSITIVE_INFINITY, sends = mixed, door } = this.#options;
    if (now - this.#beganAt > untilMs) return;
    const due = Math.floor(((now - this.#beganAt) * perSecond) / SECOND_MS);
    for (; this.sent < due; this.sent++)
      this.#siege.send(from(), Buffer.from(sends(this.sent), 'latin1'), door);
  }

  hear(): void {}
}

/** So many addresses, each in a network of its own. */
export function botnet(siege: Siege, bots: number): () => Endpoint {
  return () => {
    const bot = siege.random.between(0, bots - 1);
    const address = `${20 + (bot >> 14)}.${(bot >> 7) & 127}.${bot & 127}.66`;
    return { address, port: siege.random.between(1_024, 65_535) };
  };
}

/** REGISTER, INVITE, OPTIONS and what is no SIP at all. */
export function mixed(n: number): string {
  const method = ['REGISTER', 'INVITE', 'OPTIONS', undefined][n % 4];
  return method === undefined ? `\x01\x02 garbage ${n}` : message(method, n);
}

export function message(method: string, n: number, user = `user${n % 1_000}`): string {
  const rows = [
    `Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bKflood${n};rport`,
    'Max-Forwards: 70',
    `From: <sip:${user}@${DOMAIN}>;tag=${n}`,
    `To: <sip:${user}@${DOMAIN}>`,
    `Call-ID: flood-${n}@bot`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:bot@203.0.113.66>',
    'User-Agent: friendly-scanner',
    'Content-Length: 0',
  ];
  return `${method} sip:${user}@${DOMAIN} SIP/2.0\r\n${rows.join('\r\n')}\r\n\r\n`;
}
