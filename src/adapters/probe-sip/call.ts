// The probe of a call: from an end of ours to a number that leads to another end of ours, each of which speaks a tone
// of its own and listens for the other's.
//
//   called end    registers, or waits where a carrier would ── rings ── answers ── speaks ──────────── unregisters
//   calling end                                     calls ────────────────────── speaks ── hangs up
//                                                   │◀─ setup_ms ─▶│
//                                                   │◀────── answer_ms ───────▶│◀─ 1.5 s ─▶│
//
// The tones are drawn for each call, so that a call which got into the wrong hands is heard to be another one.

import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import { type CustomerTarget, type ProbeEnd, reasonOf } from '../../ports/probes.ts';
import { formatHostPort } from '../../sip/message/host.ts';
import type { Agent } from './agent.ts';
import { Answering } from './answering.ts';
import { Calling } from './calling.ts';
import { type Hearing, TONES_HZ } from './hearing.ts';
import { type Held, judged } from './judge.ts';
import { type Reaching, reach } from './reach.ts';
import { digestOf, Registration } from './registration.ts';
import { type Around, type Run, sinceMs } from './run.ts';
import { Session } from './session.ts';
import { Voice } from './voice.ts';
import { Unserved } from './where.ts';

type CallTarget = Extract<CustomerTarget, { readonly type: 'call' }>;

/** Of the caller, and of the called end. */
type Tones = readonly [number, number];

const ELSEWHERE = 'the call is answered by somebody else, and does not arrive';
/** Where nothing is heard for this long after the answer, nothing will be. */
const FIRST_SOUND_MS = 1_000;
/** For the end to arrive at the called end. */
const ENDED_MS = 1_000;
const LOOK_MS = 20;

export type CarrierPlace = Extract<CallTarget['answerer'], { readonly type: 'carrier' }>;

export interface Listeners {
  /** One that stays open between calls, so that the carrier's peer sees it is there. */
  at(place: CarrierPlace): Promise<Agent>;
}

/** A call that is answered. */
interface Placed {
  readonly voice: Voice;
  readonly calling: Calling;
  readonly answering: Answering;
}

/** Of the time for the probe: what the servers of one end share. */
const REACH_SHARE = 0.25;

export class CallRun implements Run {
  readonly passedOver: string[] = [];
  readonly #target: CallTarget;
  readonly #around: Around;
  readonly #listeners: Listeners;
  readonly #closing: (() => void)[] = [];
  #closed = false;
  #registration: Registration | undefined;
  #isRegistered = false;
  #answering: Answering | undefined;
  #calling: Calling | undefined;

  constructor(target: CallTarget, around: Around, listeners: Listeners) {
    this.#target = target;
    this.#around = around;
    this.#listeners = listeners;
  }

