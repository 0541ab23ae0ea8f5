// An Admin that keeps nothing: it notes what it is asked and answers with examples. With it, the tests of the
// API and of the CLI say what a surface makes of a use-case; what the use-cases do is tested in src/admin.

import { Admin } from '../../src/admin/admin.ts';
import type { NoticeDesk } from '../../src/admin/notices.ts';
import type {
  AccountView,
  NumberView,
  PhoneDetails,
  RehearsalView,
  TestCallStep,
  TraceLine,
} from '../../src/admin/views.ts';
import { present } from '../../src/base/assert.ts';
import { RingthroughError } from '../../src/base/errors.ts';
import type {
  BrownoutView,
  CallView,
  DoorView,
  FraudView,
  NodeControl,
  NodeEvent,
  NodeHealth,
  TrunkView,
} from '../../src/node/views.ts';
import type { Recordings } from '../../src/ports/recordings.ts';
import type { AuditEntry, LedgerEntry } from '../../src/ports/records.ts';
import type { Speech } from '../../src/ports/speech.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Abuser } from '../../src/shield/abuse/abusers.ts';
import { Trace } from '../../src/trace/trace.ts';
import { readinessAt, rehearsalAt } from './example-readiness.ts';
import { seriesAt } from './example-series.ts';
import { ATTACKED } from './example-shield.ts';
import { noticeExamplesAt, soundExamplesAt } from './example-sounds.ts';

export const NOW = Date.UTC(2026, 10, 24, 9, 30);
export const READINESS = readinessAt(NOW);
export const REHEARSAL_LINES = rehearsalAt(NOW);

export const RECEPTION: PhoneDetails = {
  account: 'acme',
  user: 'reception',
  displayName: 'Reception',
  bindings: [
    {
      contact: 'sip:reception@192.0.2.7:5062',
      address: '192.0.2.7:5062',
      transport: 'udp',
      userAgent: 'Desk Phone 2',
      registeredAt: NOW - 60_000,
      expiresAt: NOW + 240_000,
      q: 1,
      reachability: 'reachable',
      reachabilitySince: NOW - 60_000,
      roundTripMs: 3.4,
    },
  ],
};

export const WORKSHOP: PhoneDetails = { account: 'acme', user: 'workshop', bindings: [] };

export const MAIN_NUMBER: NumberView = {
  account: 'acme',
  number: '+442079460000',
  plan: [{ ring: ['reception', 'workshop'], for: '20s' }, { dial: '+447700900123' }],
  planText: 'rings reception and workshop for 20 s, then the mobile +447700900123',
};

export const DIVERTED_NUMBER: NumberView = {
  ...MAIN_NUMBER,
  divert: { to: '+447700900123', since: NOW, until: NOW + 7_200_000, by: 'cli' },
};

export const FORWARDED_NUMBER: NumberView = {
  ...MAIN_NUMBER,
  forwards: { busy: { voicemail: 'reception', since: NOW, by: 'cli' } },
};

const CHANGE: AuditEntry = {
  id: 'change-1',
  at: NOW,
  account: 'acme',
  who: 'telephone +447700900123',
  how: 'telephone',
  what: '+442079460000 goes to +447700900123',
};

export const ACME: AccountView = {
  name: 'acme',
  phones: [RECEPTION, WORKSHOP],
  numbers: [MAIN_NUMBER],
  hours: [],
  limits: {
    callsMax: 10,
    divertedCallsMax: 4,
    messageMinutesMax: 600,
    phonesMax: 100,
    bindingsPerPhoneMax: 10,
    destinationsAllowed: ['+44'],
    destinationsDenied: ['+449'],
    divertedMinutesPerMonth: 300,
  },
  diverted: { month: '2026-11', seconds: 2_530, callsNow: 1 },
};

export const BROWNOUT: BrownoutView = {
  rungs: [
    {
      rung: 'options',
      engaged: { since: NOW - 30_000, until: NOW + 570_000, reason: 'known packets waited 240 ms' },
      shed: 1_250,
    },
    { rung: 'presence', shed: 0 },
  ],
  storm: { governing: true, perSecond: 100, waiting: 4_200, putOff: 4_900 },
  inGrace: 17,
};

export const DOOR: DoorView = {
  account: 'acme',
  port: 31_007,
  addresses: ['203.0.113.7:31007'],
  state: 'open',
  openedAt: NOW - 60_000,
  why: 'moved by cli',
  name: 'acme.voice.example.net',
  srv: '_sip._udp.acme.voice.example.net. 300 IN SRV 10 0 31007 voice.example.net.',
  phones: 3,
};

export const ABUSER: Abuser = {
  address: '192.0.2.66',
  why: 'it tried 30 users or more without a right password',
  guesses: 31,
  users: 30,
  toolMessages: 0,
  since: NOW - 120_000,
  at: NOW - 60_000,
  until: NOW + 240_000,
};

