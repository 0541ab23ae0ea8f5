// How ready numbers are, page by page: what is stored of them, what the node knows of its trunks and what was rehearsed
// goes into the checks of src/readiness/.

import { LIMITS } from '../base/limits.ts';
import { counted } from '../base/names.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { NodeControl } from '../node/views.ts';
import type { Account, E164, NumberRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { type Readiness, readinessOf } from '../readiness/readiness.ts';
import type { OwnNumber } from '../readiness/survival.ts';
import type { Directory } from '../routing/directory.ts';
import { divertAllowed } from '../routing/divert-classes.ts';
import { stepsOf } from '../routing/plan.ts';
import { comesBack } from '../routing/selfcare.ts';
import { accountIn, mustFit } from './demands.ts';

const PAGE_DEFAULT = 100;

export interface ReadinessRequest {
  readonly account?: string;
  /** Only numbers that fail a check. A page has fewer of them then, or none, and there may still be a next one. */
  readonly failing?: boolean;
  /** Numbers that are looked at for a page. */
  readonly limit?: number;
  /** From an earlier page's `next`. */
  readonly cursor?: string;
}

export interface ReadinessPage {
  readonly at: Instant;
  /** In the order of their digits. */
  readonly numbers: readonly Readiness[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface ReadinessContext {
  readonly directory: Directory;
  readonly store: Pick<Store, 'rehearsals'>;
  readonly node: Pick<NodeControl, 'trunks' | 'diverted'>;
  readonly controlNumbers: readonly E164[];
  readonly now: Instant;
}

export async function readinessPage(
  { account, failing = false, limit = PAGE_DEFAULT, cursor = '' }: ReadinessRequest,
  { directory, store, node, controlNumbers, now }: ReadinessContext,
): Promise<ReadinessPage> {
  mustFit(limit, LIMITS.readinessPageMax);
  const accounts = account === undefined ? directory.accounts : [accountIn(directory, account)];
  const all = accounts.flatMap((owner) => owner.numbers.map((record) => ({ owner, record })));
  const left = all.filter(({ record }) => record.number > cursor);
  left.sort((a, b) => (a.record.number < b.record.number ? -1 : 1));
  const page = left.slice(0, limit);
  const rehearsals = new Map((await store.rehearsals(account)).map((one) => [one.number, one]));
  const around = {
    trunks: node.trunks(),
    hasControlNumber: controlNumbers.length > 0,
    ownNumber: (number: E164) => {
      const found = directory.number(number);
      return found && ownNumber(found.account, found.number, now);
    },
    whyNotDial: (number: E164, owner: Account) => {
      const allowed = divertAllowed(number, owner);
      return allowed.ok ? whyNotDivert(owner, node) : allowed.error;
    },
  };
  const numbers = page.map(({ owner, record }) => {
    const rehearsal = rehearsals.get(record.number);
    const examined = {
      ...around,
      number: ownNumber(owner, record, now),
      rehearsal: rehearsal?.account === owner.name ? rehearsal : undefined,
      comesBack: (to: E164) => comesBack(record.number, to, directory, now),
    };
    return readinessOf(examined, now);
  });
  const wanted = numbers.filter(({ findings }) => {
    return !failing || findings.some(({ result }) => result === 'failed');
  });
  const last = page.at(-1);
  const isMore = left.length > page.length && last !== undefined;
  return { at: now, numbers: wanted, ...(isMore ? { next: last.record.number } : {}) };
}

/** Caps of the account that keep every call of it from being sent on. */
function whyNotDivert({ name, limits }: Account, node: ReadinessContext['node']): string | undefined {
  const { divertedCallsMax, divertedMinutesPerMonth: minutes } = limits;
  if (divertedCallsMax === 0) return 'the account may have no diverted calls';
  if (minutes === undefined) return undefined;
  const { seconds, month } = node.diverted(name);
  const isSpent = seconds * SECOND_MS >= minutes * MINUTE_MS;
  return isSpent ? `the account has used its ${counted(minutes, 'diverted minute')} of ${month}` : undefined;
}

function ownNumber(account: Account, record: NumberRecord, now: Instant): OwnNumber {
  return { account, record, steps: stepsOf(record, now).steps };
}
