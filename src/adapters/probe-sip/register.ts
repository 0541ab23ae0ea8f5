// The probe of a registration: can a phone register, with its password, and is it in the list of those that are?
//
//   REGISTER ─▶ 401 ─▶ REGISTER with digest ─▶ 200 with our contact      setup_ms: all of it
//   then REGISTER with Expires: 0, so that nothing is left

import type { PhoneAccount, ProbeEnd } from '../../ports/probes.ts';
import { Agent } from './agent.ts';
import { Registration } from './registration.ts';
import { type Around, type Run, sinceMs } from './run.ts';
import { serverOf } from './where.ts';

export class RegisterRun implements Run {
  readonly #account: PhoneAccount;
  readonly #around: Around;
  #agent: Agent | undefined;
  #registration: Registration | undefined;

  constructor(account: PhoneAccount, around: Around) {
    this.#account = account;
    this.#around = around;
  }

  async attempt(signal: AbortSignal): Promise<ProbeEnd> {
    const startedAt = performance.now();
    const { resolver, random } = this.#around;
    const server = await serverOf(this.#account.server, resolver, random);
    this.#agent = await Agent.towards(server, undefined, this.#around, signal);
    this.#registration = new Registration(this.#agent, this.#account);
    await this.#registration.register();
    const latencyMs = sinceMs(startedAt);
    return { outcome: 'passed', latencyMs, measures: { setup_ms: latencyMs } };
  }

  soFar(withinMs: number): string {
    return `no answer within ${withinMs} ms`;
  }

  async leave(): Promise<void> {
    await this.#registration?.leave();
  }

  close(): void {
    this.#agent?.close();
  }
}
