import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../test/surfaces/cli.ts';
import { EXAMPLES, RECEPTION, WORKSHOP } from '../../test/surfaces/example-admin.ts';

function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}

describe('what phone list shows', () => {
  test('phone list: two flows of one device', async (t) => {
    const { run } = await cliAndApi(t);
    const [binding] = RECEPTION.bindings;
    assert.ok(binding);
    const flow = { ...binding, instance: 'urn:uuid:desk', roundTripMs: 3 };
    const bindings = [
      { ...flow, regId: 1 },
      { ...flow, regId: 2, address: '192.0.2.7:5064', transport: 'tcp' },
    ];
    t.mock.property(EXAMPLES, 'phones', [{ ...RECEPTION, bindings }]);
    assert.equal(
      (await run('phone', 'list')).out,
      lines(
        'PHONE      ACCOUNT  STATE      FLOW    ADDRESS         TRANSPORT  CLIENT        EXPIRES   ROUND TRIP',
        'reception  acme     reachable  1 of 2  192.0.2.7:5062  udp        Desk Phone 2  in 4 min  3.0 ms',
        'reception  acme     reachable  2 of 2  192.0.2.7:5064  tcp        Desk Phone 2  in 4 min  3.0 ms',
      ),
    );
  });

  test('phone list: what the lamps of phones tell of', async (t) => {
    const { run } = await cliAndApi(t);
    const phones = [
      { ...WORKSHOP, messages: { fresh: 2, saved: 8 } },
      { ...WORKSHOP, messages: { fresh: 0, saved: 8 } },
      { ...WORKSHOP, messages: { fresh: 0, saved: 0 } },
    ];
    t.mock.property(EXAMPLES, 'phones', phones);
    assert.equal(
      (await run('phone', 'list')).out,
      lines(
        'PHONE     ACCOUNT  STATE           LAMP',
        'workshop  acme     not registered  2 new',
        'workshop  acme     not registered  8 saved',
        'workshop  acme     not registered  no messages',
      ),
    );
  });
});
