import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { type Carrier, dial, inOffice, MOBILE, type Office } from '../../test/stories/office.ts';
import type { Placed, Ringing } from '../../test/stories/party.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import { LIMITS } from '../base/limits.ts';
import { SECOND_MS } from '../base/time.ts';

const limits = { callsMax: 100, divertedCallsMax: 100 };
const alone = { outbound: false };

/** Calls from so many different callers, all of them at once. */
function crowd(office: Office, callers: number): readonly Placed[] {
  return Array.from({ length: callers }, (_, index) =>
    office.call({ from: `<sip:+44207946080${index}@carrier-a.example>` }),
  );
}

/** Which of them have come to the mobile since, in this order. */
function came(carrier: Carrier, calls: number): readonly Ringing[] {
  return Array.from({ length: calls }, () => carrier.rings());
}

/** Those that go in the same instant have no order among them. */
function callersOf(calls: readonly Ringing[]): readonly string[] {
  return calls.map((call) => /080(\d)@/.exec(call.header('From') ?? '')?.[1] ?? 'somebody else').toSorted();
}

/** Each of them is told once, when its mobile rings or when it begins to wait. */
function ring180(callers: readonly Placed[]): void {
  for (const caller of callers) caller.expect(180);
}

function cancel(callers: readonly Placed[], calls: readonly Ringing[] = []): void {
  for (const caller of callers) {
    caller.cancels();
    caller.expect(487);
  }
  for (const call of calls) call.withdrawn();
}

describe('a carrier that takes so many calls in a second', () => {
  const setting = { plan: [dial(MOBILE)], limits, carrier: { callsPerSecondMax: 2 } };
  const story = inOffice({ ...setting, second: alone });

  story('is given no more; the others ring, and have their turn in the order of arrival', (office) => {
    const callers = crowd(office, 5);
    ring180(callers.slice(2));
    const calls = [...came(office.carrier, 2)];
    ring180(callers.slice(0, 2));
    assert.deepEqual(callersOf(calls), ['0', '1']);
    office.pass(SECOND_MS - 1);
    assert.equal(office.carrier.rung, 2);
    assert.equal(office.node.trunks()[0]?.callsWaiting, 3);
    office.pass(1);
    const next = came(office.carrier, 2);
    assert.deepEqual(callersOf(next), ['2', '3']);
    office.pass(SECOND_MS);
    const last = came(office.carrier, 1);
    assert.deepEqual(callersOf(last), ['4']);
    cancel(callers, [...calls, ...next, ...last]);
  });

  story('a call that would wait for too long hears at once that it cannot be put through', (office) => {
    const seconds = LIMITS.trunkTurnMaxMs / SECOND_MS;
    const callers = crowd(office, 2 * seconds + 2);
    const last = office.call();
    last.expect(183);
    assert.equal(office.hears(last), 'all-lines-failed');
    const calls = [...came(office.carrier, 2)];
    for (let second = 0; second < seconds; second++) {
      office.pass(SECOND_MS);
      calls.push(...came(office.carrier, 2));
    }
    ring180(callers);
    cancel(callers, calls);
    office.pass(PROMPT_MS);
    last.expect(480);
    assert.match(JSON.stringify(office.stage.writes), /no trunk can carry \+447700900123 now: they have/);
  });

  story('who hangs up while waiting is never dialled, and those behind have their turn', (office) => {
    const callers = crowd(office, 6);
    ring180(callers.slice(2));
    const calls = came(office.carrier, 2);
    ring180(callers.slice(0, 2));
    cancel(callers.slice(2, 4));
    office.pass(2 * SECOND_MS);
    const others = came(office.carrier, 2);
    assert.deepEqual(callersOf(others), ['4', '5']);
    cancel([...callers.slice(0, 2), ...callers.slice(4)], [...calls, ...others]);
  });

  story('an emergency call does not wait, and the others make room for it (law 7)', (office) => {
    const callers = crowd(office, 3);
    const calls = came(office.carrier, 2);
    office.pass(500);
    const urgent = office.reception.calls('999');
    const help = office.carrier.answers();
    urgent.connected();
    office.pass(500);
    const [third] = came(office.carrier, 1);
    assert.deepEqual(callersOf(third === undefined ? [] : [third]), ['2']);
    urgent.hangsUp();
    help.hungUp();
    ring180(callers);
    cancel(callers, [...calls, ...(third === undefined ? [] : [third])]);
  });

  story('a test call has its turn like all others', (office) => {
    const callers = crowd(office, 2);
    const calls = came(office.carrier, 2);
    office.stage.act(() => office.node.startTestCall(MOBILE, office.stage.now).effects);
    assert.equal(office.carrier.rung, 2);
    office.pass(SECOND_MS);
    office.carrier.called().refuses(486);
    ring180(callers);
    cancel(callers, calls);
  });

  const two = inOffice(setting);

  two('one more goes over the next trunk at once', (office) => {
    const callers = crowd(office, 3);
    const calls = [...came(office.carrier, 2), ...came(office.second, 1)];
    ring180(callers);
    cancel(callers, calls);
  });

  two('is worth a second’s wait where the next trunk is known to be dead', (office) => {
    office.second.dead = true;
    office.pass(60_000);
    const callers = crowd(office, 3);
    const calls = came(office.carrier, 2);
    office.pass(SECOND_MS);
    const late = came(office.carrier, 1);
    ring180(callers);
    cancel(callers, [...calls, ...late]);
  });
});

describe('two carriers that both take so many calls in a second', () => {
  const paced = { callsPerSecondMax: 1 };
  const story = inOffice({ plan: [dial(MOBILE)], limits, carrier: paced, second: paced });

  story('share what comes at once, and what fails over waits for its turn too', (office) => {
    const callers = crowd(office, 3);
    const first = office.carrier.called();
    const others = came(office.second, 1);
    first.refuses(503);
    assert.equal(office.second.rung, 1);
    office.pass(SECOND_MS);
    const late = [...came(office.carrier, 1), ...came(office.second, 1)];
    assert.deepEqual(callersOf(late), ['0', '2']);
    ring180(callers);
    cancel(callers, [...others, ...late]);
  });
});
