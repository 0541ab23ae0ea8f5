// What a seed means: the customers, their phones and plans, the carriers, the weather, who calls whom when,
// and what goes wrong. A scenario is plain data, so that a failing one can be printed and read.

import type { Instant } from '../../src/base/time.ts';
import type { ControlSettings } from '../../src/node/options.ts';
import type {
  Account,
  CallHabits,
  NumberRecord,
  PhoneSecret,
  PlanStep,
  TrunkSettings,
} from '../../src/ports/records.ts';
import { hashing } from './hashing.ts';
import type { Weather } from './network.ts';
import type { Reaction, Talk } from './reactions.ts';
import type { Errand } from './telephone/errand.ts';
import type { SeededRandom } from './world.ts';
import type { Records } from './zone.ts';

export const DOMAIN = 'voice.example.net';
export const NODE = { address: '192.0.2.1', port: 5060 } as const;

export interface PhoneSetting {
  /** Of the device: `acme-1`, and `acme-1b` where the user has a second one. */
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
  readonly inside?: string;
  readonly expiresS: number;
  /** One of the flows of one device (RFC 5626), each of which is played by a phone of its own. */
  readonly flow?: FlowOfDevice;
}

export interface FlowOfDevice {
  readonly instance: string;
  readonly regId: number;
}

export interface CallSetting {
  readonly atMs: number;
  /** A carrier's or a phone's name. */
  readonly by: string;
  /** As dialled: a number or a phone's user. */
  readonly called: string;
  /** Unique in the run where a carrier presents it. */
  readonly caller: string;
  readonly offers: boolean;
  readonly sessionExpiresS?: number;
  readonly patienceMs: number;
  readonly talk: Talk;
  /** What the caller wants of the node itself, instead of talking to somebody. */
  readonly errand?: Errand;
}

export type Fault =
  | { readonly type: 'node-crash'; readonly atMs: number; readonly downMs: number }
  | {
      readonly type: 'death';
      /** A carrier's or a phone's name. */
      readonly of: string;
      readonly atMs: number;
      readonly how: 'killed' | 'vanished';
      readonly backMs: number | undefined;
    }
  | { readonly type: 'overload'; readonly of: string; readonly atMs: number; readonly forMs: number }
  | { readonly type: 'partition'; readonly from: string; readonly atMs: number; readonly forMs: number }
  /** The node dies at the next write that tells of accounts, messages or recordings. */
  | {
      readonly type: 'crash-at-write';
      readonly atMs: number;
      readonly moment: 'before' | 'after' | 'told';
      /** Of what is written next: a recording as well, or only a row that tells of what callers did. */
      readonly of: 'anything' | 'rows';
      readonly downMs: number;
    }
  /** The next datagrams that match are lost, whatever the weather: one for each pattern. */
  | { readonly type: 'loss'; readonly of: readonly string[]; readonly atMs: number }
  | { readonly type: 'connections-reset'; readonly of: string; readonly atMs: number }
  | { readonly type: 'disk-full'; readonly atMs: number; readonly forMs: number }
  | {
      readonly type: 'divert';
      readonly number: string;
      readonly to: string | undefined;
      readonly atMs: number;
    }
  | { readonly type: 'operator-hangs-up'; readonly atMs: number }
  | { readonly type: 'drain'; readonly atMs: number }
  /** DNS says that it cannot answer, or says nothing. */
  | { readonly type: 'dns'; readonly how: 'hangs' | 'fails'; readonly atMs: number; readonly forMs: number }
  /** DNS has other records for a while. */
  | { readonly type: 'dns-changes'; readonly records: Records; readonly atMs: number; readonly forMs: number }
  /** A stranger sends what makes no sense. */
  | { readonly type: 'noise'; readonly atMs: number }
  | { readonly type: 'test-call'; readonly number: string; readonly atMs: number };

export interface Scenario {
  /** Else a working day, in the morning. */
  readonly beginning?: Instant;
  /** Where accounts usually called before. */
  readonly habits?: readonly CallHabits[];
  readonly weather: Weather;
  readonly storeDelayMs: readonly [min: number, max: number];
  readonly mediaPairs: number;
  readonly accounts: readonly Account[];
  readonly phones: readonly PhoneSetting[];
  readonly trunks: readonly TrunkSettings[];
  /** What DNS has. */
  readonly records: Records;
  readonly dnsDelayMs: readonly [min: number, max: number];
  /** By a carrier's name: the name that it has in its Contact, where that is not its address. */
  readonly contactHosts: Readonly<Record<string, string>>;
  readonly calls: readonly CallSetting[];
  /** By a phone's or carrier's name: what it always does, instead of what chance has it do. */
  readonly reactions: Readonly<Record<string, Reaction>>;
  /** Numbers and codes that the node answers itself. */
  readonly control?: ControlSettings;
  readonly faults: readonly Fault[];
}

