// What operators do with incidents and maintenance. What may be done is decided in src/incidents; here it is asked for,
// written together with its row of the audit, and refused in words.

import { present } from '../base/assert.ts';
import { type ErrorCode, RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import { withIncident, withMaintenance } from '../incidents/incidents.ts';
import type { Known, Rules, Step } from '../incidents/known.ts';
import { cancel, change, end, schedule } from '../incidents/maintenance.ts';
import {
  openIncident,
  type Refusal,
  updateIncident,
  withPostMortem,
  withTitle,
} from '../incidents/operator.ts';
import type { Incident, Maintenance } from '../ports/incidents.ts';
import type { PeriodPlace, PeriodsQuery, Store, StoreWrite } from '../ports/store.ts';
import { type Audit, authorBy } from './audit.ts';
import { existing, invalid, mustFit, validated } from './demands.ts';
import {
  type MaintenanceChangeInput,
  type MaintenanceEndInput,
  type MaintenanceInput,
  type OpeningInput,
  openingInput,
  type PostMortemInput,
  postMortemInput,
  type TitleInput,
  titleInput,
  type UpdateInput,
  updateInput,
} from './incident-wire.ts';

/** What comes of something, and what is written with it. */
export interface Decided {
  readonly step: Step;
  readonly also: readonly StoreWrite[];
}

/** Whoever keeps incidents: one thing is decided after the other, on what is known then. */
export interface IncidentDesk {
  readonly rules: Rules;
  /** Resolves when it is written; rejects, and nothing happened, where it cannot be. */
  change(decide: (known: Known, now: Instant) => Promise<Decided>): Promise<void>;
}

export interface IncidentsOptions {
  readonly desk: IncidentDesk;
  readonly store: Pick<Store, 'incident' | 'incidents' | 'oneMaintenance' | 'maintenance'>;
  readonly audit: Audit;
}

export interface PeriodsAsked {
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly cursor?: string | undefined;
  readonly open?: boolean | undefined;
}

const LISTED = 50;
/** Of the audit: it is no account's. */
const NOBODYS = '';

export class Incidents {
  readonly #options: IncidentsOptions;

  constructor(options: IncidentsOptions) {
    this.#options = options;
  }

  /** Newest first. */
  async list(asked: PeriodsAsked) {
    const { store } = this.#options;
    const { found, ...next } = await pageOf(
      asked,
      (query) => store.incidents(query),
      ({ openedAt }) => openedAt,
    );
    return { incidents: found, ...next };
  }

  async get(id: string): Promise<Incident> {
    return existing(await this.#options.store.incident(id), `incident ${id}`);
  }

  open(input: OpeningInput, by: string): Promise<Incident> {
    const asked = oneText(validated(openingInput, input));
    return this.#change(by, async (known, rules, now) => {
      const opened = granted(openIncident(known, asked, rules, now));
      return [opened, `incident ${opened.id} opened: ${opened.title}`];
    });
  }

  update(id: string, input: UpdateInput, by: string): Promise<Incident> {
    const asked = oneText(validated(updateInput, input));
    return this.#change(by, async (known, rules, now) => {
      const updated = granted(updateIncident(known, await this.#one(known, id), asked, rules, now));
      const phase = present(updated.updates.at(-1), 'the update').phase;
      return [updated, `incident ${id}: ${phase}`];
    });
  }

  retitle(id: string, input: TitleInput, by: string): Promise<Incident> {
    const { title } = validated(titleInput, input);
    return this.#change(by, async (known) => {
      return [withTitle(await this.#one(known, id), title), `incident ${id} is called: ${title}`];
    });
  }

  /** Sets it, or puts another in its place. */
  postMortem(id: string, input: PostMortemInput, by: string): Promise<Incident> {
    const { text } = validated(postMortemInput, input);
    return this.#change(by, async (known, _rules, now) => {
      const told = granted(withPostMortem(await this.#one(known, id), text, now));
      return [told, `incident ${id}: post-mortem`];
    });
  }

  async #one(known: Known, id: string): Promise<Incident> {
    return known.incidents.find((one) => one.id === id) ?? this.get(id);
  }

  async #change(
    by: string,
    decide: (known: Known, rules: Rules, now: Instant) => Promise<readonly [Incident, what: string]>,
  ): Promise<Incident> {
    const { desk, audit } = this.#options;
    let made: Incident | undefined;
    await desk.change(async (known, now) => {
      const [incident, what] = await decide(known, desk.rules, now);
      made = incident;
      const step = withIncident(known, incident, desk.rules, now);
      return { step, also: [audit.row(NOBODYS, authorBy(by), what)] };
    });
    return present(made, 'the incident');
  }
}

export interface MaintenanceOptions extends IncidentsOptions {
  /** A node that only watches has none whose contacts it could remind. */
  readonly hasAccounts: boolean;
}

