// Abuse that is no flood, at the whole core: who guesses or scans is refused for a time and told, the owner gets in.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { inOffice, type Office, ring } from '../../test/stories/office.ts';
import { LIMITS } from '../base/limits.ts';
import { MINUTE_MS } from '../base/time.ts';
import type { NodeEvent } from './views.ts';

const story = inOffice({ plan: [ring('reception')], registered: ['workshop'] });
const BOT = '198.18.0.1';

function abusers(office: Office): readonly (NodeEvent & { type: 'abuser' })[] {
  return office.stage.events.flatMap((event) => (event.type === 'abuser' ? [event] : []));
}

/** Tries users that there are and that there are not, each from a port of its own, until it is refused. */
function triesUsers(office: Office, address: string, times: number): void {
  for (let n = 0; n < times && office.count('abusers_found') === 0; n++)
    office.thief(n === 3 ? 'attic' : `user${n}`, { address, port: 10_000 + n }).guesses();
}

let ports = 30_000;

function isAnswered(office: Office, address: string, agent = 'desk phone'): boolean {
  const phone = office.thief('reception', { address, port: ports++ });
  const sent = phone.registersUnchallenged([['User-Agent', agent]]);
  return sent.unmentioned().length > 0 && sent.expect(401) !== undefined;
}

describe('who tries one user after another', () => {
  story('is refused after so many, the operator is told once, and it ends by itself', (office) => {
    triesUsers(office, BOT, 100);
    const [abuser, ...more] = abusers(office);
    assert.deepEqual(more, []);
    assert.equal(abuser?.address, BOT);
    assert.equal(abuser?.users, LIMITS.abuseUsersMax);
    assert.equal(abuser?.until, office.stage.now + MINUTE_MS);
    assert.equal(isAnswered(office, BOT), false);
    assert.equal(isAnswered(office, '198.18.0.2'), true);
    office.pass(MINUTE_MS + 1);
    assert.equal(isAnswered(office, BOT), true);
    assert.deepEqual(office.node.guard.abuse.list(office.stage.now), []);
  });

  story('among an office’s phones is only slowed: a phone of the office gets in meanwhile', (office) => {
    const { address } = office.workshop.address;
    triesUsers(office, address, 100);
    const [abuser] = abusers(office);
    assert.equal(abuser?.address, address);
    assert.equal(abuser?.until, undefined);
    office.reception.moves({ address, port: 7_777 });
    office.reception.registers().expect(200);
  });

  story('is pardoned by the operator, and begins anew', (office) => {
    triesUsers(office, BOT, 100);
    assert.equal(isAnswered(office, BOT), false);
    office.stage.act(() => {
      const { found, effects } = office.node.guard.abuse.pardon(BOT, office.stage.now);
      assert.ok(found);
      return effects;
    });
    assert.equal(isAnswered(office, BOT), true);
    assert.equal(office.node.guard.abuse.pardon('198.18.0.9', office.stage.now).found, false);
  });

  story('cannot have another address refused by forging it', (office) => {
    for (let n = 0; n < 100; n++) {
      const thief = office.thief(`user${n}`);
      const answer = thief.prepared();
      thief.moves({ address: '192.0.2.200', port: 10_000 + n });
      thief.sends(answer, 401);
    }
    assert.deepEqual(abusers(office), []);
  });
});

describe('the owner', () => {
  story(
    'gets in where it was let in before, while thousands of guesses rain on user and address',
    (office) => {
      office.reception.registers().expect(200);
      office.reception.registers([['Expires', '0']]).expect(200);
      office.pass(2 * LIMITS.lapsedFlowMs);
      const { address } = office.reception.address;
      const thieves = Array.from({ length: 100 }, (_, n) =>
        n % 2 === 0
          ? office.thief(`user${n}`, { address, port: 20_000 + n })
          : office.thief('reception', { address: `198.18.1.${n}`, port: 20_000 + n }),
      );
      for (let n = 0; n < 1_000; n++) {
        thieves[n % thieves.length]?.guesses();
        office.pass(10);
      }
      office.reception.moves({ address, port: 6_543 });
      office.reception.registers().expect(200);
    },
  );
});

describe('a tool that is made to scan', () => {
  story('gets no answer over UDP, and nothing is held against the address, which may be forged', (office) => {
    for (let n = 0; n < 100; n++) assert.equal(isAnswered(office, BOT, 'friendly-scanner'), false);
    assert.equal(office.count('tools_unanswered'), 100);
    assert.deepEqual(abusers(office), []);
    assert.equal(isAnswered(office, BOT), true);
  });

  story('is refused when it comes over connections, which prove the address', (office) => {
    const tool = office.thief('reception', { address: BOT, port: 4_000 }).another(BOT, 4_000, 'tcp');
    for (let n = 0; n < LIMITS.abuseToolMessagesMax; n++)
      tool.registersUnchallenged([['User-Agent', 'sipvicious/0.3']]);
    assert.match(abusers(office)[0]?.why ?? '', /sipvicious/);
    assert.equal(isAnswered(office, BOT), false);
  });
});

describe('whether there is a user', () => {
  story('is told by no answer: wrong passwords of one that there is and one that there is not', (office) => {
    const told = ['reception', 'nobody-here'].map((user, n) => {
      const thief = office.thief(user, { address: `198.18.2.${n}`, port: 5_060 });
      const answers = Array.from({ length: 12 }, () => {
        const sent = thief.registers();
        const [status] = sent.unmentioned().map((text) => Number(/ got (\d+) /.exec(text)?.[1]));
        const response = sent.expect(status ?? 0);
        office.pass(100);
        const told = response.headers.all('WWW-Authenticate').map((row) => row.replace(/nonce="[^"]*"/, ''));
        return [status, response.reason, ...told, response.headers.get('Retry-After')];
      });
      return answers;
    });
    assert.deepEqual(told[0], told[1]);
  });
});
