// Keeps incidents and maintenance: what the judge says and what operators ask for is decided one after the other,
// written, and told once it is durable, so that a crash takes nothing back that anybody has read. What cannot be
// written is tried again; what is shown of a component follows the probes at once, whatever the store does.
//
//   Judgement ─ changes ─▶ ShownStates ─▶ whoever listens          timer, operators
//                  └──────▶ waiting ─▶ one lane: decide ─▶ store ─▶ known ─▶ ShownStates, whoever listens

import type { Decided, IncidentDesk } from '../admin/incidents.ts';
import type { JudgedStatus, StatusView } from '../admin/status.ts';
import { messageOf } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, type Instant, SECOND_MS } from '../base/time.ts';
import { nextDeadline, observed } from '../incidents/incidents.ts';
import { type Known, knownFrom, type Rules, type Step } from '../incidents/known.ts';
import { ShownStates } from '../incidents/shown.ts';
import { maintenanceNotices } from '../notices/compose.ts';
import type { Clock } from '../ports/clock.ts';
import type { Maintenance } from '../ports/incidents.ts';
import type { Log } from '../ports/log.ts';
import type { Notice } from '../ports/records.ts';
import { isWorse, type ShownChange, type State, type StateChange, worst } from '../ports/status.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { Trouble } from './trouble.ts';

export interface IncidentKeepingOptions {
  /** Whose notices are delivered. */
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: Rules;
}

export interface IncidentListeners {
  /** What is shown of components, as soon as it is. */
  readonly shown?: (changes: readonly ShownChange[]) => void;
  /** Incidents and maintenance that changed, when that is written. */
  readonly written?: (step: Pick<Step, 'incidents' | 'maintenance'>) => void;
}

const RETRY_MS = 2 * SECOND_MS;
/** However far ahead the next deadline is: no timer goes further than 24 days. */
const LOOK_AGAIN_MS = DAY_MS;

export class IncidentKeeping implements IncidentDesk {
  readonly rules: Rules;
  readonly #options: IncidentKeepingOptions;
  readonly #listeners = new Set<IncidentListeners>();
  readonly #shown: ShownStates;
  #known: Known;
  #waiting: readonly StateChange[] = [];
  #judge = () => {};
  #lane: Promise<unknown> = Promise.resolve();
  #isLooking = false;
  readonly #trouble: Trouble;
  /** When what time brings was last worked out. */
  #lookedAt: Instant;
  #timer: NodeJS.Timeout | undefined;
  #open = true;

