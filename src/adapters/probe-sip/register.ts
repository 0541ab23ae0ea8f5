// The probe of a registration: can a phone register, with its password, and is it in the list of those that are?
//
//   REGISTER ─▶ 401 ─▶ REGISTER with digest ─▶ 200 with our contact      setup_ms: all of it
//   then REGISTER with Expires: 0, so that nothing is left

import type { PhoneAccount, ProbeEnd } from '../../ports/probes.ts';
import type { Agent } from './agent.ts';
import { reach } from './reach.ts';
import { Registration } from './registration.ts';
import { type Around, type Run, sinceMs } from './run.ts';

export class RegisterRun implements Run {
  readonly #account: PhoneAccount;
  readonly #around: Around;
  readonly passedOver: string[] = [];
  #agent: Agent | undefined;
  #registration: Registration | undefined;

  constructor(account: PhoneAccount, around: Around) {
    this.#account = account;
    this.#around = around;
  }

  async attempt(timeoutMs: number, signal: AbortSignal): Promise<ProbeEnd> {
    const startedAt = performance.now();
    const { server } = this.#account;
    const keep = (agent: Agent): Agent => {
      this.#agent = agent;
      return agent;
    };
    const { passedOver } = this;
    const reaching = { server, around: this.#around, withinMs: timeoutMs, signal, keep, passedOver };
    await reach(reaching, (agent) => {
      this.#registration = new Registration(agent, this.#account);
      return this.#registration.register();
    });
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