export const WEATHERS: readonly (readonly [weight: number, weather: Weather])[] = [
  [4, { lossRate: 0, duplicateRate: 0, latencyMs: [1, 20], lateRate: 0, icmpRate: 1 }],
  [4, { lossRate: 0.02, duplicateRate: 0.02, latencyMs: [1, 60], lateRate: 0.02, icmpRate: 0.5 }],
  [2, { lossRate: 0.08, duplicateRate: 0.05, latencyMs: [5, 120], lateRate: 0.1, icmpRate: 0 }],
];

/** Calls begin when phones have had time to register. */
const CALLS_FROM_MS = 5_000;
const CALLS_UNTIL_MS = 90_000;

export function drawScenario(random: SeededRandom): Scenario {
  const accounts = Array.from({ length: random.between(1, 2) }, (_, i) => drawAccount(random, i));
  const users = accounts.flatMap((account) => account.phones.map(({ user }) => user));
  const phones = users.flatMap((user) => {
    const first = drawPhone(random, user, user);
    if (!random.chance(0.25)) return [first];
    const second = drawPhone(random, user, `${user}b`);
    return random.chance(0.5) ? [first, second] : asFlows(user, [first, second]);
  });
  const dns = random.fork('dns');
  const trunks = Array.from({ length: random.between(1, 3) }, (_, i) => drawTrunk(random, i)).map((trunk) =>
    dns.chance(0.4) ? byName(trunk) : trunk,
  );
  const calls = Array.from({ length: random.between(3, 12) }, (_, i) =>
    drawCall(random, i, accounts, trunks),
  );
  return {
    weather: random.weighted(WEATHERS),
    storeDelayMs: random.weighted([
      [6, [1, 8] as const],
      [2, [5, 60] as const],
      [1, [200, 1_500] as const],
    ]),
    mediaPairs: random.chance(0.06) ? random.between(2, 6) : 200,
    accounts,
    phones,
    trunks: trunks.map((trunk) => (dns.chance(0.3) ? { ...trunk, callsPerSecondMax: 1 } : trunk)),
    dnsDelayMs: dns.weighted([
      [6, [1, 60] as const],
      [2, [50, 1_500] as const],
      [1, [1_000, 8_000] as const],
    ]),
    contactHosts: drawContactHosts(dns, trunks),
    records: Object.assign({}, ...trunks.map((trunk) => recordsOf(trunk, dns.chance(0.3)))),
    calls,
    reactions: {},
    faults: [...drawFaults(random, accounts, phones, trunks), ...drawDnsFaults(dns, trunks)],
  };
}

function drawAccount(random: SeededRandom, index: number): Account {
  const name = index === 0 ? 'acme' : 'birch';
  const users = Array.from({ length: random.between(1, 4) }, (_, i) => `${name}-${i + 1}`);
  const numbers = Array.from({ length: random.between(1, 2) }, (_, i) => `+4420794600${index}${i}`);
  return {
    name,
    phones: users.map((user, i) => ({ user, callerId: `+4420794601${index}${i}`, secret: secretOf(user) })),
    numbers: numbers.map((number) => drawNumber(random, number, users)),
    hours: [],
    limits: {
      callsMax: random.chance(0.1) ? 2 : 20,
      divertedCallsMax: random.chance(0.1) ? 1 : 10,
      phonesMax: 10,
      bindingsPerPhoneMax: 5,
      destinationsAllowed: ['+44'],
      destinationsDenied: ['+449', '+4470'],
    },
  };
}

function drawNumber(random: SeededRandom, number: string, users: readonly string[]): NumberRecord {
  const steps: PlanStep[] = Array.from({ length: random.between(1, 3) }, () =>
    random.weighted([
      [
        3,
        {
          type: 'ring',
          phones: users.filter((_, i) => i === 0 || random.chance(0.6)),
          order: random.pick(['together', 'in-turn'] as const),
          forMs: random.between(5, 20) * 1_000,
        } as const,
      ],
      [2, { type: 'dial', number: drawMobile(random), forMs: random.between(8, 30) * 1_000 } as const],
    ]),
  );
  if (random.chance(0.2)) steps.push({ type: 'announcement', prompt: 'closed' });
  return { number, plan: { steps } };
}

