import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Intake } from './intake.ts';
import { type ProbeResult, type SignedResult, signedText } from './result.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
/** A stand-in for signatures: the key and the text itself. */
const VERIFYING = {
  verify: (key: string, text: string, signature: string) => signature === `${key}:${text}`,
};

function signed(changes: Partial<ProbeResult> = {}, key = 'key-of-london'): SignedResult {
  const result = {
    watcher: 'london',
    probe: 'main',
    at: NOON,
    sequence: 1,
    outcome: 'passed',
    ...changes,
  } as const;
  return { ...result, signature: `${key}:${signedText(result)}` };
}

const intake = (startedAt = NOON - 60_000) => {
  const [london, paris] = ['london', 'paris'].map((name) => ({ name, publicKey: `key-of-${name}` }));
  assert.ok(london && paris);
  const probes = ['main', 'web'];
  return new Intake({ own: paris, watchers: [london], probes, verifying: VERIFYING }, startedAt);
};

describe('results come in', () => {
  test('when a known watcher has signed them, without the signature', () => {
    const accepted = intake().accept(signed(), NOON);
    assert.deepEqual(accepted, {
      ok: true,
      value: { watcher: 'london', probe: 'main', at: NOON, sequence: 1, outcome: 'passed' },
    });
  });

  for (const [title, result, why] of [
    ['of a watcher that is not known', signed({ watcher: 'oslo' }), 'unknown-watcher'],
    ['of a probe that is not known', signed({ probe: 'mail' }), 'unknown-probe'],
    ["signed by another's key", signed({ watcher: 'paris' }), 'bad-signature'],
    [
      'changed on their way',
      { ...signed({ outcome: 'failed' }), outcome: 'passed' as const },
      'bad-signature',
    ],
    ['with a reason that was not signed', { ...signed(), reason: 'fire' }, 'bad-signature'],
    ['of more than five seconds ahead', signed({ at: NOON + 5_001 }), 'from-the-future'],
    ['of more than thirty seconds ago', signed({ at: NOON - 30_001 }), 'too-old'],
  ] as const) {
    test(`never ${title}`, () => {
      assert.deepEqual(intake().accept(result, NOON), { ok: false, error: why });
    });
  }

  test('though the clock of the watcher is wrong by a little', () => {
    assert.ok(intake().accept(signed({ at: NOON + 5_000 }), NOON).ok);
    assert.ok(intake().accept(signed({ at: NOON - 30_000 }), NOON).ok);
  });

  test('once: what was sent before is refused, and so is what is older', () => {
    const door = intake();
    assert.ok(door.accept(signed({ sequence: 7 }), NOON).ok);
    assert.deepEqual(door.accept(signed({ sequence: 7 }), NOON), { ok: false, error: 'replayed' });
    assert.deepEqual(door.accept(signed({ sequence: 6 }), NOON), { ok: false, error: 'replayed' });
    assert.ok(door.accept(signed({ probe: 'web', sequence: 6 }), NOON).ok);
    assert.ok(door.accept(signed({ sequence: 8 }), NOON).ok);
  });

  test('never of before the start, whose sequence nobody remembers, as far as any clock may be ahead', () => {
    const door = intake(NOON);
    assert.deepEqual(door.accept(signed({ at: NOON - 1 }), NOON), { ok: false, error: 'before-start' });
    assert.deepEqual(door.accept(signed({ at: NOON + 4_999 }), NOON), { ok: false, error: 'before-start' });
    assert.ok(door.accept(signed({ at: NOON + 5_000 }), NOON).ok);
  });

  test("from the start where they are this node's own, whose clock is ours", () => {
    const own = (at: number) => signed({ watcher: 'paris', at }, 'key-of-paris');
    const door = intake(NOON);
    assert.deepEqual(door.accept(own(NOON - 1), NOON), { ok: false, error: 'before-start' });
    assert.ok(door.accept(own(NOON), NOON).ok);
  });

  test('and a forged one with a high sequence keeps out none of the real ones', () => {
    const door = intake();
    assert.ok(!door.accept(signed({ sequence: Number.MAX_SAFE_INTEGER }, 'forged'), NOON).ok);
    assert.ok(door.accept(signed({ sequence: 1 }), NOON).ok);
  });
});

describe('what is signed', () => {
  test('is one JSON array, whatever the order of the fields and measures was', () => {
    const { signature: _, ...result } = signed({ latencyMs: 12.5, measures: { loss: 0, jitterMs: 3 } });
    const turned = Object.fromEntries(Object.entries(result).reverse()) as unknown as ProbeResult;
    const expected = `["ringthrough-probe-result-1","london","main",${NOON},1,"passed",12.5,[["jitterMs",3],["loss",0]],null]`;
    assert.equal(signedText(result), expected);
    assert.equal(signedText({ ...turned, measures: { jitterMs: 3, loss: 0 } }), expected);
  });
});
