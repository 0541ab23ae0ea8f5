import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { inOffice, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import { LIMITS } from '../base/limits.ts';
import { TEST_TONE_HZ } from './test-call.ts';

const story = inOffice({ plan: [ring('reception')] });

/** Starts one; gives what the test caller tells, growing as it happens. */
function start({ node, stage }: Office): { readonly id: string; readonly told: () => readonly string[] } {
  let id = '';
  stage.act(() => {
    const { result, effects } = node.startTestCall(NUMBER, stage.now);
    assert.ok(result.ok);
    id = result.value;
    return effects;
  });
  const told = () =>
    stage.events.flatMap((event) => {
      if (event.type !== 'test-call' || event.testCallId !== id) return [];
      const verdict = event.final ? (event.passed ? ' (passed)' : ' (failed)') : '';
      return [`${event.entry.text}${verdict}`];
    });
  return { id, told };
}

describe('a test call', () => {
  story('goes out over a trunk, speaks and listens, and passes when it has heard somebody', (office) => {
    const test = start(office);
    const carrier = office.carrier.called();
    assert.equal(carrier.invite.uri, `sip:${NUMBER}@198.51.100.1`);
    assert.equal(carrier.header('Privacy'), 'id');
    office.pass(40);
    carrier.rings();
    office.pass(2_000);
    carrier.answers();
    carrier.acknowledged();
    assert.equal(office.hears(carrier), `${TEST_TONE_HZ} Hz`);
    office.isHeard(carrier);
    office.pass(2_999);
    assert.throws(() => carrier.takes('BYE'));
    office.pass(1);
    carrier.hungUp();
    assert.deepEqual(test.told(), [
      `a test caller calls ${NUMBER} over carrier-a`,
      'the caller hears ringing: 180 after 40 ms',
      'answered after 2.0 s',
      'the caller hears the far end',
      'the caller hung up (passed)',
    ]);
    assert.deepEqual(office.stage.ledger, [], 'it is no attempt of anybody’s');
  });

  story('comes in again like anybody’s call, and is one in the ledger then', (office) => {
    const test = start(office);
    const out = office.carrier.called();
    const caller = office.call({ from: '"Anonymous" <sip:anonymous@anonymous.invalid>' });
    const phone = office.reception.rings();
    caller.expect(180);
    out.rings();
    phone.answers();
    caller.connected();
    phone.acknowledged();
    out.answers();
    out.acknowledged();
    office.isHeard(out);
    office.pass(3_000);
    out.hungUp();
    caller.hangsUp();
    phone.hungUp();
    assert.match(test.told().at(-1) ?? '', /passed/);
    assert.equal(office.stage.entry.outcome, 'answered');
  });

  story('that hears nothing for 10 s has failed', (office) => {
    const test = start(office);
    const carrier = office.carrier.answers();
    office.pass(10_000);
    carrier.hungUp();
    assert.equal(test.told().at(-1), 'the caller hung up (failed)');
  });

  story('that hears an announcement was not answered: it has failed, and says what it heard', (office) => {
    const test = start(office);
    const carrier = office.carrier.called();
    carrier.plays();
    office.isHeard(carrier);
    office.pass(3_000);
    carrier.refuses(480);
    assert.deepEqual(test.told().slice(1), [
      'the caller hears sound before an answer: 183 after 0 ms',
      'the caller hears sound',
      '480 Temporarily Unavailable (failed)',
    ]);
  });

  story('ends when the far end hangs up, and knows of no other request', (office) => {
    const test = start(office);
    const carrier = office.carrier.answers();
    carrier.tells('INVITE', { sdp: carrier.session({ version: 2 }) }).expect(405);
    office.isHeard(carrier);
    carrier.hangsUp();
    assert.equal(test.told().at(-1), 'the far end hung up (passed)');
  });

  story('over a carrier that says nothing has failed after 2 s', (office) => {
    office.carrier.dead = true;
    const test = start(office);
    office.pass(2_000);
    assert.equal(test.told().at(-1), 'gave no sign of life in 2 s (failed)');
  });

  story('that nobody answers is given up after five and a half minutes', (office) => {
    const test = start(office);
    const carrier = office.carrier.rings();
    office.pass(330_000);
    carrier.withdrawn();
    assert.equal(test.told().at(-1), 'the caller gave up (failed)');
  });

  story('that finds no free port has failed', (office) => {
    office.stage.relay.failing = 'no free ports';
    const test = start(office);
    assert.match(test.told().at(-1) ?? '', /no free ports \(failed\)$/);
    assert.equal(office.carrier.rung, 0);
  });

  story('is given up by whoever stops the node', (office) => {
    const test = start(office);
    const carrier = office.carrier.rings();
    office.stage.act(() => office.node.stop(office.stage.now));
    carrier.withdrawn();
    assert.equal(test.told().at(-1), 'the node is shutting down (failed)');
  });

  story('is over after 5 s even when the relay is dead', (office) => {
    start(office);
    const carrier = office.carrier.answers();
    office.stage.relay.dead = true;
    carrier.hangsUp();
    office.pass(5_000);
    assert.equal(office.node.leftovers().calls, 0);
  });
});

describe('how many test calls there may be', () => {
  story('one more than that is refused', (office) => {
    const tests = Array.from({ length: LIMITS.testCallsMax }, () => start(office));
    const { result } = office.node.startTestCall(NUMBER, office.stage.now);
    assert.deepEqual(result, { ok: false, error: 'too-many' });
    for (const test of tests) {
      office.carrier.called().refuses(486);
      assert.equal(test.told().at(-1), '486 Busy Here (failed)');
    }
  });

  const withoutTrunks = inOffice({ carrier: { outbound: false }, second: { outbound: false } });

  withoutTrunks('without a trunk out there is none', (office) => {
    const { result } = office.node.startTestCall(NUMBER, office.stage.now);
    assert.deepEqual(result, { ok: false, error: 'no-trunk' });
  });
});
