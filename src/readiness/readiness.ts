// How ready a number is for the day on which its site is lost: seven checks, each with what is wrong in plain words and
// what to do about it, and a score for those who look after many numbers.
//
// What is judged is the loss of the customer's site. When this node itself is lost, no plan of it holds.

import { assertNever } from '../base/assert.ts';
import { DAY_MS, type Instant } from '../base/time.ts';
import type { E164, PlanRehearsal } from '../ports/records.ts';
import { dialledBy, hoursOf, type OwnNumber, type Surroundings, survival } from './survival.ts';
import { momentsOf } from './week.ts';

/** What each check counts for; of those that apply, the score is the share that was passed. */
export const WEIGHTS = {
  'survives-site': 30,
  'mobile-confirmed': 20,
  'no-loop': 15,
  'two-carriers': 10,
  'control-pin': 10,
  contacts: 5,
  rehearsed: 10,
} as const;

export type CheckName = keyof typeof WEIGHTS;

/** How long a confirmation or a rehearsal is worth something. */
export const FRESH_MS = 90 * DAY_MS;

export interface Finding {
  readonly check: CheckName;
  readonly result: 'passed' | 'failed' | 'not-applicable';
  /** A sentence without its full stop. */
  readonly text: string;
  /** Where it failed: a command or a setting. */
  readonly todo?: string;
}

export interface Readiness {
  readonly number: E164;
  readonly account: string;
  /** 0 to 100. */
  readonly score: number;
  /** One for each check, in the order of WEIGHTS. */
  readonly findings: readonly Finding[];
}

export interface Carriage {
  readonly name: string;
  readonly carrier: string;
  readonly outbound: boolean;
  readonly health: 'up' | 'down' | 'unknown';
}

export interface Examined extends Surroundings {
  readonly number: OwnNumber;
  readonly trunks: readonly Carriage[];
  /** The last one. */
  readonly rehearsal: PlanRehearsal | undefined;
  /** Some number or code of this node runs accounts by telephone. */
  readonly hasControlNumber: boolean;
  /** Calls that are sent there come back to the number. */
  comesBack(to: E164): boolean;
}

type Found = Omit<Finding, 'check'>;

export function readinessOf(examined: Examined, now: Instant): Readiness {
  const findings = (Object.keys(WEIGHTS) as CheckName[]).map((check) => {
    return { check, ...judge(check, examined, now) };
  });
  const { record, account } = examined.number;
  return { number: record.number, account: account.name, score: scoreOf(findings), findings };
}

function scoreOf(findings: readonly Finding[]): number {
  const sum = (counted: readonly Finding[]) => {
    return counted.reduce((total, { check }) => total + WEIGHTS[check], 0);
  };
  const applicable = sum(findings.filter(({ result }) => result !== 'not-applicable'));
  const passed = sum(findings.filter(({ result }) => result === 'passed'));
  // Only a number that passes everything has 100.
  return Math.floor((100 * passed) / applicable);
}

function judge(check: CheckName, examined: Examined, now: Instant): Found {
  switch (check) {
    case 'survives-site':
      return survivesSite(examined, now);
    case 'mobile-confirmed':
      return mobileConfirmed(examined, now);
    case 'no-loop':
      return noLoop(examined);
    case 'two-carriers':
      return twoCarriers(examined);
    case 'control-pin':
      return controlPin(examined);
    case 'contacts':
      return contacts(examined);
    case 'rehearsed':
      return rehearsed(examined, now);
    default:
      return assertNever(check);
  }
}

function survivesSite({ number, ...around }: Examined, now: Instant): Found {
  const { account, steps, record } = number;
  const names = hoursOf(steps, account.menus ?? []);
  const moments = momentsOf(
    account.hours.filter(({ name }) => names.has(name)),
    now,
  );
  const bys = new Set<string>();
  for (const { words, open } of moments) {
    const found = survival(number, open, around);
    if (!found.survives) {
      const when = words === 'now' ? '' : `, ${words}`;
      const mobile = `ringthrough divert set ${record.number} MOBILE --when unreachable`;
      return failed(
        `when the phones are gone, callers ${found.why}${when}`,
        `end its plan in a mobile or a voicemail that is there at any hour, or: ${mobile}`,
      );
    }
    bys.add(found.by);
  }
  return passed(`when the phones are gone, callers reach ${[...bys].join(' or ')}`);
}