export const OLD_DOOR: DoorView = {
  account: 'acme',
  port: 38_114,
  addresses: ['203.0.113.7:38114'],
  state: 'grace',
  openedAt: NOW - 86_400_000,
  until: NOW + 7_200_000,
  why: 'moved by cli',
  name: 'acme.voice.example.net',
  phones: 5,
};

export const REHEARSAL: RehearsalView = {
  rule: 'registrations',
  does: 'refreshes of registrations that hold are put off with 503, and the registrations stay',
  from: NOW - 3_600_000,
  until: NOW,
  requests: 12_431,
  touched: 8_200,
  recovered: 0,
  emergencies: 3,
  emergenciesTouched: 0,
  phonesTouched: 410,
  worstSpell: { lastsMs: 300_000, from: NOW - 900_000, touched: 720 },
  accounts: [{ name: 'acme', requests: 400, touched: 240 }],
  carriers: [],
  clients: [
    { name: 'Yealink', requests: 7_000, touched: 5_000 },
    { name: 'Grandstream', requests: 5_000, touched: 3_200 },
  ],
  worst: [{ name: 'reception', account: 'acme', client: 'Yealink', requests: 80, touched: 60 }],
};

export const ATTEMPT: LedgerEntry = {
  id: 'attempt-1',
  direction: 'in',
  account: 'acme',
  called: '+442079460000',
  caller: '+442079460999',
  startedAt: NOW,
  answeredAt: NOW + 4_200,
  endedAt: NOW + 65_000,
  outcome: 'diverted',
  answeredBy: '+447700900123',
  reason: 'no phone could be reached, so the mobile was called',
  status: 200,
  timeline: [{ at: NOW, what: 'started', text: 'a call from +442079460999 came in' }],
  legs: [],
};

export const CALL: CallView = {
  id: 'call-1',
  direction: 'in',
  account: 'acme',
  called: '+442079460000',
  caller: '+442079460999',
  state: 'ringing',
  startedAt: NOW,
  legs: [{ id: 'leg-1', peer: 'reception', state: 'ringing' }],
};

export const TRUNK: TrunkView = {
  name: 'carrier-a',
  target: 'a.example',
  health: 'up',
  healthSince: NOW,
  healthReason: 'answers OPTIONS',
  roundTripMs: 12,
  servers: [
    {
      address: 'udp:198.51.100.4:5060',
      name: 'one.a.example',
      priority: 10,
      weight: 5,
      health: 'up',
      healthReason: 'answers OPTIONS',
      roundTripMs: 12,
    },
    {
      address: 'tcp:198.51.100.5:5070',
      name: 'two.a.example',
      priority: 20,
      weight: 5,
      health: 'down',
      healthReason: 'was refused',
    },
  ],
  inbound: true,
  outbound: true,
  callsActive: 1,
  carrier: 'carrier-a',
  note: 'stands for the PSTN',
};

export const TEST_CALL_STEPS: readonly TestCallStep[] = [
  { at: NOW, source: 'caller', what: 'invited', text: 'called +442079460000', final: false },
  { at: NOW + 40, source: 'node', what: 'ringing', text: 'reception rings', final: false, callId: 'call-2' },
  {
    at: NOW + 900,
    source: 'caller',
    what: 'ended',
    text: 'answered, audio both ways',
    final: true,
    passed: true,
  },
];

const RECEPTION_END = { address: '192.0.2.7', port: 5062 };
const NODE_END = { address: '203.0.113.7', port: 5060 };
const CARRIER_END = { address: '198.51.100.4', port: 5060 };

function traced(
  afterMs: number,
  direction: 'in' | 'out',
  peer: 'reception' | 'carrier-a',
  start: { method?: string; status?: number; reason?: string; sdp?: boolean },
): TraceLine {
  const { method = 'INVITE', status, reason, sdp = false } = start;
  const line = status === undefined ? `${method} sip:a@b SIP/2.0` : `SIP/2.0 ${status} ${reason}`;
  return {
    type: 'message',
    at: NOW + afterMs,
    direction,
    transport: 'udp',
    local: NODE_END,
    remote: peer === 'reception' ? RECEPTION_END : CARRIER_END,
    peer,
    callId: 'attempt-1',
    sipCallId: `of-${peer}`,
    method,
    ...(status === undefined ? {} : { status, reason: reason ?? '' }),
    cseq: 1,
    sdp,
    text: `${line}\r\nCall-ID: of-${peer}\r\nCSeq: 1 ${method}\r\n\r\n`,
  };
}

