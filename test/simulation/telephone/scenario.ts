// What a seed means for those who call the node itself: who wants what, how they go about it, in which weather, and at
// which write the node dies.

import type { Reaction } from '../reactions.ts';
import { type CallSetting, type Fault, type Scenario, WEATHERS } from '../scenario.ts';
import { answers, phone, trunk } from '../story.ts';
import type { SeededRandom } from '../world.ts';
import type { Errand, Want, Wish } from './errand.ts';
import {
  CODES,
  CONTROL,
  CONTROL_NUMBER,
  MAILBOX_PIN,
  MOBILE,
  NUMBERS,
  officeAccount,
  PIN,
} from './office.ts';

const CALLS_FROM_MS = 5_000;
const CALLS_UNTIL_MS = 60_000;
/** Nobody is on the telephone for longer. */
const PATIENCE_MS = 150_000;
const TALK = { hangUpMs: PATIENCE_MS, holdMs: undefined, resumeMs: undefined } as const;

/** Somebody outside, or somebody at a phone of the office's. */
interface Caller {
  readonly by: string;
  readonly caller: string;
}

export function drawTelephone(random: SeededRandom): Scenario {
  const drawn = Array.from({ length: random.between(4, 7) }, (_, index) => drawCall(random, index));
  const calls = random.chance(0.3) ? [...drawn, ...drawTwoOwners(random)] : drawn;
  return {
    weather: random.weighted(WEATHERS),
    storeDelayMs: random.weighted([
      [6, [1, 8] as const],
      [2, [5, 60] as const],
      [3, [200, 1_500] as const],
    ]),
    mediaPairs: 100,
    accounts: [officeAccount()],
    phones: [phone('reception'), phone('workshop', { transport: random.chance(0.3) ? 'tcp' : 'udp' })],
    trunks: [trunk('carrier-a'), trunk('carrier-b')],
    records: {},
    dnsDelayMs: [1, 60],
    contactHosts: {},
    calls: random.chance(0.3) ? [...calls, ...drawGuessers(random)] : calls,
    reactions: {
      reception: drawReception(random),
      workshop: { type: 'ring', ringMs: 50 },
      'carrier-a': answers(random.between(500, 4_000)),
      'carrier-b': answers(2_000),
    },
    control: CONTROL,
    faults: drawFaults(random),
  };
}

function drawReception(random: SeededRandom): Reaction {
  return random.weighted<Reaction>([
    [3, { type: 'ring', ringMs: 50 }],
    [1, { type: 'reject', ringMs: 50, rejectMs: 500, status: 486 }],
    [1, answers(2_000, { ...TALK, hangUpMs: 20_000 })],
  ]);
}

function drawCall(random: SeededRandom, index: number): CallSetting {
  const outside = { by: random.pick(['carrier-a', 'carrier-b']), caller: `+4477009001${10 + index}` };
  const inside = { by: 'reception', caller: 'reception' };
  const phones = random.chance(0.3) ? inside : outside;
  switch (
    random.weighted([
      [4, 'message'],
      [6, 'divert'],
      [2.5, 'listen'],
      [3, 'code'],
      [2, 'menu'],
      [1, 'any'],
    ] as const)
  ) {
    case 'message':
      return callOf(random, outside, NUMBERS[0], {
        type: 'leave-message',
        says: random.pick(['words', 'words', 'words', 'nothing', 'noise'] as const),
        forMs: random.between(200, 12_000),
      });
    case 'divert':
      return callOf(random, phones, phones === inside ? CONTROL.controlCode : CONTROL_NUMBER, {
        type: 'divert',
        secrets: drawSecrets(random),
        wish: drawWish(random),
      });
    case 'listen':
      return callOf(random, inside, CONTROL.mailboxCode, {
        type: 'listen',
        pin: random.chance(0.9) ? MAILBOX_PIN : '0000',
        does: random.pick(['save', 'delete', 'next', 'greeting'] as const),
      });
    case 'code': {
      const service = random.pick(['21', '21', '61', '61', '62', '67', '67', '004', '002'] as const);
      const to = service !== '002' && random.chance(0.7) ? MOBILE : undefined;
      const dialled = to === undefined ? `%23${service}%23` : `*${service}*${to.replace('+44', '0')}%23`;
      return callOf(random, inside, dialled, { type: 'feature-code', service, to });
    }
    case 'menu':
      return callOf(random, outside, NUMBERS[1], {
        type: 'menu',
        key: random.chance(0.2) ? undefined : random.pick(['1', '2', '2', '3', '7']),
        forMs: random.between(200, 12_000),
      });
    case 'any': {
      const called = random.pick([...NUMBERS, CONTROL_NUMBER]);
      return callOf(random, outside, called, { type: 'any-keys' });
    }
  }
}

