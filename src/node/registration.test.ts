import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { accountOf, inOffice, type Office, ring } from '../../test/stories/office.ts';
import { DOMAIN } from '../../test/stories/stage.ts';
import type { Binding } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';

const story = inOffice({ plan: [ring('reception')], registered: [] });

/** What was on disk for the workshop's phone, with so much time left. */
function keptOf(office: Office, leftMs: number): Binding {
  const { now } = office.stage;
  return {
    user: 'workshop',
    contact: 'sip:workshop@192.0.2.11:5060',
    parameters: '',
    flow: office.workshop.flow,
    path: [],
    callId: 'before',
    cseq: 4,
    q: 1000,
    userAgent: 'desk phone',
    registeredAt: now - 600_000,
    expiresAt: now + leftMs,
  };
}

function bindingWrites(office: Office): readonly (StoreWrite & { type: 'bindings' })[] {
  return office.stage.writes.filter((write) => write.type === 'bindings');
}

describe('REGISTER (RFC 3261 §10.3)', () => {
  story('is challenged, and answered with the binding once it is durable', (office) => {
    office.stage.storeHeld = true;
    const sent = office.reception.registers();
    sent.expectNothing();
    office.pass(5_000);
    sent.expectNothing();
    const [write] = bindingWrites(office);
    assert.deepEqual(
      write?.bindings.map(({ contact }) => contact),
      ['sip:reception@192.0.2.10:5060'],
    );
    office.stage.storeAnswers();
    const ok = sent.expect(200);
    assert.match(ok.headers.get('Contact') ?? '', /^<sip:reception@192\.0\.2\.10:5060>;.*expires=600/);
  });

  story(
    'is answered 200 though the store refuses: the phone is reachable as long as the node lives',
    (office) => {
      office.stage.storeHeld = true;
      const sent = office.reception.registers();
      office.stage.storeFails('the disk is full');
      sent.expect(200);
      const { caller, callee } = office.talk();
      caller.hangsUp();
      callee.hungUp();
      office.stage.storeAnswers();
    },
  );

  story('that is sent again while the store is slow is answered once', (office) => {
    office.stage.storeHeld = true;
    const sent = office.reception.registers();
    office.reception.repeats(sent);
    office.stage.storeAnswers();
    sent.expect(200);
    sent.expectNothing();
    assert.equal(bindingWrites(office).length, 1);
  });

  story('that only asks what is bound writes nothing', (office) => {
    office.reception.registers().expect(200);
    const before = bindingWrites(office).length;
    const ok = office.reception.asksForBindings().expect(200);
    assert.match(ok.headers.get('Contact') ?? '', /sip:reception@192\.0\.2\.10:5060/);
    assert.equal(bindingWrites(office).length, before);
  });

  story('of another user than the credentials are for gets 403', (office) => {
    const forged = office.reception.registersAs('workshop');
    assert.equal(forged.expect(403).reason, 'Credentials Are For Another User');
    assert.equal(bindingWrites(office).length, 0);
  });

  story('with a wrong password, or of a user that we don’t have, is challenged again and again', (office) => {
    for (const user of ['reception', 'nobody']) {
      const thief = office.thief(user);
      thief.registers().expect(401);
    }
    assert.equal(bindingWrites(office).length, 0);
  });

  story('for too short a time gets 423 with Min-Expires', (office) => {
    const short = office.reception.registers([['Expires', '10']]).expect(423);
    assert.equal(short.headers.get('Min-Expires'), '60');
  });

  story('that requires an extension that we don’t know gets 420', (office) => {
    const rows = [
      ['Require', 'pref'],
      ['Expires', '600'],
    ] as const;
    const response = office.reception.registersUnchallenged(rows).expect(420);
    assert.equal(response.headers.get('Unsupported'), 'pref');
  });

  story('with a Path binds the way, and calls take it (RFC 3327 §5.3)', (office) => {
    const rows = [
      ['Supported', 'path'],
      ['Path', '<sip:198.51.100.77;lr>'],
      ['Expires', '600'],
    ] as const;
    office.reception.registers(rows).expect(200);
    const { caller, callee } = office.talk();
    assert.equal(callee.header('Route'), '<sip:198.51.100.77;lr>');
    caller.hangsUp();
    callee.hungUp();
  });

  story('is told to whoever listens, as is what ends it', (office) => {
    office.reception.registers().expect(200);
    office.reception.registers([['Expires', '0']]).expect(200);
    office.workshop.registers([['Expires', '60']]).expect(200);
    office.workshop.dead = true;
    office.pass(61_000);
    const told = office.stage.events.flatMap((event) =>
      event.type === 'registration' ? [`${event.user}: ${event.text}`] : [],
    );
    assert.deepEqual(told, [
      'reception: registered sip:reception@192.0.2.10:5060 from 192.0.2.10:5060',
      'reception: unregistered sip:reception@192.0.2.10:5060',
      'workshop: registered sip:workshop@192.0.2.11:5060 from 192.0.2.11:5060',
      'workshop: registration expired',
    ]);
    assert.deepEqual(bindingWrites(office).at(-1), { type: 'bindings', user: 'workshop', bindings: [] });
  });
});

