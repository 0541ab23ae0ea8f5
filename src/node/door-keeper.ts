// What the node has to do with doors: which of them a packet came by, who may come by it, what is opened and closed,
// and whether one has leaked. The decisions are in src/shield; here they meet phones, flows, records and the operator.
//
//   without a kernel   a door is a socket of its own:        flow.local is the door
//   with one           the kernel leads doors to two ports:  flow.local is a side, and the account says which door
//
// So with a kernel it is known which door a flow came by as soon as it is known whose flow it is.

import { LIMITS } from '../base/limits.ts';
import { type Endpoint, type Flow, flowKey, formatEndpoint, isStream } from '../base/net.ts';
import { err, ok, type Result } from '../base/result.ts';
import { earlier, type Instant } from '../base/time.ts';
import type { Random } from '../ports/random.ts';
import type { Account, Binding, Door } from '../ports/records.ts';
import type { DoorPeer, DoorSide } from '../ports/shield.ts';
import type { Registrar } from '../registrar/registrar.ts';
import { Directory } from '../routing/directory.ts';
import { type DoorLeak, DoorLeaks } from '../shield/door-leaks.ts';
import { type DoorChanges, type DoorRefusal, Doors } from '../shield/doors.ts';
import type { Effect } from './effects.ts';
import type { Listeners } from './listeners.ts';
import type { Turn } from './turn.ts';
import type { DoorCommand, DoorTrouble, DoorView } from './views.ts';

export interface DoorSettings {
  /** Doors are opened on these, both included. */
  readonly ports: { readonly from: number; readonly to: number };
  readonly max: number;
  /** Where a kernel leads to doors: the node's own ports behind them. Absent: a socket for each. */
  readonly inside?: Readonly<Record<DoorSide, number>>;
  /** A door that leaks is moved without being asked. */
  readonly movesByItself: boolean;
}

export interface DoorKeeperOptions {
  readonly settings: DoorSettings | undefined;
  readonly domain: string;
  readonly registrar: Registrar;
  readonly listeners: Listeners;
  readonly random: Random;
  directory(): Directory;
  readonly turn: Turn;
}

/** A kernel has judged what comes by its doors, each for itself. */
const JUDGED = 0;

export class DoorKeeper {
  readonly #options: DoorKeeperOptions;
  readonly #doors: Doors;
  readonly #leaks = new DoorLeaks();
  /** Where a kernel leads: the door of each peer that has proved whose it is. */
  readonly #peers = new Map<string, number>();
  readonly #movedAt = new Map<string, Instant>();
  /** When the last doors were moved without being asked. */
  #moves: Instant[] = [];
  #kernelKnocks: ReadonlyMap<number, number> = new Map();
  readonly #troubles = new Map<number, string>();
  readonly counters = { door_newcomers: 0, door_leaks: 0, door_moves: 0, door_refused: 0 };

  constructor(options: DoorKeeperOptions) {
    this.#options = options;
    const { settings, random } = options;
    const { ports = { from: 1, to: 0 }, max = 0 } = settings ?? {};
    this.#doors = new Doors({ ports, max, fraction: () => random.fraction() });
  }