/** Two who listen to the same mailbox at once. */
function drawTwoOwners(random: SeededRandom): readonly CallSetting[] {
  const inside = { by: 'reception', caller: 'reception' };
  const atMs = random.between(CALLS_FROM_MS, CALLS_UNTIL_MS);
  return (['delete', random.pick(['next', 'save', 'delete'] as const)] as const).map((does) => ({
    ...callOf(random, inside, CONTROL.mailboxCode, { type: 'listen', pin: MAILBOX_PIN, does }),
    atMs: atMs + random.between(0, 12_000),
  }));
}

/** At most two wrong ones, which is how often people mistype. */
function drawSecrets(random: SeededRandom): readonly string[] {
  const wrong = Array.from(
    {
      length: random.weighted([
        [6, 0],
        [2, 1],
        [1, 2],
      ] as const),
    },
    () => '111111',
  );
  return [...wrong, random.chance(0.5) ? PIN : random.pick(CODES)];
}

function drawWish(random: SeededRandom): Wish {
  const to = random.pick([
    'known mobile',
    'new mobile',
    'new mobile',
    'new mobile',
    'mailbox',
    'plan',
  ] as const);
  return { number: random.between(0, 1), to };
}

/** Strangers, each from another number, who try PINs and codes that are none; and the owner, at a phone of theirs. */
function drawGuessers(random: SeededRandom): readonly CallSetting[] {
  const guessers = Array.from({ length: random.between(5, 12) }, (_, index) => {
    const secrets = Array.from({ length: 3 }, () =>
      random.chance(0.1)
        ? `07${random.between(10_000_000, 17_000_000)}`
        : `${random.between(500_000, 999_999)}`,
    );
    const guesser = { by: 'carrier-b', caller: `+4477009006${10 + index}` };
    const want = { type: 'divert', secrets, wish: { number: 0, to: 'new mobile' } } as const;
    return { ...callOf(random, guesser, CONTROL_NUMBER, want), atMs: random.between(1_000, CALLS_FROM_MS) };
  });
  const inside = { by: 'reception', caller: 'reception' };
  const want = { type: 'divert', secrets: [PIN], wish: drawWish(random) } as const;
  const owner = callOf(random, inside, CONTROL.controlCode, want);
  return [...guessers, { ...owner, atMs: random.between(CALLS_UNTIL_MS, CALLS_UNTIL_MS + 30_000) }];
}

/** How fast people react, and type: quickly, as most do, and slowly. */
const REACTING = [
  [100, 600],
  [300, 2_500],
  [2_000, 8_000],
] as const;
const TYPING = [
  [60, 150],
  [150, 600],
  [500, 2_000],
] as const;

function callOf(random: SeededRandom, { by, caller }: Caller, called: string, want: Want): CallSetting {
  const hurried = random.chance(0.3);
  // It takes the longest, and who asks for it has the time.
  const isLong = want.type === 'divert' && want.wish.to === 'new mobile';
  const errand: Errand = {
    want,
    keys: random.pick(['media', 'media', 'info', 'both'] as const),
    hurries: hurried && want.type !== 'any-keys',
    reactsMs: random.pick(isLong ? REACTING.slice(0, 2) : REACTING),
    gapMs: random.pick(isLong ? TYPING.slice(0, 2) : TYPING),
    hangsUpMs: random.chance(isLong ? 0.1 : 0.3) ? random.between(500, 60_000) : PATIENCE_MS,
  };
  return {
    atMs: random.between(CALLS_FROM_MS, CALLS_UNTIL_MS),
    by,
    called,
    caller,
    offers: !random.chance(0.1),
    patienceMs: PATIENCE_MS,
    talk: TALK,
    errand,
  };
}

function drawFaults(random: SeededRandom): readonly Fault[] {
  const faults: Fault[] = [];
  const at = (): number => random.between(CALLS_FROM_MS, CALLS_UNTIL_MS + 30_000);
  const downMs = (): number => random.between(200, 8_000);
  const moment = () => random.pick(['before', 'after', 'told'] as const);
  const of = () => random.pick(['anything', 'rows'] as const);
  for (let i = 0; i < 2; i++) {
    if (random.chance(0.3))
      faults.push({ type: 'crash-at-write', atMs: at(), moment: moment(), of: of(), downMs: downMs() });
  }
  if (random.chance(0.15)) faults.push({ type: 'node-crash', atMs: at(), downMs: downMs() });
  if (random.chance(0.2))
    faults.push({ type: 'disk-full', atMs: at(), forMs: random.between(5_000, 40_000) });
  if (random.chance(0.3)) {
    const to = random.chance(0.7) ? MOBILE : undefined;
    faults.push({ type: 'divert', number: random.pick(NUMBERS), to, atMs: at() });
  }
  return faults;
}