/** What it is asked has been checked by its schemas, which read times. */
export class MaintenancePlans {
  readonly #options: MaintenanceOptions;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  /** The one that begins last first. */
  async list(asked: PeriodsAsked) {
    const { store } = this.#options;
    const { found, ...next } = await pageOf(
      asked,
      (query) => store.maintenance(query),
      ({ from }) => from,
    );
    return { maintenance: found, ...next };
  }

  async get(id: string): Promise<Maintenance> {
    return existing(await this.#options.store.oneMaintenance(id), `maintenance ${id}`);
  }

  async schedule(
    { notify = false, text = '', ...asked }: MaintenanceInput,
    by: string,
  ): Promise<Maintenance> {
    this.#mustReach(notify);
    return this.#change(by, async (known, rules, now) => {
      const made = granted(schedule(known, { ...asked, text, notify }, rules, now));
      return [made, `maintenance ${made.id} scheduled: ${made.title}`];
    });
  }

  async change(id: string, asked: MaintenanceChangeInput, by: string): Promise<Maintenance> {
    this.#mustReach(asked.notify === true);
    return this.#change(by, async (known, rules, now) => {
      const changed = granted(change(await this.#one(known, id), asked, rules, now));
      return [changed, `maintenance ${id} changed`];
    });
  }

  cancel(id: string, { text }: MaintenanceEndInput, by: string): Promise<Maintenance> {
    return this.#change(by, async (known, _rules, now) => {
      return [granted(cancel(await this.#one(known, id), text, now)), `maintenance ${id} cancelled`];
    });
  }

  end(id: string, { text }: MaintenanceEndInput, by: string): Promise<Maintenance> {
    return this.#change(by, async (known, _rules, now) => {
      return [granted(end(await this.#one(known, id), text, now)), `maintenance ${id} ended`];
    });
  }

  #mustReach(notify: boolean): void {
    if (!notify || this.#options.hasAccounts) return;
    const reason = 'cannot be done by a node that only watches (node.roles): it has no accounts to remind';
    throw invalid([{ path: ['notify'], reason }]);
  }

  async #one(known: Known, id: string): Promise<Maintenance> {
    return known.maintenance.find((one) => one.id === id) ?? this.get(id);
  }

  async #change(
    by: string,
    decide: (known: Known, rules: Rules, now: Instant) => Promise<readonly [Maintenance, what: string]>,
  ): Promise<Maintenance> {
    const { desk, audit } = this.#options;
    let made: Maintenance | undefined;
    await desk.change(async (known, now) => {
      const [maintenance, what] = await decide(known, desk.rules, now);
      const step = withMaintenance(known, maintenance, desk.rules, now);
      // A reminder may have been due at once.
      made = step.maintenance.find(({ id }) => id === maintenance.id) ?? maintenance;
      return { step, also: [audit.row(NOBODYS, authorBy(by), what)] };
    });
    return present(made, 'the maintenance');
  }
}

/** `next` where there are more: of the last one by time, and by id among equals; whoever gets it need not know. */
async function pageOf<Period extends { readonly id: string }>(
  { limit = LISTED, cursor, open }: PeriodsAsked,
  read: (query: PeriodsQuery) => Promise<readonly Period[]>,
  timeOf: (period: Period) => Instant,
): Promise<{ readonly found: readonly Period[]; readonly next?: string }> {
  mustFit(limit, LIMITS.incidentsPageMax);
  const query = { limit, ...(open !== undefined && { open }) };
  const found = await read(cursor === undefined ? query : { ...query, before: placeOf(cursor) });
  const last = found.at(-1);
  if (found.length < limit || last === undefined) return { found };
  const place = { at: timeOf(last), id: last.id };
  const more = await read({ ...query, limit: 1, before: place });
  return more.length === 0 ? { found } : { found, next: `${place.at}_${place.id}` };
}

function placeOf(next: string): PeriodPlace {
  const [, at, id] = /^(\d+(?:\.\d+)?)_(.+)$/.exec(next) ?? [];
  if (at === undefined || id === undefined)
    throw invalid([{ path: ['cursor'], reason: "is not an earlier page's next" }]);
  return { at: Number(at), id };
}

/** Throws INVALID_INPUT unless there is either a text or a template. */
function oneText<
  Asked extends { readonly text?: string | undefined; readonly template?: string | undefined },
>(asked: Asked): Asked {
  if ((asked.text === undefined) !== (asked.template === undefined)) return asked;
  throw invalid([{ path: [], reason: 'needs exactly one of text and template' }]);
}

const CODES: Readonly<Record<Refusal['why'], ErrorCode>> = {
  unknown: 'NOT_FOUND',
  conflict: 'CONFLICT',
  limit: 'LIMIT_REACHED',
};

function granted<T>(outcome: Result<T, Refusal>): T {
  if (outcome.ok) return outcome.value;
  throw new RingthroughError(CODES[outcome.error.why], outcome.error.text);
}
