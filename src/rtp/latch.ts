// Whose packets a media endpoint takes, and where it sends: symmetric RTP (RFC 4961) that cannot be hijacked.
//
// A phone behind NAT receives only at the address that its packets come from, which its SDP does not know. So
// the endpoint latches to the source of the first packet, but only once, and only if its address is the one
// in the SDP or the one that the signalling came from. Whoever else sends is a stranger: dropped and counted.
// Who forges either address only has media sent to its owner; and lest that silence a call, the very address
// and port of the SDP take over from any other source.
//
//   open ──first packet from a permitted address──▶ latched ──remote with another SDP address──▶ open again
//
// Open again, the old source is not latched to at once: its packets may be stragglers of a phone that is
// moving. They are accepted, and only if they still come after the grace does the latch go back to them.

import type { Endpoint } from '../base/net.ts';
import type { Instant } from '../base/time.ts';

/** Longer than packets are on their way, shorter than people wait for audio. */
const STRAGGLER_GRACE_MS = 500;

export type LatchVerdict = 'accepted' | 'latched' | 'stranger';

export interface PermittedSources {
  /** From the SDP; `undefined` when rejected or held: nothing is sent then, and the latch stays as it is. */
  readonly signalled: Endpoint | undefined;
  readonly signallingAddress: string;
}

/** Addresses are compared as text: the caller gives all of them in canonical form (RFC 5952). */
export class Latch {
  #signalled: Endpoint | undefined;
  #lastSignalled: Endpoint | undefined;
  #signallingAddress = '';
  #latched: Endpoint | undefined;
  /** The source before a change of address, until something is latched again. */
  #former: Endpoint | undefined;
  #changedAt: Instant = 0;
  #strangers = 0;

  get strangers(): number {
    return this.#strangers;
  }

  /** Where to send: the latched source, else the signalled address; nowhere while that is undefined. */
  get target(): Endpoint | undefined {
    return this.#signalled === undefined ? undefined : (this.#latched ?? this.#signalled);
  }

  /** A new description from the peer. Another address or port permits one new latch. */
  remote({ signalled, signallingAddress }: PermittedSources, now: Instant): void {
    this.#signalled = signalled;
    this.#signallingAddress = signallingAddress;
    if (signalled === undefined) return;
    const last = this.#lastSignalled;
    this.#lastSignalled = signalled;
    if (last === undefined || (last.address === signalled.address && last.port === signalled.port)) return;
    this.#former = this.#latched ?? this.#former;
    this.#latched = undefined;
    this.#changedAt = now;
  }

  /** `latched`: accepted, and the first from this source. */
  receive(address: string, port: number, now: Instant): LatchVerdict {
    const latched = this.#latched;
    if (latched !== undefined) {
      if (latched.port === port && latched.address === address) return 'accepted';
      return this.#isSignalled(address, port) ? this.#latch(address, port) : this.#refuse();
    }
    const former = this.#former;
    if (former !== undefined && former.port === port && former.address === address) {
      if (!this.#isSignalled(address, port) && now - this.#changedAt < STRAGGLER_GRACE_MS) return 'accepted';
    } else if (address !== this.#lastSignalled?.address && address !== this.#signallingAddress) {
      return this.#refuse();
    }
    return this.#latch(address, port);
  }

  #latch(address: string, port: number): LatchVerdict {
    this.#latched = { address, port };
    this.#former = undefined;
    return 'latched';
  }

  #refuse(): LatchVerdict {
    this.#strangers += 1;
    return 'stranger';
  }

  #isSignalled(address: string, port: number): boolean {
    return this.#lastSignalled?.address === address && this.#lastSignalled.port === port;
  }
}
