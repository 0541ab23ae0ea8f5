// Is this second normal, unusual, or a flood? Two questions, because they mean different things to the one who is
// woken at night.
//
//   unusual   some number is far above its own normal: a lane's REGISTERs, INVITEs, …, sources, wrong passwords
//   hostile   newcomers who prove nothing take much of what the node has for newcomers, or known flows are
//             flooded beyond their budgets
//
// An office that comes back after a power cut is unusual, and not hostile: its phones answer the challenges. A botnet
// has no passwords, and a forged source never even sees the challenge. What counts as much is a share of what the node
// can bear, not a number that anybody set; so a flood is found also by a node that has just begun and knows nothing.

import { LIMITS } from '../../base/limits.ts';
import { type Instant, SECOND_MS } from '../../base/time.ts';
import { LANES, type Lane } from '../../ports/shield.ts';
import { type Belief, Evidence } from './evidence.ts';
import { Normal } from './normal.ts';
import { GROUPS, type Group, offered, ofGroup, type Second } from './second.ts';

/** Of what the node has for newcomers: so much is a trifle, and so much of it unproven is harmless. */
const TRIFLE = 1 / 50;
const HARMLESS = 1 / 16;
/** What is normal may be anything; but what proves nothing was never more than so many times harmless. */
const HARMLESS_TIMES_MOST = 2;
const DISPERSION_MOST = 4;
const HOSTILE_DISPERSION_MOST = 0.5;
/** Tries of one phone before it proves itself: retransmissions, and what was dropped of them. */
const TRIES_OF_A_PHONE = 8;
/** So doubtful at least is who was not let in, whatever those did who were. */
const DOUBT_OF_KEPT_OUT = 1 / 4;
/** What is left after a second of how challenges were answered: about the last five seconds. */
const FADING = 0.8;
/** So late the node answers nobody in time. */
const LATE_MS = 50;
/** Three such seconds in a row are unusual, and as many in time end it. */
const LATE_WEIGHT = 8;
/** What is refused costs next to nothing; but who is flooded by it should know that it goes on. */
const COST_OF_REFUSED = 1 / 8;

export type Subject =
  | { readonly what: 'kind'; readonly lane: Lane; readonly group: Group }
  | { readonly what: 'sources' }
  | { readonly what: 'wrong-passwords' }
  | { readonly what: 'unproven' }
  | { readonly what: 'beyond-budgets' }
  | { readonly what: 'late' };

export interface Finding {
  readonly subject: Subject;
  readonly evidence: number;
  /** Since when it speaks for a flood. */
  readonly since: Instant;
  /** This second's. */
  readonly count: number;
  /** Absent as long as it is not known. */
  readonly normal?: number;
}

export interface Judgement {
  readonly unusual: Finding | undefined;
  readonly hostile: Finding | undefined;
  /** Share of the challenges of the last seconds that users answered rightly; undefined where there were none. */
  readonly provedShare: number | undefined;
}

class Series {
  readonly subject: Subject;
  readonly normal = new Normal();
  readonly evidence: Evidence;
  /** Judged also before anything is known of it. */
  readonly always: boolean;
  count = 0;

  constructor(subject: Subject, belief: Belief, always = false) {
    this.subject = subject;
    this.evidence = new Evidence(belief);
    this.always = always;
  }

  judge(count: number, now: Instant): void {
    this.count = count;
    if (this.always || this.normal.isKnown) this.evidence.add(count, this.normal, now);
  }
}

export class Judge {
  readonly #kinds: readonly Series[];
  readonly #sources: Series;
  readonly #wrong: Series;
  readonly #unproven: Series;
  readonly #beyond: Series;
  readonly #late: Series;
  readonly #unusual: readonly Series[];
  readonly #hostile: readonly Series[];
  /** What has a normal to learn. */
  readonly #learning: readonly Series[];
  /** Faded sums of the last seconds. */
  #challenged = 0;
  #proved = 0;