  async attempt(timeoutMs: number, signal: AbortSignal): Promise<ProbeEnd> {
    const withinMs = REACH_SHARE * timeoutMs;
    const tonesHz = this.#twoTones();
    const called = await this.#calledEnd(withinMs, signal);
    const { caller } = this.#target;
    const { server, address } =
      caller.type === 'phone' ? { server: caller.account.server, address: undefined } : caller;
    let placed: Placed;
    try {
      placed = await this.#reach({ server, address, withinMs, signal }, (agent) =>
        this.#place(agent, called, tonesHz),
      );
    } catch (cause) {
      return this.#untold(cause);
    }
    const { calling, answering, voice } = placed;
    await this.#talked(answering, voice, signal);
    const { ours } = answering;
    if (ours === undefined) throw new Error(ELSEWHERE);
    const heard = { there: ours.voice.heard, back: voice.heard };
    await calling.hangUp();
    await until(() => ours.session.endedAt !== undefined, ENDED_MS, signal);
    const { setupMs = 0, answerMs = 0 } = calling;
    const held: Held = { ...heard, setupMs, answerMs, endedThere: ours.session.endedAt !== undefined };
    return judged(held);
  }

  soFar(withinMs: number): string {
    const within = `within ${withinMs} ms`;
    const { arrivedAt, answeredAt } = this.#answering ?? {};
    const { startedAt, rang, answerMs } = this.#calling ?? {};
    const isPhone = this.#target.answerer.type === 'phone';
    if (isPhone && !this.#isRegistered) return `the called end cannot register ${within}`;
    if (startedAt === undefined) return `there is no way to the server ${within}`;
    if (answerMs !== undefined) return `the call was answered, and not over ${within}`;
    if (answeredAt !== undefined)
      return `the call arrived and was answered, and the caller was not told ${within}`;
    if (arrivedAt !== undefined) return `the call arrived, and could not be answered ${within}`;
    return rang === undefined
      ? `no answer to INVITE, and the call does not arrive ${within}`
      : `the caller hears ${rang}, and the call does not arrive ${within}`;
  }

  async leave(): Promise<void> {
    await Promise.all([
      this.#calling?.hangUp(),
      this.#answering?.end().then(() => this.#registration?.leave()) ?? this.#registration?.leave(),
    ]);
  }

  close(): void {
    this.#closed = true;
    for (const close of this.#closing.splice(0).toReversed()) close();
  }

  /** From one server of the caller's: until the call is answered. */
  async #place(agent: Agent, called: Agent, [callerHz, calledHz]: Tones): Promise<Placed> {
    const voice = await this.#voice(agent, callerHz);
    // Of a server that was passed over.
    await this.#answering?.end();
    const open = async () => {
      const ear = await this.#voice(called, calledHz);
      const session = new Session({ agent: called, voice: ear, otherHz: callerHz, otherLog: voice });
      return { voice: ear, session };
    };
    const answering = new Answering({ agent: called, token: this.#registration?.token, open });
    const session = new Session({ agent, voice, otherHz: calledHz, otherLog: answering });
    const calling = new Calling({ agent, session, ...this.#identity(agent) });
    called.owner = answering;
    agent.owner = calling;
    this.#closing.push(() => {
      if (called.owner === answering) called.owner = undefined;
    });
    this.#answering = answering;
    this.#calling = calling;
    answering.expected = true;
    await this.#answered(calling, answering);
    return { voice, calling, answering };
  }

  async #answered(calling: Calling, answering: Answering): Promise<void> {
    try {
      await calling.call();
    } catch (cause) {
      if (cause instanceof Unserved) throw cause;
      if (answering.refusal !== undefined) throw new Error(answering.refusal);
      const why = messageOf(cause);
      const arrived = answering.arrivedAt === undefined ? '' : ', although it arrived';
      // Of one who has no credentials to answer with.
      const isUnknown = this.#target.caller.type === 'carrier' && /^40[137] /.test(why);
      const hint = isUnknown ? '; the server does not take the address it comes from for a carrier' : '';
      throw new Error(`the call is refused${arrived}: ${why}${hint}`);
    }
    if (answering.answeredAt === undefined) throw new Error(ELSEWHERE);
  }

  /** Where the call may be one that found no room, it is not known to have failed. */
  #untold(cause: unknown): ProbeEnd {
    const { turnedAway = 0 } = this.#answering ?? {};
    if (turnedAway === 0) throw cause;
    const latencyMs = sinceMs(this.#calling?.startedAt ?? performance.now());
    const reason = `strangers hold the answering end, and ours may be among the ${turnedAway} calls without room: set answer.from`;
    return { outcome: 'warned', latencyMs, reason };
  }

  /** Until both ends have heard what they wait for, or nothing. */
  async #talked(answering: Answering, caller: Voice, signal: AbortSignal): Promise<void> {
    const answeredAt = performance.now();
    const isDone = ({ hearing }: { readonly hearing?: Hearing | undefined }): boolean => {
      const now = performance.now();
      if (hearing?.firstAt === undefined) return now > answeredAt + FIRST_SOUND_MS;
      return hearing.isOver(now);
    };
    const areDone = () => isDone(answering.ours?.voice ?? {}) && isDone(caller);
    await until(areDone, Number.POSITIVE_INFINITY, signal);
  }

  async #calledEnd(withinMs: number, signal: AbortSignal): Promise<Agent> {
    const { answerer } = this.#target;
    if (answerer.type === 'carrier') return this.#listeners.at(answerer);
    const { account } = answerer;
    try {
      return await this.#reach({ server: account.server, withinMs, signal }, async (agent) => {
        this.#registration = new Registration(agent, account);
        await this.#registration.register();
        this.#isRegistered = true;
        return agent;
      });
    } catch (cause) {
      throw new Error(`the called end cannot register: ${reasonOf(cause)}`);
    }
  }

  #identity(agent: Agent) {
    const { caller, number } = this.#target;
    if (caller.type === 'phone') {
      const { user, domain } = caller.account;
      return { number, domain, from: `sip:${user}@${domain}`, digest: digestOf(agent, caller.account) };
    }
    const { host, port } = caller.server;
    const own = formatHostPort(agent.local.address, undefined);
    const from = `sip:${caller.callerId ?? 'anonymous'}@${caller.callerId === undefined ? 'anonymous.invalid' : own}`;
    return { number, domain: formatHostPort(host, port), from, digest: undefined };
  }

  #reach<T>(
    towards: Pick<Reaching, 'server' | 'address' | 'withinMs' | 'signal'>,
    attempt: (agent: Agent) => Promise<T>,
  ): Promise<T> {
    const { passedOver } = this;
    const keep = (agent: Agent): Agent => this.#kept(agent);
    return reach({ ...towards, around: this.#around, keep, passedOver }, attempt);
  }

  async #voice(agent: Agent, toneHz: number): Promise<Voice> {
    return this.#kept(await Voice.open(agent.local.address, toneHz, this.#around.random));
  }

  /** What was opened is closed with the run, also where that is over already. */
  #kept<T extends { close(): void }>(opened: T): T {
    if (this.#closed) {
      opened.close();
      throw new Error('given up');
    }
    this.#closing.push(() => opened.close());
    return opened;
  }

  #twoTones(): Tones {
    const { random } = this.#around;
    const first = Math.floor(random.fraction() * TONES_HZ.length);
    const step = 1 + Math.floor(random.fraction() * (TONES_HZ.length - 1));
    const second = (first + step) % TONES_HZ.length;
    return [TONES_HZ[first] ?? TONES_HZ[0], TONES_HZ[second] ?? TONES_HZ[1]];
  }
}

/** Waits until it holds, for so long. Rejects when it is given up. */
async function until(holds: () => boolean, withinMs: number, signal: AbortSignal): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!holds() && performance.now() < endsAt) await delay(LOOK_MS, undefined, { signal });
}