/** Ofcom's drama range; some that the limits deny. */
function drawMobile(random: SeededRandom): string {
  return random.chance(0.05) ? '+447012345678' : `+44770090${random.between(1_000, 9_999)}`;
}

export function secretOf(user: string): PhoneSecret {
  const secret = `${user}:${DOMAIN}:${passwordOf(user)}`;
  return { realm: DOMAIN, md5Ha1: hashing.md5Hex(secret), sha256Ha1: hashing.sha256Hex(secret) };
}

export function passwordOf(user: string): string {
  return `${user}-password`;
}

function drawPhone(random: SeededRandom, user: string, name: string): PhoneSetting {
  const serial = (user.startsWith('acme') ? 10 : 20) + (name === user ? 0 : 5) + Number(user.at(-1));
  return {
    name,
    user,
    password: passwordOf(user),
    address: `192.0.2.${serial}`,
    transport: random.chance(0.25) ? 'tcp' : 'udp',
    expiresS: random.pick([60, 90, 120, 180]),
    ...(random.chance(0.2) && { inside: `10.0.0.${serial}` }),
  };
}

/** The ways to one device, over two networks that fail apart. */
export function asFlows(user: string, phones: readonly PhoneSetting[]): readonly PhoneSetting[] {
  return phones.map((phone, index) => ({
    ...phone,
    flow: { instance: `urn:x-simulated:${user}`, regId: index + 1 },
  }));
}

function drawTrunk(random: SeededRandom, index: number): TrunkSettings {
  const name = `carrier-${'abc'[index]}`;
  const address = `198.51.100.${index + 1}`;
  const known = random.chance(0.4);
  const registers = known && random.chance(0.5);
  return {
    name,
    target: { host: address, port: 5060, transport: random.chance(0.2) ? 'tcp' : 'udp' },
    from: [address],
    inbound: true,
    outbound: index === 0 || random.chance(0.8),
    order: random.between(1, 2),
    weight: random.between(1, 3),
    ...(known && { credentials: { user: 'ringthrough', password: `${name}-password` } }),
    ...(registers && { register: { registrar: name, expiresMs: 120_000 } }),
    country: 'GB',
    numberFormat: random.pick(['e164', 'e164-without-plus'] as const),
    callsMax: random.chance(0.15) ? 1 : 50,
  };
}

function byName(trunk: TrunkSettings): TrunkSettings {
  const { transport } = trunk.target;
  const host = `${trunk.name}.example`;
  return { ...trunk, target: { host, ...(transport !== undefined && { transport }) } };
}

/** Of carriers that are known by name, some go by a name in dialogs too, which nobody has asked for before. */
function drawContactHosts(
  random: SeededRandom,
  trunks: readonly TrunkSettings[],
): Readonly<Record<string, string>> {
  const named = trunks.filter(({ target }) => target.port === undefined && random.chance(0.5));
  return Object.fromEntries(named.map(({ name }) => [name, `sbc.${name}.net`]));
}

/** Nobody is there. */
const NOBODY = '198.51.100.99';

/** Of a trunk that is known by name: its one server, behind one that is dead where that is wanted, and its Contact. */
function recordsOf({ name, target, from }: TrunkSettings, withDead: boolean): Records {
  if (target.port !== undefined) return {};
  const dead = withDead ? [`5 0 5060 dead.${target.host}`] : [];
  return {
    [`SRV _sip._${target.transport}.${target.host}`]: [...dead, `10 0 5060 ${name}.net`],
    [`A ${name}.net`]: [...from],
    [`A sbc.${name}.net`]: [...from],
    [`A dead.${target.host}`]: [NOBODY],
  };
}

function drawDnsFaults(random: SeededRandom, trunks: readonly TrunkSettings[]): readonly Fault[] {
  const faults: Fault[] = [];
  const named = trunks.filter(({ target }) => target.port === undefined);
  if (named.length === 0) return faults;
  const at = (): number => random.between(0, CALLS_UNTIL_MS);
  const forMs = (): number => random.between(5_000, 90_000);
  if (random.chance(0.3)) {
    faults.push({ type: 'dns', how: random.pick(['hangs', 'fails'] as const), atMs: at(), forMs: forMs() });
  }
  if (random.chance(0.3)) {
    const known = recordsOf(random.pick(named), random.chance(0.5));
    const nothing = Object.fromEntries(Object.keys(known).map((question) => [question, []]));
    const records = random.chance(0.3) ? nothing : known;
    faults.push({ type: 'dns-changes', records, atMs: at(), forMs: forMs() });
  }
  return faults;
}

