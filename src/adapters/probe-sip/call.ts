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
import type { CustomerTarget, ProbeEnd } from '../../ports/probes.ts';
import { formatHostPort } from '../../sip/message/host.ts';
import { Agent } from './agent.ts';
import { Answering } from './answering.ts';
import { Calling } from './calling.ts';
import { TONES_HZ } from './hearing.ts';
import { type Held, judged } from './judge.ts';
import { digestOf, Registration } from './registration.ts';
import type { Around, Run } from './run.ts';
import { Session } from './session.ts';
import { Voice } from './voice.ts';
import { serverOf } from './where.ts';

type CallTarget = Extract<CustomerTarget, { readonly type: 'call' }>;

/** Where nothing is heard for this long after the answer, nothing will be. */
const FIRST_SOUND_MS = 1_000;
/** For the end to arrive at the called end. */
const ENDED_MS = 1_000;
const LOOK_MS = 20;

export interface Listeners {
  /** One that stays open between calls, so that the carrier's peer sees it is there. */
  at(local: { readonly address: string; readonly port: number }): Promise<Agent>;
}

interface End {
  readonly agent: Agent;
  readonly voice: Voice;
}

export class CallRun implements Run {
  readonly #target: CallTarget;
  readonly #around: Around;
  readonly #listeners: Listeners;
  readonly #closing: (() => void)[] = [];
  #closed = false;
  #registration: Registration | undefined;
  #isRegistered = false;
  #answering: Answering | undefined;
  #calling: Calling | undefined;
  #calledSession: Session | undefined;

  constructor(target: CallTarget, around: Around, listeners: Listeners) {
    this.#target = target;
    this.#around = around;
    this.#listeners = listeners;
  }

  async attempt(signal: AbortSignal): Promise<ProbeEnd> {
    const [callerHz, calledHz] = this.#twoTones();
    const called = await this.#calledEnd(calledHz, signal);
    const caller = await this.#callerEnd(callerHz, signal);
    const there = new Session({ ...called, otherHz: callerHz, otherLog: caller.voice });
    const back = new Session({ ...caller, otherHz: calledHz, otherLog: called.voice });
    const answering = new Answering({
      agent: called.agent,
      session: there,
      token: this.#registration?.token,
    });
    const calling = new Calling({ agent: caller.agent, session: back, ...this.#identity(caller.agent) });
    called.agent.owner = answering;
    caller.agent.owner = calling;
    this.#closing.push(() => {
      answering.close();
      if (called.agent.owner === answering) called.agent.owner = undefined;
    });
    this.#answering = answering;
    this.#calling = calling;
    this.#calledSession = there;
    answering.expected = true;
    await this.#answered(calling, answering);
    await this.#talked(called.voice, caller.voice, signal);
    const heard = { there: called.voice.heard, back: caller.voice.heard };
    await calling.hangUp();
    await until(() => there.endedAt !== undefined, ENDED_MS, signal);
    const { setupMs = 0, answerMs = 0 } = calling;
    const held: Held = { ...heard, setupMs, answerMs, endedThere: there.endedAt !== undefined };
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
    this.#answering?.close();
    await Promise.all([
      this.#calling?.hangUp(),
      this.#calledSession?.bye(undefined).then(() => this.#registration?.leave()) ??
        this.#registration?.leave(),
    ]);
  }

  close(): void {
    this.#closed = true;
    for (const close of this.#closing.splice(0).toReversed()) close();
  }

  async #answered(calling: Calling, answering: Answering): Promise<void> {
    try {
      await calling.call();
    } catch (cause) {
      if (answering.refusal !== undefined) throw new Error(answering.refusal);
      const why = cause instanceof Error ? cause.message : String(cause);
      const arrived = answering.arrivedAt === undefined ? '' : ', although it arrived';
      // Of one who has no credentials to answer with.
      const isUnknown = this.#target.caller.type === 'carrier' && /^40[137] /.test(why);
      const hint = isUnknown ? '; the server does not take the address it comes from for a carrier' : '';
      throw new Error(`the call is refused${arrived}: ${why}${hint}`);
    }
    if (answering.answeredAt === undefined)
      throw new Error('the call is answered by somebody else, and does not arrive');
  }

  /** Until both ends have heard what they wait for, or nothing. */
  async #talked(called: Voice, caller: Voice, signal: AbortSignal): Promise<void> {
    const answeredAt = performance.now();
    const isDone = ({ hearing }: Voice): boolean => {
      const now = performance.now();
      if (hearing?.firstAt === undefined) return now > answeredAt + FIRST_SOUND_MS;
      return hearing.isOver(now);
    };
    await until(() => isDone(called) && isDone(caller), Number.POSITIVE_INFINITY, signal);
  }

  async #calledEnd(toneHz: number, signal: AbortSignal): Promise<End> {
    const { answerer } = this.#target;
    if (answerer.type === 'carrier') {
      const agent = await this.#listeners.at(answerer.local);
      return { agent, voice: await this.#voice(agent, toneHz) };
    }
    const agent = await this.#agentTowards(answerer.account.server, undefined, signal);
    const voice = await this.#voice(agent, toneHz);
    this.#registration = new Registration(agent, answerer.account);
    try {
      await this.#registration.register();
    } catch (cause) {
      throw new Error(`the called end cannot register: ${cause instanceof Error ? cause.message : cause}`);
    }
    this.#isRegistered = true;
    return { agent, voice };
  }

  async #callerEnd(toneHz: number, signal: AbortSignal): Promise<End> {
    const { caller } = this.#target;
    const { server, address } =
      caller.type === 'phone' ? { server: caller.account.server, address: undefined } : caller;
    const agent = await this.#agentTowards(server, address, signal);
    return { agent, voice: await this.#voice(agent, toneHz) };
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

  async #agentTowards(
    server: Parameters<typeof serverOf>[0],
    address: string | undefined,
    signal: AbortSignal,
  ): Promise<Agent> {
    const { resolver, random } = this.#around;
    const found = await serverOf(server, resolver, random);
    return this.#kept(await Agent.towards(found, address, this.#around, signal));
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

  #twoTones(): readonly [number, number] {
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