  /** `newcomersPerSecond`: what the node bears from all newcomers together. */
  constructor(newcomersPerSecond: number) {
    const trifle: Belief = {
      leastMean: newcomersPerSecond * TRIFLE,
      mostMean: Number.POSITIVE_INFINITY,
      dispersionMost: DISPERSION_MOST,
    };
    const harmless: Belief = {
      leastMean: newcomersPerSecond * HARMLESS,
      mostMean: newcomersPerSecond * HARMLESS * HARMLESS_TIMES_MOST,
      dispersionMost: HOSTILE_DISPERSION_MOST,
    };
    const lanes = LANES.filter((lane) => lane !== 'emergency' && lane !== 'refused');
    this.#kinds = lanes.flatMap((lane) =>
      GROUPS.map((group) => new Series({ what: 'kind', lane, group }, trifle)),
    );
    this.#sources = new Series({ what: 'sources' }, trifle);
    this.#wrong = new Series({ what: 'wrong-passwords' }, trifle);
    this.#unproven = new Series({ what: 'unproven' }, harmless, true);
    this.#beyond = new Series({ what: 'beyond-budgets' }, harmless, true);
    this.#late = new Series({ what: 'late' }, trifle);
    this.#unusual = [...this.#kinds, this.#sources, this.#wrong, this.#late];
    this.#hostile = [this.#unproven, this.#beyond];
    this.#learning = [...this.#kinds, this.#sources, this.#wrong, ...this.#hostile];
  }

  judge(second: Second, now: Instant): Judgement {
    this.#challenged = this.#challenged * FADING + second.challenged;
    this.#proved = this.#proved * FADING + second.proved;
    const { lanes } = second;
    for (const series of this.#kinds) series.judge(countOf(series.subject, lanes), now);
    this.#sources.judge(second.sources, now);
    this.#wrong.judge(second.wrong, now);
    this.#unproven.judge(this.#unprovenOf(second), now);
    this.#beyond.judge(lanes.emergency.dropped + lanes.carrier.dropped + lanes.known.dropped, now);
    this.#late.count = second.lateMs;
    this.#late.evidence.weigh(second.lateMs >= LATE_MS ? LATE_WEIGHT : -LATE_WEIGHT, now);
    return {
      unusual: strongest(this.#unusual, now),
      hostile: strongest(this.#hostile, now),
      provedShare: this.#provedShare(),
    };
  }

  /** The second that was judged becomes a part of what is normal. Never of an attack: nobody should get used to it. */
  learn(isCalm: boolean, now: Instant): void {
    for (const series of this.#learning) series.normal.learn(series.count, isCalm, now);
  }

  /** Nothing came from then until now. */
  rest(from: Instant, now: Instant): void {
    const least = now - LIMITS.shieldIdleSecondsMax * SECOND_MS;
    for (let at = Math.max(least, from + SECOND_MS); at < now; at += SECOND_MS) {
      for (const series of this.#learning) series.normal.learn(0, true, at);
    }
  }

  /** The node has seen enough to know what is normal here. */
  get knowsNormal(): boolean {
    return this.#unproven.normal.isKnown;
  }

  /** What is normal for one kind of a lane's packets, a second; undefined as long as it is not known. */
  normalOf(lane: Lane, group: Group, now: Instant): number | undefined {
    const series = this.#kinds.find(
      ({ subject }) => subject.what === 'kind' && subject.lane === lane && subject.group === group,
    );
    return series?.normal.isKnown === true ? series.normal.meanAt(now) : undefined;
  }

  #provedShare(): number | undefined {
    return this.#challenged < 1 ? undefined : Math.min(1, this.#proved / this.#challenged);
  }

  /**
   * Newcomers' packets that no phone explains which proved itself. The share of answered challenges tells of those that
   * were let in, among whom the shares favour phones; of those that were not, it tells little.
   */
  #unprovenOf({ lanes }: Second): number {
    const { newcomer, refused } = lanes;
    const unasked = newcomer.kinds.garbage + newcomer.kinds.response;
    const asked = offered(newcomer) - unasked;
    const ofPhones = this.#proved * (1 - FADING) * TRIES_OF_A_PHONE;
    const unexplained = Math.max(0, asked - ofPhones);
    const keptOut = Math.min(unexplained, newcomer.dropped);
    const doubt = (1 - (this.#provedShare() ?? 0)) ** 2;
    const doubtful = (unexplained - keptOut) * doubt + keptOut * Math.max(DOUBT_OF_KEPT_OUT, doubt);
    return unasked + doubtful + offered(refused) * COST_OF_REFUSED;
  }
}

function countOf(subject: Subject, lanes: Second['lanes']): number {
  return subject.what === 'kind' ? ofGroup(lanes[subject.lane].kinds, subject.group) : 0;
}

function strongest(all: readonly Series[], now: Instant): Finding | undefined {
  let best: Series | undefined;
  for (const series of all) {
    if (series.evidence.sum > (best?.evidence.sum ?? 0)) best = series;
  }
  const since = best?.evidence.since;
  if (best === undefined || since === undefined) return undefined;
  const { subject, count, evidence, normal } = best;
  const known = normal.isKnown ? { normal: normal.meanAt(now) } : {};
  return { subject, count, evidence: evidence.sum, since, ...known };
}
