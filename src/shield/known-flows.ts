// The flows that are known, each with what it may send. Keyed on address and port: whoever forges a customer's address
// alone is still a newcomer, and whoever forges both takes from this one flow's budget and from nobody else's.
//
// A budget follows its flow's own use: several times what the flow usually sends, between two bounds. What was sent
// during an attack teaches nothing, since a forger may have sent it.
//
//     window of 10 s ──▶ peak, fading by half each 20 min of windows ──▶ rate = headroom × peak

import { ipv4Number } from '../base/ip.ts';
import { LIMITS } from '../base/limits.ts';
import { type Endpoint, type Flow, isStream, type TransportName } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Rate } from '../ports/shield.ts';

export interface KnownFlow {
  /** Whose flow it is: a phone's, or a carrier's that has answered us. */
  readonly lane: 'known' | 'carrier';
  readonly transport: TransportName;
  readonly remote: Endpoint;
  until: Instant;
  rate: Rate;
  /** Tokens taken from the budget, as of `at`. */
  taken: number;
  at: Instant;
  windowAt: Instant;
  inWindow: number;
  /** The most packets of a window, lately. */
  usual: number;
  /** Until then it shares with all that went beyond their budgets. */
  exceedingUntil: Instant;
}

const WINDOW_MS = 10 * SECOND_MS;
/** Of `usual`, what is left of it after a window without as much. */
const FADING = 0.995;
/** A budget is told anew when it has become this many times larger or smaller. */
const WORTH_TELLING = 1.5;

export class KnownFlows {
  /** In the order of the last proof, so that the first one gives way. */
  readonly #flows = new Map<string | number, KnownFlow>();
  readonly #max: number;
  #sweeping: Iterator<[string | number, KnownFlow]> | undefined;

  constructor(max: number = LIMITS.knownFlowsMax) {
    this.#max = max;
  }

  get size(): number {
    return this.#flows.size;
  }

  /** It proved itself. Returns it where that is news: it was not known, or not for so long. */
  prove(flow: Flow, lane: KnownFlow['lane'], until: Instant, now: Instant): KnownFlow | undefined {
    const key = keyOf(flow);
    const { transport, remote } = flow;
    const before = this.#flows.get(key);
    if (before !== undefined) this.#flows.delete(key);
    const known = before ?? {
      lane,
      transport,
      remote,
      until,
      rate: rateFor(0),
      taken: 0,
      at: now,
      windowAt: now,
      inWindow: 0,
      usual: 0,
      exceedingUntil: 0,
    };
    this.#flows.set(key, known);
    if (before !== undefined && until <= before.until) return undefined;
    known.until = until;
    return known;
  }

  /** Who gave way to newer ones. */
  overflow(): KnownFlow | undefined {
    if (this.#flows.size <= this.#max) return undefined;
    for (const [key, flow] of this.#flows) {
      this.#flows.delete(key);
      return flow;
    }
    return undefined;
  }

  /** Its registration is gone. */
  shorten(flow: Flow, until: Instant): KnownFlow | undefined {
    const known = this.#flows.get(keyOf(flow));
    if (known === undefined || known.until <= until) return undefined;
    known.until = until;
    return known;
  }

  get(flow: Flow, now: Instant): KnownFlow | undefined {
    const known = this.#flows.get(keyOf(flow));
    return known !== undefined && known.until > now ? known : undefined;
  }

  /** Takes one packet out of its budget: false where nothing is left. */
  take(known: KnownFlow, now: Instant): boolean {
    known.inWindow++;
    const { perSecond, burst } = known.rate;
    const taken = Math.max(0, known.taken - ((now - known.at) / SECOND_MS) * perSecond);
    known.at = now;
    const isLeft = taken <= burst - 1;
    known.taken = isLeft ? taken + 1 : taken;
    if (!isLeft) known.exceedingUntil = now + LIMITS.exceedingFlowMs;
    return isLeft;
  }

  /** Looks at what it sent lately; returns it where its budget changed enough to be told. `learns`: calm times. */
  review(known: KnownFlow, now: Instant, learns: boolean): KnownFlow | undefined {
    if (now - known.windowAt < WINDOW_MS) return undefined;
    const windows = (now - known.windowAt) / WINDOW_MS;
    const perWindow = known.inWindow / windows;
    known.windowAt = now;
    known.inWindow = 0;
    if (!learns) return undefined;
    known.usual = Math.max(perWindow, known.usual * FADING ** windows);
    const rate = rateFor((known.usual * SECOND_MS) / WINDOW_MS);
    const ratio = rate.perSecond / known.rate.perSecond;
    if (ratio < WORTH_TELLING && ratio > 1 / WORTH_TELLING) return undefined;
    known.rate = rate;
    return known;
  }

  /** Forgets those whose time is up, looking at so many of them and going on there the next time. */
  sweep(now: Instant, atMost: number): void {
    this.#sweeping ??= this.#flows.entries();
    for (let looked = 0; looked < atMost; looked++) {
      const { done, value } = this.#sweeping.next();
      if (done === true) {
        this.#sweeping = undefined;
        return;
      }
      const [key, { until }] = value;
      if (until <= now) this.#flows.delete(key);
    }
  }

  *live(now: Instant): Generator<KnownFlow> {
    for (const flow of this.#flows.values()) if (flow.until > now) yield flow;
  }
}

export function rateFor(usualPerSecond: number): Rate {
  const wanted = Math.ceil(usualPerSecond * LIMITS.flowHeadroom);
  const perSecond = Math.min(LIMITS.knownFlowPerSecondMax, Math.max(LIMITS.knownFlowPerSecondMin, wanted));
  return { perSecond, burst: perSecond * LIMITS.flowBurstSeconds };
}

/**
 * A stream's flow is its peer's address and port too: the kernel knows no other name for a connection. Of IPv4 over
 * UDP, which is what floods are, it is a number, because it is asked for with each packet.
 */
function keyOf({ transport, remote: { address, port } }: Flow): string | number {
  if (isStream(transport)) return `t${address}|${port}`;
  const number = ipv4Number(address);
  return number < 0 ? `${address}|${port}` : number * PORTS + port;
}

const PORTS = 65_536;
