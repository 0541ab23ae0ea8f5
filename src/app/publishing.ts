// Keeps the status page published: renders it on each change, though not more often than once a second, and every
// minute whatever happens; and brings each edition to every target, each on its own. One that is dead, slow or full
// delays no other, and when it is back it is brought the newest edition, not all those that it missed.
//
//   change ─┐                      ┌─▶ the node's own listener (reads `edition`)
//   minute ─┴─▶ render ─▶ edition ─┼─▶ Delivery ─▶ folder
//                                  └─▶ Delivery ─▶ rsync, S3: tried again after 5 s, 10 s … 5 min, sooner with news

import type { PublishingView, TargetView } from '../admin/status.ts';
import { LIMITS } from '../base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { PublishTarget } from '../ports/publishing.ts';
import type { Random } from '../ports/random.ts';
import type { PageFile } from '../status-page/view.ts';
import { changesOf, type Edition, editionOf } from './editions.ts';
import { Trouble } from './trouble.ts';

export interface PublishingOptions {
  readonly render: (now: Instant) => Promise<readonly PageFile[]>;
  readonly targets: readonly PublishTarget[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const RETRY_MS = 5 * SECOND_MS;
const RETRY_LONGEST_MS = 5 * MINUTE_MS;

export class Publishing {
  readonly #options: PublishingOptions;
  readonly #deliveries: readonly Delivery[];
  #edition: Edition | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rendering: Promise<void> | undefined;
  #changed = false;
  #beganAt: Instant = Number.NEGATIVE_INFINITY;
  #renderMs: number | undefined;
  #renders = 0;
  #failures = 0;
  readonly #trouble: Trouble;
  #open = true;

  constructor(options: PublishingOptions) {
    this.#options = options;
    const { log } = options;
    this.#trouble = new Trouble(
      (reason) => log.error('the status page cannot be rendered', { reason }),
      () => log.info('the status page is rendered again'),
    );
    this.#deliveries = options.targets.map((target) => new Delivery(target, options));
  }

  get edition(): Edition | undefined {
    return this.#edition;
  }

  begin(): void {
    this.changed();
  }

  /** Something that the page shows is different now. */
  readonly changed = (): void => {
    this.#changed = true;
    this.#arm();
  };

  view(): PublishingView {
    return {
      renderedAt: this.#edition?.at,
      renderMs: this.#renderMs,
      renders: this.#renders,
      failures: this.#failures,
      failing: this.#trouble.reason,
      targets: this.#deliveries.map((delivery) => delivery.view()),
    };
  }

  /** Lets no push go on: whoever has half of it is brought all of it by the next start. */
  async close(): Promise<void> {
    this.#open = false;
    clearTimeout(this.#timer);
    await this.#rendering;
    await Promise.all(this.#deliveries.map((delivery) => delivery.close()));
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (!this.#open || this.#rendering !== undefined) return;
    const sinceMs = this.#options.clock.now() - this.#beganAt;
    const waitMs = (this.#changed ? LIMITS.pageRenderGapMs : MINUTE_MS) - sinceMs;
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, waitMs));
    this.#timer.unref();
  }

  #begin(): void {
    const isNews = this.#changed;
    this.#changed = false;
    this.#rendering = this.#render(isNews).finally(() => {
      this.#rendering = undefined;
      this.#arm();
    });
  }

  async #render(isNews: boolean): Promise<void> {
    const { clock, render } = this.#options;
    const now = clock.now();
    this.#beganAt = now;
    try {
      const startedMs = performance.now();
      const files = await render(now);
      this.#renderMs = performance.now() - startedMs;
      this.#edition = await editionOf(now, files, this.#edition);
    } catch (error) {
      this.#failures += 1;
      this.#trouble.now(reasonOf(error));
      return;
    }
    this.#trouble.now(undefined);
    this.#renders += 1;
    for (const delivery of this.#deliveries) delivery.bring(this.#edition, isNews);
  }
}

