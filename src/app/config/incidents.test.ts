import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../base/time.ts';
import { parseConfig } from './load.ts';

const WATCH = 'watch: { probes: [{ name: a, tcp: "192.0.2.1:25" }] }\n';

function rulesOf(yaml: string) {
  const readSecret = () => '';
  return parseConfig(yaml, { file: 'my.yaml', folder: '/etc/ringthrough', readSecret }).incidents;
}

describe('how incidents are told', () => {
  test('has a default for everything', () => {
    const rules = rulesOf(WATCH);
    assert.deepEqual(rules.components, [{ name: 'a', fails: undefined }]);
    assert.deepEqual(rules.remindersMs, [72 * HOUR_MS, HOUR_MS]);
    assert.deepEqual([rules.resolveAfterMs, rules.degradedAfterMs], [5 * MINUTE_MS, 2 * MINUTE_MS]);
    assert.equal(rules.advice, '');
    assert.deepEqual(rulesOf('{}').components, []);
  });

  test('tells customers of the control number, where there is one', () => {
    const text = 'Your numbers ring your mobiles where your plan says so; dial';
    const at = (number: string) => rulesOf(`control: { numbers: "${number}" }`).advice;
    assert.equal(at('+442079460111'), `${text} 020 7946 0111 to divert them.`);
    assert.equal(at('+35319999999'), `${text} +353 1 999 9999 to divert them.`);
  });

  test('is as it is written', () => {
    const rules = rulesOf(`${WATCH}
control: { numbers: "+442079460111" }
status:
  components: [{ name: Mail, probes: a, fails: mail does not arrive }]
  resolveAfter: 10s
  advice: Write by hand.
  templates: [{ name: carrier, text: "{components} since {since}" }]
  reminders: 24h
`);
    assert.deepEqual(rules.components, [{ name: 'Mail', fails: 'mail does not arrive' }]);
    assert.deepEqual([rules.resolveAfterMs, rules.advice], [10_000, 'Write by hand.']);
    assert.deepEqual(rules.templates, [{ name: 'carrier', text: '{components} since {since}' }]);
    assert.deepEqual(rules.remindersMs, [24 * HOUR_MS]);
  });

  for (const [yaml, told] of [
    ['resolveAfter: 5s', /status\.resolveAfter.*must lie between 10s and 1h/],
    ['resolveAfter: 2h', /status\.resolveAfter.*must lie between 10s and 1h/],
    ['reminders: [1h, 90d]', /status\.reminders\[1\].*must lie between 1m and 30d/],
    [
      'templates: [{ name: a, text: b }, { name: a, text: c }]',
      /status\.templates\[1\]\.name.*is there twice/,
    ],
    [
      'templates: [{ name: a, text: "{components}: {cause}" }]',
      /status\.templates\[0\]\.text.*has \{cause\}; there are \{components\}, \{since\}, \{advice\}/,
    ],
    ['templates: [{ name: a, text: "since {since" }]', /status\.templates\[0\]\.text.*has \{since;/],
  ] as const) {
    test(`is refused with ${yaml}`, () => {
      const all = `${WATCH}status: { components: [{ name: Mail, probes: a }], ${yaml} }`;
      assert.throws(
        () => rulesOf(all),
        (error) => error instanceof RingthroughError && told.test(error.message),
      );
    });
  }
});
