import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { accountOf, inOffice, type Office, ring } from '../../test/stories/office.ts';
import type { Phone } from '../../test/stories/phone.ts';
import { LIMITS } from '../base/limits.ts';
import { MINUTE_MS } from '../base/time.ts';

const story = inOffice({ plan: [ring('reception')], registered: ['workshop'] });

/** Guesses so often, a thousand times a second. */
function guesses(
  office: Office,
  thieves: readonly Phone[],
  times = 600,
): { refused: number; slowed: number } {
  const before = office.node.counters();
  for (let n = 0; n < times; n++) {
    thieves[n % thieves.length]?.guesses();
    office.pass(1);
  }
  const after = office.node.counters();
  const since = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0);
  return { refused: since('credentials_refused'), slowed: since('credentials_slowed') };
}

describe('guessing a phone’s password', () => {
  story('from one place is slowed to one try a minute, and told how long to wait', (office) => {
    const thief = office.thief('reception');
    const { refused, slowed } = guesses(office, [thief]);
    assert.ok(refused <= LIMITS.guessesFreeOfFlow + 2, `${refused} digests were looked at`);
    assert.equal(refused + slowed, 600);
    const answer = thief.registers().expect(503);
    assert.match(answer.headers.get('Retry-After') ?? '', /^[1-9]\d*$/);
    office.pass(10 * MINUTE_MS);
    assert.ok(guesses(office, [thief], 100).refused <= 2);
  });

  story('does not keep the owner out: not behind the same NAT, not from elsewhere', (office) => {
    const nat = office.reception.address.address;
    guesses(office, [office.thief('reception', { address: nat, port: 40_000 })]);
    office.reception.registers().expect(200);
    office.reception.another('203.0.113.99').registers().expect(200);
  });

  story('with many ports behind the owner’s own NAT does not keep a registered phone out', (office) => {
    office.reception.registers().expect(200);
    const nat = office.reception.address.address;
    const thieves = Array.from({ length: 200 }, (_, n) =>
      office.thief('reception', { address: nat, port: 40_000 + n }),
    );
    const { refused } = guesses(office, thieves);
    assert.ok(refused <= LIMITS.guessesFreeOfPlace + 2, `${refused} digests were looked at`);
    office.reception.registers().expect(200);
    // Its port behind the NAT has changed: it is known by its Contact and Call-ID.
    office.reception.moves({ address: nat, port: 61_234 });
    office.reception.registers([['Expires', '600']], '<sip:reception@192.0.2.10:5060>').expect(200);
  });

  story('from everywhere at once is slowed for the user, but not where it was let in before', (office) => {
    office.reception.registers().expect(200);
    office.reception.registers([['Expires', '0']]).expect(200);
    const thieves = Array.from({ length: 250 }, (_, n) =>
      office.thief('reception', { address: `198.18.${n >> 7}.${n & 127}`, port: 5060 }),
    );
    const { refused } = guesses(office, thieves);
    assert.ok(refused <= LIMITS.guessesFreeOfUser + 2, `${refused} digests were looked at`);
    office.reception.registers().expect(200);
    office.workshop.registers().expect(200);
  });

  story('with a forged address slows nobody: the nonce is not one of that address', (office) => {
    const thief = office.thief('reception');
    const answer = thief.prepared();
    thief.moves({ address: '192.0.2.200', port: 5060 });
    for (let n = 0; n < 100; n++) thief.sends(answer, 401);
    assert.equal(office.count('credentials_refused'), 0);
    office.reception.registers().expect(200);
  });

  story('cannot be done with old nonces: the answer tells nothing of the digest', (office) => {
    const thief = office.thief('reception');
    const [right, wrong] = [office.reception.prepared(), thief.prepared()];
    office.pass(LIMITS.nonceLifetimeMs + 1);
    for (const refusal of [office.reception.sends(right, 401), thief.sends(wrong, 401)]) {
      assert.match(refusal.headers.get('WWW-Authenticate') ?? '', /stale=true/);
    }
  });

  story('ends with a new password: what was wrong before does not count any more', (office) => {
    const thief = office.thief('reception');
    guesses(office, [thief], 100);
    thief.registers().expect(503);
    const account = accountOf({});
    const phones = account.phones.map((phone) => ({ ...phone, secret: { ...phone.secret, sha256Ha1: '0' } }));
    office.stage.act(() => office.node.directoryChanged([{ ...account, phones }], office.stage.now));
    thief.registers().expect(401);
  });
});