  private constructor(options: IncidentKeepingOptions, known: Known) {
    const now = options.clock.now();
    this.#options = options;
    this.rules = options.rules;
    this.#known = known;
    this.#lookedAt = now;
    const { log } = options;
    this.#trouble = new Trouble(
      (reason) => log.error('incidents cannot be written', { reason }),
      () => log.info('incidents can be written again'),
    );
    const names = options.rules.components.map(({ name }) => name);
    this.#shown = new ShownStates(names, now);
    this.#shown.declared(known, now);
  }

  /** Goes on with what is open in the store. */
  static async open(options: IncidentKeepingOptions): Promise<IncidentKeeping> {
    const { store, rules, clock } = options;
    const limit = LIMITS.incidentsPageMax;
    const [incidents, maintenance, lately, planned] = await Promise.all([
      store.incidents({ limit, open: true }),
      store.maintenance({ limit, open: true }),
      store.incidents({ limit }),
      store.maintenance({ limit }),
    ]);
    const ids = [...incidents, ...lately, ...maintenance, ...planned].map(({ id }) => id);
    return new IncidentKeeping(options, knownFrom({ incidents, maintenance, ids }, rules, clock.now()));
  }

  listen(listeners: IncidentListeners): void {
    this.#listeners.add(listeners);
  }

  /**
   * `present`: what the judge begins with. What time has brought while nobody was there comes first. `judge` has it tell
   * what it would have said by now: no incident is over because the timer of the judge was the later one of two.
   */
  begin(
    present: readonly { readonly name: string; readonly state: State; readonly since: Instant }[],
    judge = () => {},
  ): void {
    this.#judge = judge;
    const at = this.#now();
    const known = present.filter(({ state }) => state !== 'unknown');
    this.#hear(
      known.map(({ name, state, since }) => ({ component: name, from: 'unknown', to: state, at, since })),
    );
    this.#look();
  }

  readonly judged = (changes: readonly StateChange[]): void => {
    this.#hear(changes);
    if (changes.length > 0) this.#look();
  };

  /** Why what probes or time brought is not written yet, where that was tried. */
  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  /** With what is shown beside what the probes say. It is never better: their word counts also where ours is late. */
  statusOf(judged: JudgedStatus): StatusView {
    const components = judged.components.map((component) => {
      const { name, state, since } = component;
      const shown = this.#shown.of(name);
      const isTrue = shown !== undefined && !isWorse(state, shown.state);
      return isTrue
        ? { ...component, shown: shown.state, shownSince: shown.since }
        : { ...component, shown: state, shownSince: since };
    });
    return { ...judged, components, shown: worst(components.map(({ shown }) => shown)) ?? 'unknown' };
  }

  async change(decide: (known: Known, now: Instant) => Promise<Decided>): Promise<void> {
    const done = this.#lane.then(async () => {
      // On what the probes have said until now, not on what they said before.
      await this.#observe();
      const { step, also } = await decide(this.#known, this.#now());
      await this.#keep(step, also);
    });
    this.#lane = done.catch(() => undefined);
    await done.finally(() => this.#arm());
  }

  /** What waits for the store is given up: it is seen again at the next start. */
  async close(): Promise<void> {
    this.#open = false;
    clearTimeout(this.#timer);
    await this.#lane;
  }

  /** Told last: whoever is told may look at the judge, who then comes back with what is later. */
  #hear(changes: readonly StateChange[]): void {
    this.#wait(changes);
    const shown = changes.flatMap(({ component, to, at, since = at }) =>
      this.#shown.said(component, to, since),
    );
    this.#tell(shown);
  }

  /** Over the limit the oldest go, but not the newest of a component: it may be the only word of an outage. */
  #wait(changes: readonly StateChange[]): void {
    const all = [...this.#waiting, ...changes];
    const newest = new Set(new Map(all.map((change) => [change.component, change])).values());
    const excess = Math.max(0, all.length - LIMITS.stateChangesWaitingMax);
    const dropped = new Set(all.filter((change) => !newest.has(change)).slice(0, excess));
    this.#waiting = all.filter((change) => !dropped.has(change));
  }

  /** In its turn; one that waits for it looks at all that came meanwhile. */
  #look(): void {
    if (this.#isLooking || !this.#open) return;
    this.#isLooking = true;
    const looked = this.#lane.then(async () => {
      this.#isLooking = false;
      if (this.#open) await this.#observe();
    });
    const armed = () => this.#arm();
    this.#lane = looked.then(armed, armed);
  }

  async #observe(): Promise<void> {
    this.#judge();
    const changes = this.#waiting;
    this.#lookedAt = this.#now();
    try {
      await this.#keep(observed(this.#known, changes, this.rules, this.#lookedAt), []);
    } catch (error) {
      this.#trouble.now(messageOf(error));
      throw error;
    }
    this.#trouble.now(undefined);
    this.#waiting = this.#waiting.filter((change) => !changes.includes(change));
  }

  async #keep(step: Step, also: readonly StoreWrite[]): Promise<void> {
    const { incidents, maintenance } = step;
    const writes: readonly StoreWrite[] = [
      ...incidents.map((incident) => ({ type: 'incident' as const, incident })),
      ...maintenance.map((one) => ({ type: 'maintenance' as const, maintenance: one })),
      ...this.#prunes(step),
      ...(await this.#notices(step)).map((notice) => ({ type: 'notice' as const, notice })),
      ...also,
    ];
    if (writes.length > 0) await this.#options.store.write(writes);
    this.#adopt(step);
  }

  #adopt(step: Step): void {
    const { incidents, maintenance } = step;
    this.#known = step.known;
    if (incidents.length + maintenance.length === 0) return;
    for (const { id, title, updates } of incidents)
      this.#options.log.info(`incident ${id}: ${updates.at(-1)?.phase ?? ''}`, { incident: id, title });
    for (const { id, title, state } of maintenance)
      this.#options.log.info(`maintenance ${id}: ${state}`, { maintenance: id, title });
    this.#tell(this.#shown.declared(step.known, this.#now()));
    for (const { written } of this.#listeners) written?.({ incidents, maintenance });
  }

  #tell(changes: readonly ShownChange[]): void {
    if (changes.length > 0) for (const { shown } of this.#listeners) shown?.(changes);
  }

  /** Where there is one more than before. */
  #prunes({ known }: Step): readonly StoreWrite[] {
    const kept = LIMITS.incidentsKeptMax;
    const incident = known.lastIncident !== this.#known.lastIncident;
    const maintenance = known.lastMaintenance !== this.#known.lastMaintenance;
    return [
      ...(incident ? [{ type: 'incidents-pruned' as const, kept }] : []),
      ...(maintenance ? [{ type: 'maintenance-pruned' as const, kept }] : []),
    ];
  }

  /** Of reminders, in the batch that says that they were sent: a crash sends none of them twice. */
  async #notices({ remind }: Step): Promise<readonly Notice[]> {
    const asked = remind.filter(({ notify }) => notify === true);
    if (asked.length === 0) return [];
    const accounts = await this.#options.store.accounts();
    const at = this.#now();
    const all = asked.flatMap((one) =>
      accounts.flatMap((account) =>
        maintenanceNotices(account, one, { at, newId: idsOf(one, account.name) }),
      ),
    );
    const sent = all.slice(0, LIMITS.reminderNoticesMax);
    if (sent.length < all.length)
      this.#options.log.error('too many to remind of maintenance', { notSent: all.length - sent.length });
    return sent;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (!this.#open) return;
    const now = this.#now();
    // What has become due since it was looked at is looked at now: a timer may be early, and the clock goes on.
    const next =
      this.#trouble.reason === undefined
        ? nextDeadline(this.#known, this.rules, this.#lookedAt)
        : now + RETRY_MS;
    if (next === undefined) return;
    const waitMs = Math.min(LOOK_AGAIN_MS, Math.max(0, next - now));
    this.#timer = setTimeout(() => this.#look(), waitMs);
    this.#timer.unref();
  }

  #now(): Instant {
    return this.#options.clock.now();
  }
}

/** The same batch written again makes the same rows. */
function idsOf({ id, reminders }: Maintenance, account: string): () => string {
  const which = reminders.filter(({ sent }) => sent).length;
  let count = 0;
  return () => `${id}-${which}-${account}-${count++}`;
}
