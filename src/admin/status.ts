// The state of the service, for people and for the status page: as probes tell it, which is made of results alone, and
// as it is shown, which people may make worse and never better (law 5).

import type { Instant } from '../base/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { ShownState, State } from '../ports/status.ts';
import type { WrongClock } from '../watch/clocks.ts';
import type { ComponentView } from '../watch/judgement.ts';
import type { SignedResult } from '../watch/result.ts';

/** What the judge says. */
export interface JudgedStatus {
  readonly at: Instant;
  /** The worst of all components; `unknown` where there are none. */
  readonly state: State;
  /** This node, where it watches, and the key by which others know it. */
  readonly watcher?: { readonly name: string; readonly publicKey: string } | undefined;
  readonly components: readonly ComponentView[];
  /** Of watchers whose clock and ours disagree. */
  readonly clocks: readonly WrongClock[];
  /** Results that did not count, since the start. */
  readonly refused: readonly RefusedCount[];
}

/** How the status page is doing: when it was last rendered, and what reached each target. */
export interface PublishingView {
  /** Where the node itself serves it, if it does. */
  readonly url?: string | undefined;
  readonly renderedAt?: Instant | undefined;
  /** Of the last one. */
  readonly renderMs?: number | undefined;
  readonly renders: number;
  readonly failures: number;
  /** Why the last one failed; absent while it goes well. */
  readonly failing?: string | undefined;
  readonly targets: readonly TargetView[];
}

export interface TargetView {
  readonly name: string;
  /** When it last had the newest edition of its time. */
  readonly succeededAt?: Instant | undefined;
  readonly pushes: number;
  readonly failures: number;
  readonly failing?: string | undefined;
}

export interface ShownComponent extends ComponentView {
  readonly shown: ShownState;
  readonly shownSince: Instant;
}

/** With what is shown: what operators declare and maintenance count, too. */
export interface StatusView extends JudgedStatus {
  /** The worst that is shown. */
  readonly shown: ShownState;
  readonly components: readonly ShownComponent[];
}

export interface RefusedCount {
  readonly watcher: string;
  readonly why: string;
  readonly count: number;
}

export interface ReportAnswer {
  readonly accepted: number;
  /** By place in the request. */
  readonly refused: readonly { readonly index: number; readonly why: string }[];
}

/** Whoever publishes the page; absent where there is none. */
export type PublishingDesk = () => PublishingView | undefined;

/** Whoever judges, and shows it. */
export interface StatusDesk {
  status(): StatusView;
  /** Whether it is signed by a watcher that is known. Nothing comes of it. */
  knows(result: SignedResult): boolean;
  /** Results of another watcher; `undefined` where one of them is nobody's that is known. */
  report(results: readonly SignedResult[]): ReportAnswer | undefined;
}

/** What a node without `watch` says: nothing is watched, so nothing is known. */
export function unwatched(clock: Clock): StatusDesk {
  return {
    status: () => ({
      at: clock.now(),
      state: 'unknown',
      shown: 'unknown',
      components: [],
      clocks: [],
      refused: [],
    }),
    knows: () => false,
    report: () => undefined,
  };
}