/** One target, and what it has. */
class Delivery {
  readonly #target: PublishTarget;
  readonly #options: PublishingOptions;
  readonly #closing = new AbortController();
  /** Digests by path; an empty one where a push has failed, and any may be there. */
  #has: ReadonlyMap<string, string> = new Map();
  #newest: Edition | undefined;
  /** Something has changed since the last attempt began. */
  #hasNews = false;
  #brought: Edition | undefined;
  #pushing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryAt: Instant = 0;
  #triedAt: Instant = 0;
  #succeededAt: Instant | undefined;
  #pushes = 0;
  #failures = 0;
  #inARow = 0;
  readonly #trouble: Trouble;

  constructor(target: PublishTarget, options: PublishingOptions) {
    this.#target = target;
    this.#options = options;
    const { log } = options;
    const where = { target: target.name };
    this.#trouble = new Trouble(
      (reason) => log.warn('the status page cannot be brought to a target', { ...where, reason }),
      () => log.info('the status page is brought to a target again', where),
    );
  }

  bring(edition: Edition, isNews: boolean): void {
    this.#newest = edition;
    this.#hasNews ||= isNews;
    // While it fails, the wait for the next attempt holds, however many editions there are. News wait no longer than
    // the first time: the target may be back, with a page that is young enough to be green.
    if (this.#retry === undefined) this.#work();
    else if (isNews) this.#retryBy(this.#triedAt + RETRY_MS);
  }

  view(): TargetView {
    return {
      name: this.#target.name,
      succeededAt: this.#succeededAt,
      pushes: this.#pushes,
      failures: this.#failures,
      failing: this.#trouble.reason,
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#retry);
    await this.#pushing;
  }

  #work(): void {
    const edition = this.#newest;
    if (this.#pushing !== undefined || edition === undefined || edition === this.#brought) return;
    if (this.#closing.signal.aborted) return;
    this.#pushing = this.#push(edition).finally(() => {
      this.#pushing = undefined;
      if (this.#trouble.reason === undefined) this.#work();
      else this.#later();
    });
  }

  async #push(edition: Edition): Promise<void> {
    const { clock } = this.#options;
    const target = this.#target;
    this.#triedAt = clock.now();
    this.#hasNews = false;
    const limit = AbortSignal.timeout(LIMITS.pagePushMs);
    const changes = changesOf(edition, this.#has);
    try {
      await target.push(changes, AbortSignal.any([this.#closing.signal, limit]));
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const reason = limit.aborted ? `took longer than ${LIMITS.pagePushMs / SECOND_MS} s` : reasonOf(error);
      this.#trouble.now(reason);
      this.#failures += 1;
      this.#inARow += 1;
      // Some of it may have arrived: what of these it has now is not known.
      const doubtful = [...changes.changed.map(({ path }) => path), ...changes.removed];
      this.#has = new Map([...this.#has, ...doubtful.map((path) => [path, ''] as const)]);
      return;
    }
    this.#trouble.now(undefined);
    this.#inARow = 0;
    this.#pushes += 1;
    this.#brought = edition;
    this.#succeededAt = clock.now();
    this.#has = new Map([...edition.files].map(([path, { digest }]) => [path, digest]));
  }

  #later(): void {
    if (this.#closing.signal.aborted) return;
    const doubledMs = Math.min(RETRY_LONGEST_MS, RETRY_MS * 2 ** (this.#inARow - 1));
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#retryBy(this.#options.clock.now() + doubledMs * (0.75 + this.#options.random.fraction() / 2));
    if (this.#hasNews) this.#retryBy(this.#triedAt + RETRY_MS);
  }

  #retryBy(at: Instant): void {
    if (at >= this.#retryAt) return;
    clearTimeout(this.#retry);
    this.#retryAt = at;
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        this.#work();
      },
      Math.max(0, at - this.#options.clock.now()),
    );
    this.#retry.unref();
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
