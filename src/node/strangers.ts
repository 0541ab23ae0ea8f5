// What is answered to whom we do not know. Over UDP a source can be forged: an answer then hits somebody who never
// asked. So an answer that is sent once, to a sender that has proved nothing, is never much larger than what it
// answers, never larger than a datagram that passes everywhere, and there are only so many a second for one network.
//
// It limits answers and bans nobody (law 2). Carriers, and flows that phones are registered over, have room of their
// own, which nobody takes from them but who forges them exactly; peers whose connection stands are not counted at all;
// and what is not answered is sent again by whoever means it.

import { LIMITS } from '../base/limits.ts';
import { type Flow, flowKey, isStream } from '../base/net.ts';
import { ONE_NETWORK, sourceOf } from '../base/source.ts';
import type { Instant } from '../base/time.ts';
import { TokenBuckets } from '../base/token-buckets.ts';

export interface StrangersOptions {
  /** A phone is registered over this flow, or it is a carrier's. */
  readonly knows: (flow: Flow) => boolean;
  /** 32 bits that nobody can guess. */
  readonly seed: number;
}

const EVERYBODY = 'everybody';

export class Strangers {
  /** Answers that were not sent: too many of them, too large; unreadable requests that got none. */
  readonly counters = { unanswered_too_many: 0, unanswered_too_large: 0, malformed_unanswered: 0 };
  readonly #options: StrangersOptions;
  readonly #answers: TokenBuckets;
  readonly #answersToKnown: TokenBuckets;
  readonly #refusals: TokenBuckets;
  readonly #refusalsOfAll: TokenBuckets;
  readonly #turningAway: TokenBuckets;

  constructor(options: StrangersOptions) {
    this.#options = options;
    const { seed } = options;
    const slots = LIMITS.strangerSlots;
    this.#answers = new TokenBuckets({
      slots,
      seed,
      burst: LIMITS.strangerAnswersBurst,
      perSecond: LIMITS.strangerAnswersPerSecond,
    });
    this.#answersToKnown = new TokenBuckets({
      slots,
      seed,
      burst: LIMITS.knownAnswersBurst,
      perSecond: LIMITS.knownAnswersPerSecond,
    });
    this.#refusals = new TokenBuckets({
      slots,
      seed,
      burst: LIMITS.malformedAnswersBurst,
      perSecond: LIMITS.malformedAnswersPerSecond,
    });
    const turnedAway = LIMITS.turnedAwayPerSecond;
    this.#turningAway = new TokenBuckets({ slots, seed, burst: turnedAway, perSecond: turnedAway });
    const perSecond = LIMITS.malformedAnswersOfAllPerSecond;
    this.#refusalsOfAll = new TokenBuckets({ slots: 1, seed, burst: perSecond, perSecond });
  }

  /** May so many bytes answer what came over this flow, and was so large? */
  mayAnswer(flow: Flow, bytesIn: number, bytesOut: number, now: Instant): boolean {
    if (isStream(flow.transport)) return true;
    const isKnown = this.#options.knows(flow);
    const factor = LIMITS.strangerAmplificationMax;
    if (!isKnown && (bytesOut > factor * bytesIn || bytesOut > LIMITS.strangerAnswerBytesMax)) {
      this.counters.unanswered_too_large++;
      return false;
    }
    const isLeft = isKnown
      ? this.#answersToKnown.take(flowKey(flow), now)
      : this.#answers.take(networkOf(flow), now);
    if (isLeft) return true;
    this.counters.unanswered_too_many++;
    return false;
  }

  /** May a carrier be told that there is no room for its call? */
  mayTurnAway(flow: Flow, now: Instant): boolean {
    return this.#turningAway.take(networkOf(flow), now);
  }

  /** May somebody be told that the message cannot be read? */
  mayRefuse(flow: Flow, now: Instant): boolean {
    const isLeft = this.#refusals.take(networkOf(flow), now) && this.#refusalsOfAll.take(EVERYBODY, now);
    if (!isLeft) this.counters.malformed_unanswered++;
    return isLeft;
  }
}

function networkOf(flow: Flow): string {
  return sourceOf(flow.remote.address, ONE_NETWORK);
}