describe('a phone behind NAT', () => {
  story('is called where it registered from, whatever its Contact says', (office) => {
    office.reception.registers([['Expires', '600']], '<sip:reception@192.168.1.5:5062>').expect(200);
    const { caller, callee } = office.talk();
    assert.equal(callee.invite.uri, 'sip:reception@192.168.1.5:5062');
    caller.hangsUp();
    callee.hungUp();
  });
});

describe('a phone’s health', () => {
  story('is what its answers to OPTIONS say, and how fast they came', (office) => {
    office.reception.registers().expect(200);
    office.pass(1_000);
    const [view] = office.node.phones().filter(({ user }) => user === 'reception');
    const [binding] = view?.bindings ?? [];
    assert.deepEqual([binding?.reachability, binding?.roundTripMs], ['reachable', 0]);
    assert.equal(binding?.address, '192.0.2.10:5060');
  });

  story('any answer will do, were it 404', (office) => {
    office.reception.wellness = 404;
    office.reception.registers().expect(200);
    office.pass(60_000);
    assert.equal(office.node.phones()[0]?.bindings[0]?.reachability, 'reachable');
  });

  story('turns within 30 s when it dies, and back at once when it answers', (office) => {
    office.reception.registers().expect(200);
    office.pass(10_000);
    office.reception.dead = true;
    office.pass(30_000);
    assert.equal(office.node.phones()[0]?.bindings[0]?.reachability, 'unreachable');
    office.reception.dead = false;
    office.pass(60_000);
    assert.equal(office.node.phones()[0]?.bindings[0]?.reachability, 'reachable');
    const told = office.stage.events.flatMap((event) =>
      event.type === 'reachability' ? [event.reachability] : [],
    );
    assert.deepEqual(told, ['reachable', 'unreachable', 'reachable']);
  });
});

describe('a restart', () => {
  story('keeps bindings: the phone is rung without having registered again', (office) => {
    const kept = keptOf(office, 300_000);
    const gone = { ...kept, user: 'stranger', contact: 'sip:stranger@192.0.2.99' };
    const expired = { ...kept, contact: 'sip:workshop@192.0.2.98', expiresAt: office.stage.now - 900_000 };
    office.stage.start([accountOf({ plan: [ring('workshop')] })], [kept, gone, expired]);
    assert.equal(office.node.gauges()['bindings'], 1);
    const caller = office.call();
    const phone = office.workshop.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
  });

  story(
    'rings a phone whose registration ended while the node was down, and which could not come',
    (office) => {
      const kept = keptOf(office, -60_000);
      office.stage.start([accountOf({ plan: [ring('workshop')] })], [kept]);
      const caller = office.call();
      const phone = office.workshop.answers();
      caller.connected();
      caller.hangsUp();
      phone.hungUp();
      office.pass(120_000);
      assert.equal(office.node.gauges()['bindings'], 0);
    },
  );
});

describe('when an account changes', () => {
  story('a phone that it has no more is not registered any more, and may not call', (office) => {
    office.reception.registers().expect(200);
    office.stage.act(() => office.node.directoryChanged([], office.stage.now));
    assert.equal(office.node.gauges()['bindings'], 0);
    office.reception.invites(`sip:workshop@${DOMAIN}`).expect(401);
  });

  story('a new password makes the old one worthless', (office) => {
    const account = accountOf({});
    const phones = account.phones.map((phone) => ({ ...phone, secret: { ...phone.secret, sha256Ha1: '0' } }));
    office.stage.act(() => office.node.directoryChanged([{ ...account, phones }], office.stage.now));
    office.reception.registers().expect(401);
  });

  story('present calls go on', (office) => {
    office.reception.registers().expect(200);
    const { caller, callee } = office.talk();
    office.stage.act(() => office.node.directoryChanged([], office.stage.now));
    office.assertTalking(caller, callee);
    caller.hangsUp();
    callee.hungUp();
  });
});