/** A carrier calls, reception answers, the carrier hangs up. */
export const TRACE: readonly TraceLine[] = [
  { type: 'call', callId: 'attempt-1', called: '+442079460000', caller: '+442079460999' },
  traced(0, 'in', 'carrier-a', { sdp: true }),
  traced(1, 'out', 'carrier-a', { status: 100, reason: 'Trying' }),
  traced(3, 'out', 'reception', { sdp: true }),
  traced(503, 'out', 'reception', { sdp: true }),
  traced(510, 'in', 'reception', { status: 180, reason: 'Ringing' }),
  traced(511, 'out', 'carrier-a', { status: 180, reason: 'Ringing' }),
  traced(4_200, 'in', 'reception', { status: 200, reason: 'OK', sdp: true }),
  traced(4_200, 'out', 'reception', { method: 'ACK' }),
  traced(4_201, 'out', 'carrier-a', { status: 200, reason: 'OK', sdp: true }),
  traced(4_215, 'in', 'carrier-a', { method: 'ACK' }),
  traced(65_000, 'in', 'carrier-a', { method: 'BYE' }),
  traced(65_001, 'out', 'carrier-a', { method: 'BYE', status: 200, reason: 'OK' }),
  traced(65_001, 'out', 'reception', { method: 'BYE' }),
  traced(65_014, 'in', 'reception', { method: 'BYE', status: 200, reason: 'OK' }),
  { type: 'end', reason: 'the call has ended' },
];

/** What `useCase` answers, once its promise or stream is waited for. */
type Answer<Name extends UseCase> = Name extends keyof Groups
  ? Groups[Name]
  : Name extends keyof Admin
    ? Returned<Admin[Name]>
    : never;
type Returned<Method> = Method extends (...args: never[]) => infer Result
  ? Result extends AsyncIterable<infer Item>
    ? readonly Item[]
    : Awaited<Result>
  : never;
/** Use-cases that stand together: `sounds.list`. */
type Grouped<Group extends 'sounds' | 'notices'> = {
  [Method in keyof Admin[Group] as `${Group}.${Method & string}`]: Returned<Admin[Group][Method]>;
};
type Groups = Grouped<'sounds'> & Grouped<'notices'>;

type MethodNames<T> = { [Name in keyof T]: T[Name] extends (...args: never[]) => unknown ? Name : never };
/** `answer` is for the node, not for a surface. */
export type UseCase = Exclude<MethodNames<Admin>[keyof Admin], 'health' | 'answer'> | keyof Groups;

/** What `fraud list` has to tell. */
export const FRAUD: FraudView = {
  accounts: [
    {
      account: 'acme',
      since: Date.parse('2026-11-24T03:10:00Z'),
      at: Date.parse('2026-11-24T03:34:00Z'),
      callers: ['workshop'],
      destinations: ['+9603001234', '+9603001235'],
      passed: 1,
      refused: 212,
      inProgress: 1,
      done: 'refused',
      why: 'the account does not usually call +960, nor at this hour; such calls within the hour: 1',
    },
  ],
  allowed: [{ account: 'bond', prefix: '+353', until: Date.parse('2026-11-25T09:00:00Z'), by: 'cli' }],
};

/** What each use-case answers; a test may put another answer in its place. */
export const EXAMPLES: { [Name in UseCase]: Answer<Name> } = {
  accounts: [ACME],
  account: ACME,
  putAccount: { account: ACME, newPasswords: [{ user: 'workshop', password: 'just-made-once' }] },
  removeAccount: undefined,
  phones: [RECEPTION, WORKSHOP],
  phone: RECEPTION,
  putPhone: { phone: WORKSHOP, newPassword: { user: 'workshop', password: 'just-made-once' } },
  removePhone: undefined,
  numbers: [MAIN_NUMBER],
  number: MAIN_NUMBER,
  putNumber: MAIN_NUMBER,
  removeNumber: undefined,
  setPlan: MAIN_NUMBER,
  setDivert: DIVERTED_NUMBER,
  clearDivert: MAIN_NUMBER,
  setForward: FORWARDED_NUMBER,
  clearForward: MAIN_NUMBER,
  changeControl: ACME,
  makeCodes: { account: 'acme', id: '482150', codes: ['0012345678', '0187654321'] },
  ...soundExamplesAt(NOW),
  ...noticeExamplesAt(NOW),
  audit: { entries: [CHANGE] },
  series: seriesAt(NOW),
  readiness: READINESS,
  provision: {
    dryRun: false,
    changes: [{ kind: 'added', account: 'acme', subject: 'phone workshop', text: 'new' }],
    newPasswords: [{ user: 'workshop', password: 'just-made-once' }],
  },
  abusers: [ABUSER],
  pardon: undefined,
  fraud: FRAUD,
  allowUnusual: present(FRAUD.allowed[0], 'an allowance'),
  disallowUnusual: undefined,
  clearUnusual: undefined,
  doors: [DOOR, OLD_DOOR],
  changeDoor: [DOOR, OLD_DOOR],
  ledger: { entries: [ATTEMPT], next: 'page-2' },
  ledgerEntry: ATTEMPT,
  calls: [CALL],
  call: CALL,
  hangUp: undefined,
  trunks: [TRUNK],
  testCall: TEST_CALL_STEPS,
  rehearsePlan: REHEARSAL_LINES,
  trace: TRACE,
  traceKept: TRACE,
  rehearsal: REHEARSAL,
  shield: ATTACKED,
  traceFile: Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1),
};

