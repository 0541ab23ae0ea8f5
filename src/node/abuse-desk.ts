// What is done about abusers that prove what they are: the shield refuses them, and the operator is told. Here the
// evidence comes in from where requests are judged, and here an operator pardons.

import { type Flow, isStream } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import { type Abuser, Abusers, type Evidence } from '../shield/abuse/abusers.ts';
import { toolOf } from '../shield/abuse/scanning-tool.ts';
import type { Shield } from '../shield/shield.ts';
import type { Done } from './operating.ts';
import type { Turn } from './turn.ts';
import type { RefusedCredentials } from './views.ts';

export interface AbuseDeskOptions {
  readonly shield: Shield;
  readonly turn: Turn;
}

export class AbuseDesk {
  /** Messages of scanning tools that were not answered; sources that were found to be abusers. */
  readonly counters = { tools_unanswered: 0, abusers_found: 0 };
  readonly #options: AbuseDeskOptions;
  readonly #abusers = new Abusers();

  constructor(options: AbuseDeskOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#abusers.size;
  }

  /** A stranger's message by which a scanning tool signs: it is not answered. Gives the tool's name. */
  signedByTool(flow: Flow, bytes: Uint8Array, now: Instant): string | undefined {
    const { shield } = this.#options;
    const { address } = flow.remote;
    if (shield.laneOf(flow, now) !== 'newcomer' || this.#isHome(address, now)) return undefined;
    const name = toolOf(bytes);
    if (name === undefined) return undefined;
    this.counters.tools_unanswered++;
    // Over UDP anybody may have written it in anybody's name.
    if (isStream(flow.transport)) this.#record({ address, proof: { type: 'tool', name } }, now);
    return name;
  }

  /** A digest over our challenge was wrong, or came before its time. */
  mistaken(user: string, { remote: { address } }: Flow, reason: RefusedCredentials, now: Instant): void {
    this.#record({ address, proof: { type: 'guess', user, slowed: reason === 'slowed' } }, now);
  }

  accepted({ remote: { address } }: Flow, now: Instant): void {
    this.#abusers.letIn(address, now);
  }

  list(now: Instant): readonly Abuser[] {
    return this.#abusers.list(now);
  }

  pardon(address: string, now: Instant): Done {
    const { shield, turn } = this.#options;
    let found = false;
    const effects = turn.run(now, () => {
      found = this.#abusers.pardon(address);
      if (shield.pardon(address)) found = true;
      this.#flush();
    });
    return { found, effects };
  }

  #isHome(address: string, now: Instant): boolean {
    return this.#options.shield.isFamiliar(address, now) || this.#abusers.isSheltered(address, now);
  }

  #record(evidence: Evidence, now: Instant): void {
    const { shield, turn } = this.#options;
    const abuser = this.#abusers.record(evidence, shield.isFamiliar(evidence.address, now), now);
    if (abuser === undefined) return;
    this.counters.abusers_found++;
    // With no room for another refusal it goes on being slowed, and the operator is told all the same.
    if (abuser.until !== undefined) shield.refuse(abuser.address, abuser.until - now, now);
    this.#flush();
    turn.event({ ...abuser, type: 'abuser' });
  }

  #flush(): void {
    const changes = this.#options.shield.takeChanges();
    if (changes.length > 0) this.#options.turn.push({ type: 'shield', changes });
  }
}
