// In a flood that no kernel holds off, much of what phones answer is lost on its way in: their silence proves nothing.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, type Office, ring } from '../../test/stories/office.ts';
import { LIMITS } from '../base/limits.ts';
import { SECOND_MS } from '../base/time.ts';
import type { Load } from '../ports/shield.ts';

const FLOODED: Load = {
  waitMs: 5,
  patientWaitMs: 0,
  overflowed: 0,
  patientOverflowed: 0,
  lateMs: 5,
  known: 100,
  strangers: (LIMITS.deafeningPerSecond * LIMITS.loadIntervalMs) / SECOND_MS + 1,
};
const QUIET: Load = { ...FLOODED, strangers: 10 };

function under(office: Office, load: Load, forMs: number): void {
  for (let passed = 0; passed < forMs; passed += LIMITS.loadIntervalMs) {
    office.stage.act(() => office.node.pressed(load, office.stage.now));
    office.pass(LIMITS.loadIntervalMs);
  }
}

function timeline({ stage }: Office): string {
  return stage.entry.timeline.map(({ text }) => text).join('\n');
}

/** A kernel shield drops so many packets a second of known flows, which somebody forges. */
function droppedOfKnown(office: Office, perSecond: number, seconds: number): void {
  const none = { admitted: 0, admittedBytes: 0, dropped: 0, droppedBytes: 0 };
  const nothing = { admitted: 0, dropped: 0 };
  for (let second = 0; second < seconds; second++) {
    const known = { ...none, dropped: perSecond * second };
    const lanes = { emergency: none, carrier: none, known, refused: none, newcomer: none };
    const more = { connects: nothing, media: nothing, fragments: nothing, garbage: 0, crowd: 0 };
    const counts = { lanes, ...more, doorNewcomers: new Map(), tables: {} };
    office.stage.act(() => office.node.kernelCounted(counts, office.stage.now));
    office.pass(SECOND_MS);
  }
}

describe('a phone that is silent while the node is deafened', () => {
  const story = inOffice({ plan: [ring('reception')] });
  const diverted = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('is not unreachable for it, however often it was asked', (office) => {
    office.reception.dead = true;
    under(office, FLOODED, 60 * SECOND_MS);
    office.reception.dead = false;
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
  });

  story(
    'is not unreachable, either, while a kernel drops much of what known flows seem to send',
    (office) => {
      office.reception.dead = true;
      droppedOfKnown(office, 1_000, 60);
      office.reception.dead = false;
      const { caller, callee } = office.talk();
      caller.hangsUp();
      callee.hungUp();
    },
  );

  story('has all of its time to answer where there is nobody else to try', (office) => {
    under(office, FLOODED, SECOND_MS);
    office.reception.dead = true;
    const caller = office.call();
    under(office, FLOODED, 7 * SECOND_MS);
    office.reception.dead = false;
    under(office, FLOODED, 4 * SECOND_MS);
    const phone = office.reception.rings();
    caller.expect(180);
    phone.answers();
    caller.connected();
    phone.acknowledged();
    caller.hangsUp();
    phone.hungUp();
    assert.match(timeline(office), /proves nothing in this flood/);
  });

  diverted(
    'costs the caller two seconds, as ever, where there is a mobile; and the next one tries it again',
    (office) => {
      under(office, FLOODED, SECOND_MS);
      office.reception.dead = true;
      const caller = office.call();
      under(office, FLOODED, 2 * SECOND_MS);
      const mobile = office.carrier.answers();
      caller.connected();
      caller.hangsUp();
      mobile.hungUp();
      const second = office.call();
      under(office, FLOODED, 2 * SECOND_MS);
      const again = office.carrier.answers();
      second.connected();
      assert.doesNotMatch(timeline(office), /stopped answering/);
      second.hangsUp();
      again.hungUp();
    },
  );

  story('is unreachable some seconds after the flood, when it is still silent', (office) => {
    under(office, FLOODED, SECOND_MS);
    office.reception.dead = true;
    under(office, QUIET, LIMITS.deafenedMs + 30 * SECOND_MS);
    const caller = office.call();
    caller.expect(183);
    assert.equal(office.reception.rung, 0);
    caller.cancels();
    caller.expect(487);
  });
});
