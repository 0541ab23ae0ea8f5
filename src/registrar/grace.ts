// Registration grace: while phones are told to come later, or could not come, their bindings are kept beyond their
// end. A caller then reaches whoever is still there; who is not gives no sign of life, and is known to be gone in two
// seconds.
//
//     registered ───────── expiresAt ─ ─ ─ grace ─ ─ ─┤ the end of the reason for it, or of what one binding may have

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Binding } from '../ports/records.ts';
import type { SipRequest } from '../sip/message/message.ts';

/** What is kept beyond its end, until then. */
interface Kept {
  graceUntil: Instant | undefined;
}

export class Grace {
  readonly #kept = new Set<Kept>();
  #until: Instant = Number.NEGATIVE_INFINITY;

  /** How many are kept beyond their end. */
  get kept(): number {
    return this.#kept.size;
  }

  keep(one: Kept, until: Instant): void {
    one.graceUntil = until;
    this.#kept.add(one);
  }

  /** It is refreshed, or gone. */
  end(one: Kept): void {
    one.graceUntil = undefined;
    this.#kept.delete(one);
  }

  extend(until: Instant): void {
    this.#until = Math.max(this.#until, until);
  }

  /** When the binding really ends, as far as that can be said now. */
  endOf({ expiresAt }: Binding): Instant {
    return Math.max(expiresAt, Math.min(this.#until, expiresAt + LIMITS.registrationGraceMs));
  }
}

/** Does this REGISTER give up what it names? */
export function givesUp(register: SipRequest): boolean {
  return register.headers.get('Expires') === '0' || register.headers.values('Contact').some(isGivenUp);
}

function isGivenUp(contact: string): boolean {
  return contact === '*' || /;\s*expires\s*=\s*"?0+\s*(["';,]|$)/i.test(contact);
}