/** The telephones that calls are sent to, or where there are none, those that they may be sent to. */
function mobileConfirmed(examined: Examined, now: Instant): Found {
  const { account, record, steps } = examined.number;
  const dialled = dialledBy(steps, account.menus ?? []);
  const outside = dialled.filter((number) => examined.ownNumber(number) === undefined);
  const mobiles = account.control?.mobiles.map(({ number }) => number) ?? [];
  const telephones = outside.length > 0 ? outside : mobiles;
  if (telephones.length === 0) return notApplicable('its calls are sent to no outside telephone');
  const confirmed = telephones.map((number) => ({ number, at: confirmedAt(examined, number) }));
  const stale = confirmed.filter(({ at }) => at === undefined || now - at > FRESH_MS);
  const [first] = stale;
  if (first === undefined) {
    const oldest = Math.min(...confirmed.map(({ at }) => at ?? now));
    return passed(`somebody confirmed at ${telephones.join(' and ')} that calls arrive, ${ago(oldest, now)}`);
  }
  const others = stale.length > 1 ? `, nor at ${stale.length - 1} more` : '';
  const text =
    first.at === undefined
      ? `nobody has ever confirmed at ${first.number} that calls arrive${others}`
      : `nobody has confirmed at ${first.number} that calls arrive since ${ago(first.at, now)}${others}`;
  const todo =
    outside.length > 0
      ? `ringthrough rehearse ${record.number} --dial, and press 1 when it rings`
      : `ringthrough control mobile ${account.name} ${first.number}, once somebody has answered there`;
  return failed(text, todo);
}

function confirmedAt({ number, rehearsal }: Examined, telephone: E164): Instant | undefined {
  const mobile = number.account.control?.mobiles.find((one) => one.number === telephone);
  const heard = rehearsal?.heard.find((one) => one.number === telephone);
  const times = [mobile?.confirmedAt, heard?.at].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}

function noLoop({ number: { account, steps, record }, comesBack }: Examined): Found {
  const looping = dialledBy(steps, account.menus ?? []).find(comesBack);
  if (looping === undefined) return passed('its calls do not come back to it');
  const text =
    looping === record.number
      ? 'its calls are sent to itself'
      : `its calls are sent to ${looping}, which sends them back`;
  return failed(text, `send them elsewhere: its plan, or ringthrough divert clear ${record.number}`);
}

function twoCarriers({ trunks }: Examined): Found {
  const outbound = trunks.filter((trunk) => trunk.outbound);
  const carriers = new Set(outbound.filter(({ health }) => health !== 'down').map(({ carrier }) => carrier));
  if (carriers.size >= 2) return passed(`calls can leave through ${[...carriers].join(' and ')}`);
  const [only] = carriers;
  const down = outbound.filter(({ health }) => health === 'down').map(({ name }) => name);
  const also = down.length === 0 ? '' : `; ${down.join(' and ')} ${down.length === 1 ? 'is' : 'are'} down`;
  return failed(
    only === undefined
      ? `no carrier takes calls now${also}`
      : `calls can leave through ${only} only, and fail with it${also}`,
    'the operator: a trunk of a second carrier with outbound: true (ringthrough.yaml)',
  );
}

function controlPin({ number: { account }, hasControlNumber }: Examined): Found {
  if (account.control === undefined) {
    return failed(
      'it cannot be diverted by telephone',
      `write control: {} into account ${account.name} of the provisioning file, then set a PIN`,
    );
  }
  if (!hasControlNumber) {
    return failed(
      'it cannot be diverted from any telephone: this node answers no control number',
      'the operator: control.numbers (ringthrough.yaml)',
    );
  }
  if (account.control.pin !== undefined) return passed('it can be diverted from any telephone with a PIN');
  return failed(
    'it cannot be diverted from any telephone: there is no PIN',
    `ringthrough control pin ${account.name}`,
  );
}

function contacts({ number: { account } }: Examined): Found {
  const count = account.contacts?.length ?? 0;
  if (count > 0) return passed(`${count} ${count === 1 ? 'contact is' : 'contacts are'} told of changes`);
  return failed(
    'nobody is told when it is diverted',
    `write contacts: [{ email: … }] into account ${account.name} of the provisioning file`,
  );
}

function rehearsed(
  { number: { account, record, steps }, rehearsal, ownNumber }: Examined,
  now: Instant,
): Found {
  const dials = dialledBy(steps, account.menus ?? []).some((number) => ownNumber(number) === undefined);
  const todo = `ringthrough rehearse ${record.number}${dials ? ' --dial' : ''}`;
  if (rehearsal === undefined) return failed('its plan was never rehearsed', todo);
  const when = ago(rehearsal.at, now);
  if (!rehearsal.passed) {
    return failed(`its rehearsal failed ${when}: ${rehearsal.why ?? rehearsal.summary}`, todo);
  }
  if (now - rehearsal.at > FRESH_MS) return failed(`it was rehearsed last ${when}`, todo);
  return passed(`it was rehearsed ${when}`);
}

function ago(at: Instant, now: Instant): string {
  const days = Math.floor((now - at) / DAY_MS);
  if (days < 1) return 'today';
  return days === 1 ? 'a day ago' : `${days} days ago`;
}

function passed(text: string): Found {
  return { result: 'passed', text };
}

function failed(text: string, todo: string): Found {
  return { result: 'failed', text, todo };
}

function notApplicable(text: string): Found {
  return { result: 'not-applicable', text };
}
