// Which of the strangers' packets that wait is better read first, the oldest or the newest?
//
//     node bench/waiting.ts
//
// New phones register through a line that more comes into than is read: 1,000 packets a second of bots and phones, of
// which so many are read. A phone sends again by Timer E (RFC 3261 §17.1.2.2) and needs two of its packets read, with
// the answer to the first in time for the second. Where there is no room, the oldest gives way. Seeded; no network.

import { LIMITS } from '../src/base/limits.ts';
import { SeededRandom } from '../test/simulation/world.ts';
import { print } from './report.ts';

const ARRIVING_PER_SECOND = 1_000;
const READ_PER_SECOND = [1_100, 900, 600, 300] as const;
const ORDERS = ['oldest', 'newest'] as const;
const SECONDS = 120;
/** That may send in one millisecond. */
const BOTS = 10;
const PHONES_PER_SECOND = 2;
const REPEATS_MS = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] as const;
const SOON_MS = 8_000;

interface Phone {
  readonly beganAt: number;
  stage: 1 | 2;
  stageAt: number;
  sent: number;
  doneAt?: number;
}

interface Waiter {
  readonly phone?: Phone;
  readonly stage: number;
}

function run(order: (typeof ORDERS)[number], readPerSecond: number): readonly Phone[] {
  const random = new SeededRandom(1);
  const phones: Phone[] = [];
  const line: Waiter[] = [];
  let owed = 0;
  for (let now = 0; now < SECONDS * 1_000; now++) {
    if (random.chance(PHONES_PER_SECOND / 1_000))
      phones.push({ beganAt: now, stage: 1, stageAt: now, sent: 0 });
    const arriving: Waiter[] = Array.from({ length: BOTS }, () => ({ stage: 0 })).filter(() =>
      random.chance(ARRIVING_PER_SECOND / 1_000 / BOTS),
    );
    for (const phone of phones) {
      const due = phone.stageAt + (REPEATS_MS[phone.sent] ?? Number.POSITIVE_INFINITY);
      if (phone.doneAt !== undefined || now < due) continue;
      phone.sent++;
      arriving.splice(random.between(0, arriving.length), 0, { phone, stage: phone.stage });
    }
    line.push(...arriving);
    while (line.length > LIMITS.waitingNewcomersMax) line.shift();
    for (owed += readPerSecond / 1_000; owed >= 1; owed--) {
      const { phone, stage } = (order === 'oldest' ? line.shift() : line.pop()) ?? { stage: 0 };
      if (phone === undefined || phone.stage !== stage || phone.doneAt !== undefined) continue;
      if (stage === 2) phone.doneAt = now;
      else Object.assign(phone, { stage: 2, stageAt: now, sent: 0 });
    }
  }
  return phones.filter(({ beganAt }) => beganAt < (SECONDS - 40) * 1_000);
}

function shareSoon(order: (typeof ORDERS)[number], readPerSecond: number): string {
  const phones = run(order, readPerSecond);
  const soon = phones.filter(({ beganAt, doneAt = Number.POSITIVE_INFINITY }) => doneAt - beganAt <= SOON_MS);
  return `${((100 * soon.length) / phones.length).toFixed(1)} %`;
}

print(`Registered within ${SOON_MS / 1_000} s, of ${ARRIVING_PER_SECOND} packets a second that arrive:\n`);
print('read/s   oldest first   newest first');
for (const perSecond of READ_PER_SECOND) {
  const [oldest = '', newest = ''] = ORDERS.map((order) => shareSoon(order, perSecond));
  print(`${String(perSecond).padStart(6)}${oldest.padStart(15)}${newest.padStart(15)}`);
}
