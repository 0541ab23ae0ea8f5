// Would the newcomers' shares of a posture have let a good newcomer in? Each needs two messages read, the one that is
// challenged and the one with the right digest; what finds no room is sent again as RFC 3261 says, until its
// transaction gives up after 32 seconds. What attackers would have taken of the shares is not known, and not counted.
// A kernel that judges ahead of the node lets fewer of them in at once than the share has; that is known, and counted.
//
//     0 ── 0.5 s ── 1.5 s ── 3.5 s ── 7.5 s ── 11.5 s ── … 31.5 s       (Timer E; an INVITE goes on doubling, Timer A)

import { Deadlines } from '../../base/deadlines.ts';
import { ONE_CUSTOMER, ONE_NETWORK, sourceKey } from '../../base/source.ts';
import type { Instant } from '../../base/time.ts';
import type { Posture } from '../../ports/shield.ts';
import { sharesIn } from '../shares.ts';
import { Newcomers } from '../shield.ts';
import type { GoodRequest } from './good-traffic.ts';

export type Fate = 'at-once' | 'retried' | 'lost';

interface Attempt {
  readonly request: GoodRequest;
  readonly decided: (fate: Fate) => void;
  /** Messages that are still to be read. */
  left: number;
  sentAt: Instant;
  waitedMs: number;
  hasWaited: boolean;
}

const T1_MS = 500;
const T2_MS = 4_000;
/** Timers B and F. */
const GIVE_UP_MS = 64 * T1_MS;

export class ShareTrial {
  readonly #newcomers: Newcomers;
  readonly #waiting = new Deadlines<Attempt>();

  /** `atOnceMax`: packets of all newcomers that are let in at once at most, whatever their share says. */
  constructor(posture: Posture, atOnceMax: number = Number.POSITIVE_INFINITY) {
    const shares = sharesIn(posture);
    const all = { ...shares.all, burst: Math.min(shares.all.burst, atOnceMax) };
    this.#newcomers = new Newcomers({ ...shares, all }, 0);
  }

  /** Requests come in the order of time. `decided` is called when its fate is known. */
  add(request: GoodRequest, decided: (fate: Fate) => void): void {
    this.#retry(request.at);
    this.#try({ request, decided, left: 2, sentAt: request.at, waitedMs: 0, hasWaited: false }, request.at);
  }

  /** No more will come. */
  finish(): void {
    this.#retry(Number.POSITIVE_INFINITY);
  }

  #retry(until: Instant): void {
    for (let due = this.#waiting.take(until); due !== undefined; due = this.#waiting.take(until)) {
      this.#try(due.value, due.at);
    }
  }

  #try(attempt: Attempt, at: Instant): void {
    const { request, decided } = attempt;
    const source = sourceKey(request.address, ONE_CUSTOMER);
    const network = sourceKey(request.address, ONE_NETWORK);
    while (this.#newcomers.take(source, network, request.isFamiliar, at)) {
      attempt.left--;
      attempt.sentAt = at;
      attempt.waitedMs = 0;
      if (attempt.left === 0) return decided(attempt.hasWaited ? 'retried' : 'at-once');
    }
    attempt.hasWaited = true;
    const doubled = attempt.waitedMs === 0 ? T1_MS : 2 * attempt.waitedMs;
    attempt.waitedMs = request.isInvite ? doubled : Math.min(T2_MS, doubled);
    if (at + attempt.waitedMs >= attempt.sentAt + GIVE_UP_MS) return decided('lost');
    this.#waiting.add(at + attempt.waitedMs, attempt);
  }
}
