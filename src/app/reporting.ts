// Brings this watcher's results to other nodes that judge by them. What cannot be delivered is not kept: the next
// result is a few seconds away, and an old one counts for nothing.

import { LIMITS } from '../base/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Reports } from '../ports/reports.ts';
import type { SignedResult } from '../watch/result.ts';

export interface ReportingOptions {
  /** Where their APIs are. */
  readonly nodes: readonly string[];
  readonly reports: Reports;
  readonly clock: Clock;
  readonly log: Log;
}

interface Destination {
  readonly node: string;
  waiting: SignedResult[];
  isUnderWay: boolean;
  /** What went wrong last; told when it changes. */
  trouble: string | undefined;
}

const RESULTS_PATH = '/v1/watch/results';

export class Reporting {
  readonly #options: ReportingOptions;
  readonly #destinations: readonly Destination[];
  readonly #closing = new AbortController();

  constructor(options: ReportingOptions) {
    this.#options = options;
    this.#destinations = options.nodes.map((node) => {
      return { node, waiting: [], isUnderWay: false, trouble: undefined };
    });
  }

  add(result: SignedResult): void {
    for (const destination of this.#destinations) {
      destination.waiting = [...destination.waiting, result].slice(-LIMITS.resultsWaitingMax);
      void this.#deliver(destination);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  /** One request at a time, with all that has come meanwhile. */
  async #deliver(destination: Destination): Promise<void> {
    if (destination.isUnderWay) return;
    destination.isUnderWay = true;
    while (destination.waiting.length > 0 && !this.#closing.signal.aborted) {
      const oldest = this.#options.clock.now() - LIMITS.resultAgeMaxMs;
      const results = destination.waiting.filter(({ at }) => at >= oldest);
      destination.waiting = [];
      if (results.length === 0) break;
      const { node } = destination;
      const body = JSON.stringify({ results });
      const answer = await this.#options.reports.send(node, RESULTS_PATH, body, this.#closing.signal);
      if (!this.#closing.signal.aborted)
        this.#tell(destination, answer.ok ? refusedIn(answer.value) : answer.error);
    }
    destination.isUnderWay = false;
  }

  #tell(destination: Destination, trouble: string | undefined): void {
    if (trouble === destination.trouble) return;
    destination.trouble = trouble;
    const { node } = destination;
    if (trouble === undefined) this.#options.log.info('results of probes are taken again', { node });
    else this.#options.log.warn('results of probes are not taken', { node, reason: trouble });
  }
}

/** Why the other node does not count what it was brought: a clock that is wrong, a probe that it does not know. */
function refusedIn(answer: string): string | undefined {
  try {
    const { refused } = JSON.parse(answer) as { refused?: readonly { readonly why?: unknown }[] };
    const [first] = refused ?? [];
    return first === undefined ? undefined : `refused: ${String(first.why).slice(0, LIMITS.probeReasonMax)}`;
  } catch {
    return 'what answers is no Ringthrough node';
  }
}
