// The program in the namespace of phones: four hundred phones at twenty addresses, registered before anything is
// measured, a carrier, and newcomers whom the platform has never seen. Forty registrations a second are refreshed and
// ten calls a second are placed, half of them by the carrier and half by phones, each with audio both ways.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CARRIER, EDGE, NEWCOMER_LIST, SUBSCRIBERS } from './addresses.ts';
import { admit, type Ground, ownNamespace } from './law.ts';
import { serve } from './member.ts';
import { type Attempt, Phone } from './phone.ts';
import { Choir, type Spoken } from './voice.ts';

const REGISTRATIONS_PER_SECOND = 40;
const CALLS_PER_SECOND = 10;
const TALK_MS = 3_000;
const CARRIER_USER = '+447700900123';
/** The first newcomer after the flood has begun, and the last. */
const NEWCOMERS_FROM_MS = 500;
const NEWCOMERS_WITHIN_MS = 4_000;
const TRY_AGAIN_S = 5;
/** What was said last may come home so late. */
const SETTLE_MS = 500;
const LAG_RESOLUTION_MS = 5;

export interface PhonesReport {
  readonly registrations: readonly Attempt[];
  readonly calls: readonly Attempt[];
  /** `index`: whose attempt it was, of the list. */
  readonly newcomers: readonly (Attempt & { readonly index: number })[];
  /** When it began, in the time of the attempts. */
  readonly startMs: number;
  readonly audio: Spoken;
  /** The longest that this program itself was late. */
  readonly lateMs: number;
}

/** Attempts from one moment on. */
interface Chapter {
  readonly startMs: number;
  readonly endMs: number;
  readonly registrations: Attempt[];
  readonly calls: Attempt[];
  readonly newcomers: (Attempt & { readonly index: number })[];
}

class Phones {
  readonly #ground: Ground;
  readonly #choir: Choir;
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  readonly #timers: NodeJS.Timeout[] = [];
  #phones: readonly Phone[] = [];
  #carrier: Phone | undefined;
  #strangers: readonly Phone[] = [];
  #chapter: Chapter | undefined;
  #turn = 0;
  #calls = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#choir = new Choir(ground);
  }

  async open(registrationsPerSecond: number): Promise<void> {
    const open = (user: string, local: typeof EDGE) => Phone.open(user, local, this.#choir, this.#ground);
    this.#carrier = await open(CARRIER_USER, CARRIER);
    this.#phones = await Promise.all(SUBSCRIBERS.map(({ user, local }) => open(user, local)));
    this.#strangers = await Promise.all(NEWCOMER_LIST.map(({ user, local }) => open(user, local)));
    const attempts = await Promise.all(
      this.#phones.map(async (phone, index) => {
        await elapsed((index * 1_000) / registrationsPerSecond);
        const attempt = newAttempt();
        await phone.register(attempt);
        return attempt;
      }),
    );
    const failed = attempts.filter(({ tookMs }) => tookMs === undefined);
    if (failed.length > 0)
      throw new Error(`${failed.length} phones could not register, ${failed[0]?.refused ?? 'unanswered'}`);
  }

  begin(): void {
    this.#timers.push(
      steadily(REGISTRATIONS_PER_SECOND, () => this.#register()),
      steadily(CALLS_PER_SECOND, () => this.#call()),
    );
  }

  measure(seconds: number, withNewcomers: boolean): void {
    const startMs = performance.now();
    const endMs = startMs + seconds * 1_000;
    const lists = { registrations: [], calls: [], newcomers: [] };
    this.#choir.count();
    this.#chapter = { startMs, endMs, ...lists };
    this.#lag.enable();
    if (!withNewcomers) return;
    const step = NEWCOMERS_WITHIN_MS / this.#strangers.length;
    for (const [index, stranger] of this.#strangers.entries()) {
      this.#timers.push(
        setTimeout(() => void this.#arrive(stranger, index), NEWCOMERS_FROM_MS + index * step),
      );
    }
  }

  async end(): Promise<PhonesReport> {
    const chapter = this.#chapter;
    if (chapter === undefined) throw new Error('nothing was measured');
    for (const timer of this.#timers) clearInterval(timer);
    this.#choir.hush();
    await elapsed(SETTLE_MS);
    this.#lag.disable();
    return {
      registrations: chapter.registrations,
      calls: chapter.calls,
      newcomers: chapter.newcomers,
      startMs: chapter.startMs,
      audio: this.#choir.spoken,
      lateMs: this.#lag.max / 1e6,
    };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#choir.close();
    for (const phone of [...this.#phones, ...this.#strangers]) phone.close();
    this.#carrier?.close();
  }

  /** The next phone that is not at it already. */
  #register(): void {
    for (let tried = 0; tried < this.#phones.length; tried++) {
      const phone = this.#phones[this.#turn++ % this.#phones.length];
      if (phone === undefined || phone.busy) continue;
      void phone.register(this.#noted('registrations'));
      return;
    }
  }

  #call(): void {
    const turn = this.#calls++;
    // Far enough apart that nobody calls who is being called, and nobody is called twice at once.
    const called = SUBSCRIBERS[(turn * 7) % SUBSCRIBERS.length];
    const caller = turn % 2 === 0 ? this.#carrier : this.#phones[(turn * 7 + 203) % this.#phones.length];
    if (called !== undefined) void caller?.call(called.number, TALK_MS, this.#noted('calls'));
  }

  async #arrive(stranger: Phone, index: number): Promise<void> {
    const first = { ...newAttempt(), index };
    this.#chapter?.newcomers.push(first);
    let attempt: Attempt = first;
    for (;;) {
      await stranger.register(attempt);
      first.firstTry &&= attempt.firstTry && attempt === first;
      if (attempt.tookMs !== undefined) first.tookMs = performance.now() - first.atMs;
      if (attempt.refused !== undefined) first.refused = attempt.refused;
      if (first.tookMs !== undefined) return;
      await elapsed((attempt.retryAfterS ?? TRY_AGAIN_S) * 1_000);
      attempt = newAttempt();
    }
  }

  /** An attempt that begins now, and counts if anything is being measured. */
  #noted(list: 'registrations' | 'calls'): Attempt {
    const attempt = newAttempt();
    const chapter = this.#chapter;
    if (chapter !== undefined && attempt.atMs < chapter.endMs) chapter[list].push(attempt);
    return attempt;
  }
}

function newAttempt(): Attempt {
  return { atMs: performance.now(), firstTry: true };
}

/** Evenly, and as often as asked: a late timer is made good. */
function steadily(perSecond: number, act: () => void): NodeJS.Timeout {
  const startMs = performance.now();
  let done = 0;
  return setInterval(() => {
    while (done < ((performance.now() - startMs) * perSecond) / 1_000) {
      done += 1;
      act();
    }
  }, 5);
}

async function elapsed(delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}

let phones: Phones | undefined;

function present(): Phones {
  if (phones === undefined) throw new Error('the phones are not open');
  return phones;
}

const orders = {
  open: async ({ ground, perSecond }: { ground: Omit<Ground, 'from'>; perSecond: number }) => {
    const own: Ground = { ...ground, from: ownNamespace() };
    admit(EDGE, own);
    phones = new Phones(own);
    await phones.open(perSecond);
  },
  begin: async (_: null) => present().begin(),
  measure: async ({ seconds, newcomers }: { seconds: number; newcomers: boolean }) =>
    present().measure(seconds, newcomers),
  end: async (_: null): Promise<PhonesReport> => present().end(),
};

export type PhonesOrders = typeof orders;

serve(orders, async () => phones?.close());