/** Those that answer at once; the others answer with a promise, these two with a stream. */
const SYNCHRONOUS = new Set<UseCase>(['calls', 'call', 'fraud', 'hangUp', 'shield', 'trunks']);

export function exampleNode() {
  const listeners = new Set<(event: NodeEvent) => void>();
  const health: NodeHealth = {
    draining: false,
    store: 'ok',
    storeReason: '',
    callsActive: 1,
    bindings: 1,
    phones: 1,
    transactions: 2,
    tables: { dialogs: 2, nonces: 1 },
  };
  const state = { health };
  const node: NodeControl = {
    phones: () => [RECEPTION, WORKSHOP],
    trunks: () => [TRUNK],
    calls: () => [CALL],
    counters: () => ({ malformed: 3 }),
    health: () => state.health,
    brownout: () => BROWNOUT,
    shield: () => ATTACKED,
    abusers: () => [ABUSER],
    pardon: () => true,
    doors: () => [DOOR, OLD_DOOR],
    changeDoor: async () => {},
    fraud: () => FRAUD,
    diverted: () => ACME.diverted,
    allowUnusual: () => true,
    disallowUnusual: () => true,
    clearUnusual: () => true,
    rehearse: () => ({ step: () => true, report: () => REHEARSAL }),
    directoryChanged() {},
    hangUp: () => true,
    deleteMessage: async () => ({ type: 'done' }),
    startTestCall: () => 'test-1',
    startRehearsal: () => 'rehearsal-1',
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const tell = (event: NodeEvent) => {
    for (const listener of listeners) listener(event);
  };
  return { node, state, tell };
}

export function exampleAdmin(node: NodeControl) {
  const asked: (readonly [UseCase, ...unknown[]])[] = [];
  const failing = new Map<UseCase, RingthroughError>();
  const answer = (useCase: UseCase, args: readonly unknown[]): unknown => {
    // An abort signal is the surface's own affair.
    asked.push([useCase, ...args.filter((arg) => !(arg instanceof AbortSignal))]);
    const failure = failing.get(useCase);
    if (useCase === 'rehearsePlan') return stream(EXAMPLES.rehearsePlan, failure);
    if (useCase === 'testCall') return stream(EXAMPLES.testCall, failure);
    if (useCase === 'trace' && failure === undefined) return stream(EXAMPLES.trace, undefined);
    if (useCase === 'trace') throw failure;
    if (failure !== undefined && SYNCHRONOUS.has(useCase)) throw failure;
    if (failure !== undefined) return Promise.reject(failure);
    const example = EXAMPLES[useCase];
    return SYNCHRONOUS.has(useCase) ? example : Promise.resolve(example);
  };
  const real = new Admin({
    store: undefined as unknown as Store,
    notices: undefined as unknown as NoticeDesk,
    recordings: undefined as unknown as Recordings,
    speech: undefined as unknown as Speech,
    node,
    clock: { now: () => NOW },
    random: { bytes: (count) => new Uint8Array(count), fraction: () => 0 },
    hashing: { md5Hex: () => '', sha256Hex: () => '', hmacSha256Hex: () => '' },
    secrets: { hash: async () => '', verify: async () => false },
    realm: 'voice.example.net',
    country: 'GB',
    controlNumbers: [],
    prompts: [],
    trace: new Trace({ keepMs: 0 }),
  });
  const admin = new Proxy(real, {
    get: (_target, name) => {
      const asks =
        (useCase: string) =>
        (...args: unknown[]) =>
          answer(useCase as UseCase, args);
      if (name !== 'sounds' && name !== 'notices') return asks(String(name));
      return new Proxy({}, { get: (_group, method) => asks(`${name}.${String(method)}`) });
    },
  });
  return { admin, asked, failing };
}

async function* stream<Item>(
  items: readonly Item[],
  failure: RingthroughError | undefined,
): AsyncGenerator<Item> {
  if (failure !== undefined) throw failure;
  yield* items;
}

export function notFound(what: string): RingthroughError {
  return new RingthroughError('NOT_FOUND', `there is no ${what}`);
}