function drawCall(
  random: SeededRandom,
  index: number,
  accounts: readonly Account[],
  trunks: readonly TrunkSettings[],
): CallSetting {
  const account = random.pick(accounts);
  const phone = random.pick(account.phones).user;
  const number = random.pick(random.pick(accounts).numbers).number;
  const inbound = random.chance(0.7);
  const called = inbound
    ? random.chance(0.04)
      ? '+442079469999'
      : number
    : random.weighted([
        [3, drawMobile(random)],
        [2, random.pick(account.phones).user],
        [2, number],
        [0.3, '999'],
      ]);
  return {
    atMs: random.between(CALLS_FROM_MS, CALLS_UNTIL_MS),
    by: inbound ? random.pick(trunks).name : phone,
    called,
    caller: inbound ? `+4477009001${String(index).padStart(2, '0')}` : phone,
    offers: !random.chance(0.04),
    patienceMs: random.chance(0.3) ? random.between(10, 40_000) : 200_000,
    ...drawLength(random),
  };
}

/** Some calls are long and must be refreshed. */
function drawLength(random: SeededRandom): Pick<CallSetting, 'sessionExpiresS' | 'talk'> {
  if (!random.chance(0.1)) return { talk: drawTalk(random, true) };
  const talk = { holdMs: undefined, resumeMs: undefined, hangUpMs: random.between(50_000, 150_000) };
  return { sessionExpiresS: 90, talk };
}

/** `always`: this side hangs up in the end, whatever the other does. */
export function drawTalk(random: SeededRandom, always: boolean): Talk {
  const holds = random.chance(0.2);
  const holdMs = holds ? random.between(50, 8_000) : undefined;
  const hangUpMs = random.between(20, 30_000);
  return {
    hangUpMs: always || random.chance(0.5) ? hangUpMs : 160_000,
    holdMs,
    resumeMs: holdMs === undefined ? undefined : holdMs + random.between(500, 10_000),
  };
}

function drawFaults(
  random: SeededRandom,
  accounts: readonly Account[],
  phones: readonly PhoneSetting[],
  trunks: readonly TrunkSettings[],
): readonly Fault[] {
  const faults: Fault[] = [];
  const sometimes = (probability: number, draw: () => Fault): void => {
    if (random.chance(probability)) faults.push(draw());
  };
  const at = (): number => random.between(CALLS_FROM_MS - 2_000, CALLS_UNTIL_MS + 20_000);
  const number = (): string => random.pick(random.pick(accounts).numbers).number;
  const anyone = (): string =>
    random.pick([...phones.map((phone) => phone.name), ...trunks.map(({ name }) => name)]);
  sometimes(0.25, () => ({ type: 'node-crash', atMs: at(), downMs: random.between(200, 8_000) }));
  sometimes(0.05, () => ({ type: 'node-crash', atMs: at(), downMs: random.between(200, 40_000) }));
  for (let i = 0; i < 2; i++) {
    sometimes(0.25, () => ({
      type: 'death',
      of: random.pick(phones).name,
      atMs: random.chance(0.3) ? random.between(0, CALLS_FROM_MS) : at(),
      how: random.pick(['killed', 'vanished'] as const),
      backMs: random.chance(0.5) ? random.between(5_000, 60_000) : undefined,
    }));
  }
  sometimes(0.2, () => ({
    type: 'death',
    of: random.pick(trunks).name,
    atMs: at(),
    how: random.pick(['killed', 'vanished'] as const),
    backMs: random.chance(0.6) ? random.between(5_000, 60_000) : undefined,
  }));
  sometimes(0.1, () => ({
    type: 'overload',
    of: random.pick(trunks).name,
    atMs: at(),
    forMs: random.between(5_000, 60_000),
  }));
  sometimes(0.15, () => ({
    type: 'partition',
    from: anyone(),
    atMs: at(),
    forMs: random.between(1_000, 25_000),
  }));
  sometimes(0.15, () => ({ type: 'connections-reset', of: anyone(), atMs: at() }));
  sometimes(0.08, () => ({ type: 'disk-full', atMs: at(), forMs: random.between(1_000, 40_000) }));
  sometimes(0.1, () => ({
    type: 'divert',
    number: number(),
    to: random.chance(0.8) ? drawMobile(random) : undefined,
    atMs: at(),
  }));
  sometimes(0.06, () => ({ type: 'operator-hangs-up', atMs: at() }));
  sometimes(0.04, () => ({ type: 'drain', atMs: at() }));
  sometimes(0.1, () => ({ type: 'noise', atMs: at() }));
  sometimes(0.1, () => ({ type: 'test-call', number: number(), atMs: at() }));
  return faults;
}
