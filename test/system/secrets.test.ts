// Passwords, what is kept of them, digests, nonces and tokens stay out of logs, events and error messages, at the most
// talkative level, whatever goes wrong.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLog } from '../../src/adapters/pino-log/pino-log.ts';
import { readDocument } from '../../src/admin/documents/document.ts';
import { provisioningFile } from '../../src/admin/provisioning/schema.ts';
import { parseConfig } from '../../src/app/config/load.ts';
import { logEvent } from '../../src/app/event-log.ts';
import { RingthroughError } from '../../src/base/errors.ts';
import { accountOf, inOffice, ring } from '../stories/office.ts';

const SECRETS = {
  digits: '84629173',
  alias: '*trustno1',
  tag: '!hunter2',
  block: 'correct-horse',
};

/** Everything that a log at level debug says of these events, and the events themselves. */
function toldOf(events: Parameters<typeof logEvent>[1][]): string {
  const lines: string[] = [];
  for (const pretty of [true, false]) {
    const clock = { now: () => 0 };
    const log = createLog({ clock, level: 'debug', pretty, write: (line) => lines.push(line) });
    for (const event of events) logEvent(log, event);
  }
  return `${lines.join('')}${JSON.stringify(events)}`;
}

const story = inOffice({
  plan: [ring('reception')],
  registered: [],
  carrier: {
    credentials: { user: 'ringthrough', password: 'carrier-secret' },
  },
});

describe('a node that tells everything', () => {
  story('tells no password, digest or nonce', (office) => {
    const { stage } = office;
    const secrets = new Set(['reception-secret', 'carrier-secret', 'guessed']);
    for (const { secret } of accountOf({}).phones) {
      secrets.add(secret.md5Ha1);
      secrets.add(secret.sha256Ha1);
    }
    const thief = office.thief('reception');
    for (let n = 0; n < 10; n++) thief.guesses();
    for (const phone of [office.reception, thief]) {
      const value = phone.prepared().headers.get('Authorization') ?? '';
      for (const name of ['nonce', 'response', 'cnonce']) {
        secrets.add(new RegExp(` ${name}="([^"]+)"`).exec(value)?.[1] ?? assert.fail(`no ${name}`));
      }
    }
    office.reception.registers().expect(200);
    const out = office.reception.calls('+442079460123');
    office.carrier.called().refuses(407, {
      headers: [['Proxy-Authenticate', 'Digest realm="carrier", nonce="of-the-carrier", qop="auth"']],
    });
    const again = office.carrier.called();
    secrets.add('of-the-carrier');
    secrets.add(
      /response="([^"]+)"/.exec(again.header('Proxy-Authorization') ?? '')?.[1] ?? assert.fail('no digest'),
    );
    again.refuses(403);
    office.second.called().refuses(403);
    out.expect(403);
    const told = toldOf(stage.events) + JSON.stringify(stage.writes.filter(({ type }) => type === 'ledger'));
    assert.match(told, /SIP credentials refused/);
    for (const secret of secrets) assert.ok(!told.includes(secret), `${secret} is told`);
  });
});

describe('a mistake in a file', () => {
  for (const [kind, secret] of Object.entries(SECRETS)) {
    test(`does not quote a password (${kind})`, () => {
      const texts = [
        `accounts: [{ name: acme, phones: [{ user: reception, password: ${secret} }] }]`,
        `accounts: [{ name: acme, phones: [{ user: reception, password: ${secret}, password: ${secret} }] }]`,
        `accounts: [{ name: acme, phones: [{ user: reception, password: [${secret}] }, }] }`,
        `accounts:\n  - name: acme\n    phones:\n    - user: reception\n      password: ${secret}\n     x: 1\n`,
      ];
      for (const text of texts) {
        const read = readDocument(text, provisioningFile);
        const mistakes = read.ok ? [] : read.error;
        for (const { reason } of mistakes) assert.ok(!reason.includes(secret.slice(1)), reason);
      }
      const yaml = `trunks: [{ name: a, address: 192.0.2.1, user: u, password: ${secret}, registar: true }]`;
      const context = { file: 'my.yaml', folder: '/', readSecret: () => '' };
      assert.throws(
        () => parseConfig(yaml, context),
        (error: unknown) => error instanceof RingthroughError && !error.message.includes(secret.slice(1)),
      );
    });
  }
});