  /** Opens what was open, and gives the bindings back with their flows as doors are reached now. */
  start(kept: readonly Door[], bindings: readonly Binding[], now: Instant): readonly Binding[] {
    if (this.#options.settings === undefined) return bindings;
    const lost = this.#doors.restore(kept, now);
    const accounts = new Set(this.#options.directory().accounts.map(({ name }) => name));
    for (const door of this.#doors.live()) if (accounts.has(door.account)) this.#open(door);
    this.#changed(lost, now);
    this.#dropOthers(accounts, now);
    return bindings.map((binding) => this.#moved(binding));
  }

  // ── packets ──

  /** For whom its newcomers' share is: a door's port, or JUDGED; undefined where it came by no door. */
  shareOf({ transport, local }: Flow): number | undefined {
    const { settings } = this.#options;
    if (settings === undefined || isStream(transport)) return undefined;
    const { inside } = settings;
    if (inside !== undefined) return local.port === inside.a || local.port === inside.b ? JUDGED : undefined;
    return this.#doors.at(local.port) === undefined ? undefined : local.port;
  }

  /** A stranger's packet came by a door's own socket. */
  knocked(port: number, now: Instant): void {
    if (port === JUDGED) return;
    this.counters.door_newcomers++;
    this.#leaks.knocked(port, 1, now);
  }

  /** What the kernel counted of them, by door. */
  kernelCounted(knocks: ReadonlyMap<number, number>, now: Instant): void {
    if (this.#options.settings === undefined) return;
    for (const [port, count] of knocks) {
      const before = this.#kernelKnocks.get(port) ?? 0;
      // It forgets doors that nobody knocks at, and then begins anew.
      const more = count >= before ? count - before : count;
      if (more === 0 || this.#doors.at(port) === undefined) continue;
      this.counters.door_newcomers += more;
      this.#leaks.knocked(port, more, now);
    }
    this.#kernelKnocks = knocks;
  }

  /** May phones of this account come over this flow? */
  admits(flow: Flow, account: string): boolean {
    if (this.shareOf(flow) === undefined || this.#doorOf(flow, account) !== undefined) return true;
    this.counters.door_refused++;
    return false;
  }

  /** Nobody but phones may come by a door. */
  isDoor(flow: Flow): boolean {
    return this.shareOf(flow) !== undefined;
  }

  /** A phone of the account has proved itself over this flow. */
  proved(flow: Flow, account: string): void {
    const door = this.#doorOf(flow, account);
    if (door === undefined) return;
    this.#leaks.proved(door.port);
    this.#remember(flow, door.port);
  }

  /** What the peer has to be told of a flow by a door: the door's port. */
  portOf(flow: Flow): number | undefined {
    const share = this.shareOf(flow);
    return share === JUDGED ? this.#peers.get(flowKey(flow)) : share;
  }

  // ── what is asked for ──

  /** `done` when it is kept, unless it is refused. */
  command(
    command: DoorCommand,
    now: Instant,
    done: () => void,
  ): { readonly result: Result<void, DoorRefusal | 'off'>; readonly effects: readonly Effect[] } {
    let result: Result<void, DoorRefusal | 'off'> = err('off');
    const effects = this.#options.turn.run(now, () => {
      if (this.#options.settings === undefined) return;
      const decided = this.#decide(command, now);
      result = decided.ok ? ok(undefined) : decided;
      if (decided.ok) this.#changed(decided.value, now, done);
    });
    return { result, effects };
  }

  /** Its socket could not be opened; it is tried again. One that nobody knows yet gets another port. */
  failed(port: number, reason: string, now: Instant): readonly Effect[] {
    return this.#options.turn.run(now, () => this.#failed(port, reason, now));
  }

  opened(port: number, now: Instant): readonly Effect[] {
    return this.#options.turn.run(now, () => this.#troubles.delete(port));
  }

  #failed(port: number, reason: string, now: Instant): void {
    const door = this.#doors.at(port);
    if (door === undefined) return;
    const isNew = now - door.openedAt < LIMITS.doorNewMs;
    if (door.state === 'open' && isNew) {
      const replaced = this.#doors.replace(port, `its port could not be opened: ${reason}`, now);
      if (replaced.ok) return this.#changed(replaced.value, now);
    }
    if (this.#troubles.get(port) === reason) return;
    this.#troubles.set(port, reason);
    this.#told('trouble', door, `port ${port} cannot be opened: ${reason}`, now);
  }

  /** The doors of accounts that are gone close. */
  accountsChanged(accounts: readonly Account[], now: Instant): void {
    this.#dropOthers(new Set(accounts.map(({ name }) => name)), now);
  }

  // ── time ──

  expire(now: Instant): void {
    this.#changed(
      this.#doors.expire(now, (door) => this.#phonesBy(door) > 0),
      now,
    );
    for (const leak of this.#leaks.expire(now)) this.#leaked(leak, now);
  }

  nextDeadline(): Instant | undefined {
    return earlier(this.#doors.nextDeadline(), this.#leaks.nextDeadline());
  }

  // ── what can be seen ──

  /** Of one account, or of all. */
  views(account?: string): readonly DoorView[] {
    if (account !== undefined) return this.#doors.of(account).map((door) => this.#view(door));
    const doors = this.#doors.live().toSorted((a, b) => (a.account < b.account ? -1 : 1));
    return doors.map((door) => this.#view(door));
  }

  gauges(): Readonly<Record<string, number>> {
    const { settings } = this.#options;
    return settings === undefined
      ? {}
      : { doors: this.#doors.size, doorsInGrace: this.#doors.inGrace, doorPeers: this.#peers.size };
  }

  #decide(command: DoorCommand, now: Instant): Result<DoorChanges, DoorRefusal> {
    const { account, by } = command;
    switch (command.type) {
      case 'open':
        return this.#doors.open(account, command.name, `opened by ${by}`, now);
      case 'move':
        return this.#doors.move(account, command.graceMs, `moved by ${by}`, now);
      case 'close':
        return this.#doors.close(account, command.graceMs, `closed by ${by}`, now);
      case 'close-old':
        return this.#doors.closeOld(account, `closed by ${by}`, now);
    }
  }

  #changed(changes: DoorChanges, now: Instant, done?: () => void): void {
    if (changes.length === 0) return;
    for (const door of changes) {
      const { port, why, state } = door;
      if (state === 'open') this.#open(door);
      if (state === 'closed') {
        this.#options.turn.push({ type: 'shield', changes: [{ type: 'door-closed', port }] });
        this.#leaks.forget(port);
        this.#troubles.delete(port);
      }
      this.#told(state, door, why, now);
    }
    this.#options.turn.persist(
      changes.map((door) => ({ type: 'door', door })),
      done,
    );
  }

  #open({ port, side }: Door): void {
    this.#options.turn.push({ type: 'shield', changes: [{ type: 'door-open', port, side }] });
  }

  #told(what: Door['state'] | DoorTrouble, { account, port }: Door, text: string, at: Instant): void {
    this.#options.turn.event({ type: 'door', what, account, port, text, at });
  }

  #dropOthers(accounts: ReadonlySet<string>, now: Instant): void {
    const orphans = new Set(this.#doors.live().map(({ account }) => account)).difference(accounts);
    for (const account of orphans) {
      const closed = this.#doors.close(account, 0, 'its account is gone', now);
      if (closed.ok) this.#changed(closed.value, now);
    }
  }

  #leaked({ port, packets, usual }: DoorLeak, now: Instant): void {
    const door = this.#doors.at(port);
    if (door === undefined) return;
    this.counters.door_leaks++;
    const seen = `${packets} packets of strangers in 10 s, where it has had ${usual} at most`;
    this.#told('leak', door, seen, now);
    if (this.#options.settings?.movesByItself !== true || door.state !== 'open') return;
    const movedAt = this.#movedAt.get(door.account) ?? Number.NEGATIVE_INFINITY;
    this.#moves = this.#moves.filter((at) => now - at < LIMITS.doorMovesWithinMs);
    // Where all doors are knocked at, somebody tries every port, and moving would help nobody.
    if (now - movedAt < LIMITS.doorMoveEveryMs || this.#moves.length >= LIMITS.doorMovesMax) return;
    const moved = this.#doors.move(door.account, LIMITS.doorGraceMs, `moved by itself: ${seen}`, now);
    if (!moved.ok) return;
    this.#movedAt.delete(door.account);
    this.#movedAt.set(door.account, now);
    this.#moves.push(now);
    this.counters.door_moves++;
    this.#changed(moved.value, now);
  }

  /** The door of this account that the flow came by. */
  #doorOf(flow: Flow, account: string): Door | undefined {
    if (this.shareOf(flow) === undefined) return undefined;
    const inside = this.#options.settings?.inside;
    const { port } = flow.local;
    return this.#doors
      .of(account)
      .find((door) => (inside === undefined ? door.port === port : inside[door.side] === port));
  }

  #remember(flow: Flow, port: number): void {
    if (this.#options.settings?.inside === undefined) return;
    const key = flowKey(flow);
    this.#peers.delete(key);
    this.#peers.set(key, port);
    if (this.#peers.size <= LIMITS.doorPeersMax) return;
    for (const oldest of this.#peers.keys()) {
      this.#peers.delete(oldest);
      return;
    }
  }

  /** A node may be started with a kernel after one without, and the other way round: its doors are the same. */
  #moved(binding: Binding): Binding {
    const account = this.#options.directory().phone(binding.user)?.account.name;
    const { settings } = this.#options;
    const { flow } = binding;
    if (account === undefined || settings === undefined || isStream(flow.transport)) return binding;
    const door = cameBy(flow, this.#doors.of(account), settings.ports);
    if (door === undefined) return binding;
    const local = { ...flow.local, port: settings.inside?.[door.side] ?? door.port };
    const moved = { ...flow, local };
    this.#remember(moved, door.port);
    return { ...binding, flow: moved };
  }

  #phonesBy(door: Door): number {
    const phones = this.#options.directory().account(door.account)?.phones ?? [];
    const isBy = ({ flow }: Binding) => this.#doorOf(flow, door.account)?.port === door.port;
    return phones.filter(({ user }) => this.#options.registrar.bindingsOf(user).some(isBy)).length;
  }

  #view(door: Door): DoorView {
    const { account, port, state, openedAt, why, until } = door;
    const { domain } = this.#options;
    const name = door.name ?? (isHostName(domain) ? `${account}.${domain}` : undefined);
    const target = isHostName(domain) ? domain : name;
    const srv = `_sip._udp.${name}. 300 IN SRV 10 0 ${port} ${target}.`;
    const trouble = this.#troubles.get(port);
    const addresses = this.#options.listeners.doorAddresses().map((address): Endpoint => ({ address, port }));
    return {
      account,
      port,
      addresses: addresses.map(formatEndpoint),
      state: state === 'open' ? 'open' : 'grace',
      openedAt,
      why,
      ...(until === undefined ? {} : { until }),
      ...(name === undefined ? {} : { name }),
      ...(name === undefined || state !== 'open' ? {} : { srv }),
      ...(trouble === undefined ? {} : { trouble }),
      phones: this.#phonesBy(door),
    };
  }
}

/** By which doors the phones came that were registered when the node was stopped, with a kernel or without. */
export function doorPeers(
  accounts: readonly Account[],
  bindings: readonly Binding[],
  doors: readonly Door[],
  ports: DoorSettings['ports'],
): readonly DoorPeer[] {
  const directory = new Directory(accounts);
  const live = Map.groupBy(
    doors.filter(({ state }) => state !== 'closed'),
    ({ account }) => account,
  );
  return bindings.flatMap(({ user, flow }) => {
    const account = directory.phone(user)?.account.name ?? '';
    const door = isStream(flow.transport) ? undefined : cameBy(flow, live.get(account) ?? [], ports);
    return door === undefined ? [] : [{ remote: flow.remote, port: door.port, side: door.side }];
  });
}

/** Which of an account's doors, whether it was a socket or led to a port inside. */
function cameBy({ local }: Flow, doors: readonly Door[], ports: DoorSettings['ports']): Door | undefined {
  const inside = insidePorts(ports);
  return doors.find(({ port, side }) => local.port === port || local.port === inside[side]);
}

/** The two ports behind the doors, where a kernel leads to them: those after the doors' own. */
export function insidePorts({ to }: DoorSettings['ports']): Readonly<Record<DoorSide, number>> {
  return { a: to + 1, b: to + 2 };
}

function isHostName(domain: string): boolean {
  return !domain.includes(':') && !/^[\d.]+$/.test(domain);
}
