import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { AT, ATTACKED, CALM } from '../../test/surfaces/example-shield.ts';
import type { ShieldView } from '../node/views.ts';
import type { Lane } from '../ports/shield.ts';
import { shieldPicture } from './shield-picture.ts';

process.env['TZ'] = 'UTC';

function picture(view: ShieldView, over: Partial<Parameters<typeof shieldPicture>[1]> = {}): string {
  return shieldPicture(view, { columns: 110, listed: 10, colour: false, now: AT, ...over });
}

describe('the picture of an attack', () => {
  test('has what is needed first, first', () => {
    assert.equal(
      picture(ATTACKED),
      `ATTACK  for 4 min 12 s · certain · forged or not, nobody can tell                                     09:30:00
strangers who prove nothing send 41,200 packets a second, normally 1.2; 0 % of challenges are answered rightly

Customers  feel nothing: nothing dropped, read within 4 ms, timers 3 ms late
Kernel     netdev ringthrough_london_1, on eth0; fullest table: familiar4, 0.9 %

LANE        IN/S  DROPPED/S  NORMAL/S  MBIT/S
emergency      0          0         ?     0.0
carriers      31          0        28     0.2
known        182          0       175     0.7
strangers  1,000     40,200       7.0   148.0
refused        0          0         ?     0.0

STRANGERS FROM         /S  SHARE    THEY SEND   /S  NORMAL/S    THEY CALL THEMSELVES  SHARE
198.51.100.0/24       140   14 %    REGISTER   547       6.0    friendly-scanner       82 %
203.0.113.0/24         32  3.2 %    INVITE     366       0.4    nothing                18 %
2001:db8:0:ab00::/56   10  1.0 %    garbage     87         0

MALFORMED  SHARE
not-sip    100 %
9,800 addresses a second, spread as evenly as over 3,912 networks; 0.4 % of 634 challenges a second were
answered rightly.

This attack  2026-11-24 09:25:46, 4 min 14 s: 10,400,000 packets, 92 % dropped, at most 44,100 a second;
             10,130 addresses, nobody can tell whether they are forged
`,
    );
  });

  test('fits a narrow window, and colours change no letter', () => {
    const narrow = picture(ATTACKED, { columns: 72, colour: true });
    assert.ok(narrow.includes('\x1b[31mATTACK\x1b[0m'));
    const plain = stripVTControlCharacters(narrow);
    assert.equal(plain, picture(ATTACKED, { columns: 72 }));
    for (const line of plain.split('\n')) assert.ok(line.length <= 72, line);
  });

  test('shows as many rows of each list as there is room for', () => {
    assert.doesNotMatch(picture(ATTACKED, { listed: 2 }), /2001:db8/);
  });

  test('shows a few networks where none stands out', () => {
    const even = Array.from({ length: 10 }, (_, n) => ({
      network: `198.51.${n}.0/24`,
      perSecond: 3,
      share: 0.001,
    }));
    const { newcomers } = ATTACKED;
    const told = picture({ ...ATTACKED, newcomers: { ...newcomers, networks: even } });
    assert.equal(told.match(/198\.51\./g)?.length, 3);
  });

  test('shows what they sent before, where the kernel lets none of them through any more', () => {
    const { newcomers } = ATTACKED;
    assert.match(
      picture({ ...ATTACKED, newcomers: { ...newcomers, kinds: [] } }),
      /THEY SENT +SHARE[\s\S]*REGISTER +55 %/,
    );
  });

  test('lets strangers write nothing on the terminal', () => {
    const { newcomers } = ATTACKED;
    const userAgents = [{ text: '\x1b[2J', share: 1 }];
    assert.ok(!picture({ ...ATTACKED, newcomers: { ...newcomers, userAgents } }).includes('\x1b'));
  });
});

describe('whether customers feel it', () => {
  const customers = (view: Partial<ShieldView>) =>
    /^Customers +(.*)$/m.exec(picture({ ...CALM, ...view }))?.[1];

  test('is told from what is dropped of theirs, and how long they wait', () => {
    assert.match(customers({}) ?? '', /^feel nothing: nothing dropped, read within 2 ms/);
    assert.match(customers({ waitMs: 900 }) ?? '', /^wait too long: read within 900 ms/);
    const lanes = CALM.lanes.map((rate) =>
      rate.lane === 'known' ? { ...rate, droppedPerSecond: 12 } : rate,
    );
    assert.match(customers({ lanes }) ?? '', /^12 packets a second beyond the budgets of known flows/);
  });

  test('includes what is shed and a storm of registrations', () => {
    const told = picture({
      ...CALM,
      brownout: {
        rungs: [{ rung: 'options', engaged: { since: AT - 30_000, until: AT, reason: '' }, shed: 9 }],
        storm: { governing: true, perSecond: 100, waiting: 4_200, putOff: 0 },
        inGrace: 0,
      },
    });
    assert.match(told, /^Shedding +options for 30 s$/m);
    assert.match(told, /^Storm +phones come back at 100 a second; 4,200 were told to wait$/m);
  });
});

describe('the picture of a quiet night', () => {
  test('says calm, for how long, and what the last attack was', () => {
    const told = picture({
      ...CALM,
      attacks: [{ ...(ATTACKED.attack as object), ended: AT - 90_000 }] as never,
    });
    assert.match(told, /^calm {2}for 3 h 6 min +09:30:00\nnothing is unusual\n\n/);
    assert.match(told, /^Last attack +2026-11-24 09:25:46, 2 min 44 s: /m);
    assert.match(told, /^Kernel +does not help; the node does all of it$/m);
  });

  test('says so where the node does not know yet what is normal', () => {
    assert.match(picture({ ...CALM, knowsNormal: false }), /has not seen enough yet/);
  });

  test('moves: each lane has its last minute', () => {
    const rates = Array.from({ length: 60 }, (_, n) => (n < 57 ? 10 : 80));
    const history = new Map<Lane, readonly number[]>([
      ['known', rates],
      ['carrier', [0, 0]],
    ]);
    const told = picture(CALM, { history });
    assert.match(told, /^known .* {2}▂{19}█$/m);
    assert.match(told, /^carriers .*0\.2$/m);
  });
});
