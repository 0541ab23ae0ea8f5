import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { CALLER, dial, inOffice, MOBILE, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import type { Peer } from '../../test/stories/peer.ts';
import type { Sent } from '../../test/stories/said.ts';
import { DOMAIN } from '../../test/stories/stage.ts';
import { text, utf8 } from '../base/bytes.ts';
import { LIMITS } from '../base/limits.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { type Load, RUNGS, type Rung } from '../ports/shield.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';

const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

const crowded = inOffice({
  plan: [ring('reception'), dial(MOBILE)],
  more: Array.from({ length: 120 }, (_, n) => `desk${n}`),
});

const BUSY: Load = {
  waitMs: 240,
  patientWaitMs: 0,
  overflowed: 0,
  patientOverflowed: 0,
  lateMs: 10,
  known: 500,
  strangers: 100,
};
const AT_THE_EDGE: Load = { ...BUSY, waitMs: 60 };
const QUIET: Load = { ...BUSY, waitMs: 2, lateMs: 1 };

function under(office: Office, load: Load, forMs: number): void {
  for (let passed = 0; passed < forMs; passed += LIMITS.loadIntervalMs) {
    office.stage.act(() => office.node.pressed(load, office.stage.now));
    office.pass(LIMITS.loadIntervalMs);
  }
}

/** The node has too much to do until this rung is engaged, and no longer. */
function upTo(office: Office, rung: Rung): void {
  const isEngaged = () =>
    office.node.brownout().rungs.find((one) => one.rung === rung)?.engaged !== undefined;
  for (let n = 0; n < 100 && !isEngaged(); n++) under(office, BUSY, LIMITS.loadIntervalMs);
  assert.ok(isEngaged());
}

function asks(peer: Peer, method: string, to = `sip:${DOMAIN}`): Sent {
  const rows = Headers.of([
    ['Max-Forwards', '70'],
    ['From', `<sip:${peer.user}@${DOMAIN}>;tag=${peer.token()}`],
    ['To', `<${to}>`],
    ['Call-ID', peer.token()],
    ['CSeq', `1 ${method}`],
  ]);
  return peer.send(new SipRequest(method, to, rows));
}

/** Whole seconds. */
function retryAfter(sent: Sent): number {
  return Number(sent.expect(503).headers.get('Retry-After'));
}

describe('a node with more to do than it can', () => {
  story('tells when it begins to shed, why, and when it ends', (office) => {
    under(office, BUSY, 1.5 * SECOND_MS);
    under(office, QUIET, 6 * SECOND_MS);
    const told = office.stage.events.filter(({ type }) => type === 'shield-rung');
    assert.deepEqual(
      told.map((event) => event.type === 'shield-rung' && [event.rung, event.engaged, event.reason]),
      [
        ['options', true, 'known packets waited 240 ms'],
        ['options', false, 'quiet for 5.0 s'],
      ],
    );
  });

  story('answers OPTIONS in brief, so that nobody takes it for dead', (office) => {
    assert.ok(asks(office.reception, 'OPTIONS').expect(200).headers.has('Allow'));
    upTo(office, 'options');
    assert.equal(asks(office.reception, 'OPTIONS').expect(200).headers.has('Allow'), false);
    asks(office.carrier, 'OPTIONS').expect(200);
    assert.equal(office.node.brownout().rungs[0]?.shed, 2);
  });

  story('puts SUBSCRIBE and PUBLISH off', (office) => {
    upTo(office, 'presence');
    for (const method of ['SUBSCRIBE', 'PUBLISH']) {
      const seconds = retryAfter(asks(office.reception, method));
      assert.ok(seconds >= 30 && seconds <= 90, `${seconds}`);
    }
  });

  crowded('puts refreshes off beyond the lowest pace, and keeps what is bound', (office) => {
    const phones = Array.from({ length: 120 }, (_, n) => office.newPhone(`desk${n}`, `198.18.0.${n}`));
    for (const phone of phones) {
      phone.registers().expect(200);
      office.pass(20);
    }
    office.pass(9 * MINUTE_MS + 50 * SECOND_MS);
    upTo(office, 'registrations');
    const sent = phones.map((phone) => phone.registersUnchallenged([['Expires', '600']]));
    const putOff = sent.filter((one) => one.unmentioned()[0]?.includes('503'));
    assert.equal(putOff.length, 120 - LIMITS.registersPerSecondMin);
    for (const one of putOff) assert.ok(retryAfter(one) <= LIMITS.registerWaitMaxMs / SECOND_MS);
    for (const one of sent) if (!putOff.includes(one)) one.expect(401);
    under(office, QUIET, 30 * SECOND_MS);
    assert.equal(office.node.gauges()['bindings'], 123);
  });

  story('lets in who answers the challenge of a refresh that was let in', (office) => {
    upTo(office, 'registrations');
    office.reception.registers().expect(200);
  });

  story('lets the refresh in once the binding has come to its end', (office) => {
    office.pass(9 * MINUTE_MS + 50 * SECOND_MS);
    upTo(office, 'registrations');
    under(office, AT_THE_EDGE, 10 * SECOND_MS);
    const [binding] = office.node.phones().find(({ user }) => user === 'reception')?.bindings ?? [];
    assert.ok(binding?.graceUntil !== undefined);
    office.reception.registers().expect(200);
  });

  story('lets phones register that are not registered', (office) => {
    upTo(office, 'inbound-invites');
    office.workshop.another('192.0.2.99').registers().expect(200);
  });

  story('lets a phone unregister', (office) => {
    upTo(office, 'registrations');
    office.reception.registers([['Expires', '0']]).expect(200);
  });

  story("puts newcomers' calls off before phones', and phones' before carriers'", (office) => {
    const stranger = office.stranger();
    upTo(office, 'newcomer-invites');
    assert.ok(retryAfter(stranger.invites(`sip:${NUMBER}@${DOMAIN}`).sent) <= 6);
    const placed = office.reception.calls(MOBILE);
    const mobile = office.carrier.answers();
    placed.connected();
    upTo(office, 'outbound-invites');
    const refused = office.workshop.invites(`sip:${MOBILE}@${DOMAIN}`);
    assert.ok(retryAfter(refused.sent) <= 6);
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
    placed.hangsUp();
    mobile.hungUp();
  });

  story(
    'refuses a carrier the one call, without having it send none at all, and keeps a row of it',
    (office) => {
      upTo(office, 'inbound-invites');
      const answer = office.call().expect(503);
      assert.equal(answer.headers.get('Retry-After'), undefined);
      const { outcome, called, caller, reason } = office.stage.entry;
      assert.deepEqual([outcome, called, caller], ['refused', NUMBER, CALLER]);
      assert.equal(reason, 'the node has more to do than it can');
    },
  );

  story('asks a carrier that goes by it to send nearly nothing that begins (RFC 7339)', (office) => {
    const invite = [
      `INVITE sip:${NUMBER}@${DOMAIN} SIP/2.0`,
      'Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKoc;oc;oc-algo="loss"',
      'Max-Forwards: 70',
      'From: <sip:someone@carrier-a.example>;tag=1',
      `To: <sip:${NUMBER}@${DOMAIN}>`,
      'Call-ID: oc',
      'CSeq: 1 INVITE',
      'Content-Length: 0',
    ];
    upTo(office, 'inbound-invites');
    const bytes = utf8(`${invite.join('\r\n')}\r\n\r\n`);
    const effects = office.node.receive([{ flow: office.carrier.flow, bytes }], office.stage.now);
    const answers = effects.flatMap((effect) => (effect.type === 'send' ? [text(effect.bytes)] : []));
    assert.match(answers.join(), /^SIP\/2\.0 503 .*\r\nVia: [^\r]*;oc=90;oc-algo="loss";oc-validity=2000/);
    office.pass(LIMITS.rungOptionsMs);
  });

  story('goes on with the calls that there are', (office) => {
    const { caller, callee } = office.talk();
    upTo(office, 'inbound-invites');
    const hold = caller.tells('INVITE', { sdp: caller.session({ direction: 'sendonly' }) });
    const held = callee.takes('INVITE');
    held.reply(200, { sdp: callee.session({ direction: 'recvonly' }) });
    hold.expect(200);
    caller.acknowledges(hold);
    caller.hangsUp();
    callee.hungUp();
  });

  story('goes on with a call that had begun, when its INVITE comes again', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.expect(180);
    upTo(office, 'inbound-invites');
    office.carrier.repeats(caller.sent);
    callee.answers();
    callee.acknowledged();
    caller.connected();
    caller.hangsUp();
    callee.hungUp();
  });

  for (const number of ['999', '112', '9-9-9']) {
    story(`never sheds a call to ${number}`, (office) => {
      upTo(office, 'inbound-invites');
      const caller = office.reception.calls(number);
      const help = office.carrier.answers();
      caller.connected();
      caller.hangsUp();
      help.hungUp();
    });
  }

  story('never sheds what a phone in an emergency call asks for', (office) => {
    const caller = office.reception.calls('999');
    const help = office.carrier.answers();
    caller.connected();
    upTo(office, 'inbound-invites');
    office.reception.registers().expect(200);
    const other = office.reception.calls(MOBILE);
    const mobile = office.carrier.answers();
    other.connected();
    for (const [from, to] of [[caller, help] as const, [other, mobile] as const]) {
      from.hangsUp();
      to.hungUp();
    }
  });

  story('has every rung released in the end, though it never hears of the load again', (office) => {
    upTo(office, 'inbound-invites');
    office.pass(LIMITS.rungOptionsMs);
    assert.deepEqual(
      office.node.brownout().rungs.filter(({ engaged }) => engaged !== undefined),
      [],
    );
    const ends = office.stage.events.flatMap((event) =>
      event.type === 'shield-rung' && !event.engaged ? [event.rung] : [],
    );
    assert.deepEqual(ends, [...RUNGS].reverse());
  });
});

describe('a storm of registrations', () => {
  const full = inOffice({ plan: [ring('reception'), dial(MOBILE)], registered: ['reception', 'workshop'] });

  /** So many phones of one user, each at a place of its own, in one instant. */
  function crowd(office: Office, phones: number) {
    const all = Array.from({ length: phones }, (_, n) => office.attic.another(`198.18.${n >> 8}.${n & 255}`));
    return all.map((phone) => ({ phone, request: phone.prepared() }));
  }

  full('has those beyond its pace come later, tells of it, and keeps what is bound', (office) => {
    const came = crowd(office, 130).map(({ phone, request }) => ({ phone, sent: phone.send(request) }));
    const waits = came.flatMap(({ sent }) => {
      const [told] = sent.unmentioned();
      if (told?.includes('503') !== true) {
        sent.expect(told?.includes('403') === true ? 403 : 200);
        return [];
      }
      return [retryAfter(sent)];
    });
    assert.ok(waits.length >= 25, `${waits.length} were put off`);
    assert.ok(
      waits.every((seconds) => seconds >= 1 && seconds <= 10),
      waits.join(' '),
    );
    assert.ok(new Set(waits).size > 1);
    assert.equal(office.node.brownout().storm.governing, true);
    assert.deepEqual(
      office.stage.events.flatMap((event) => (event.type === 'registration-storm' ? [event.governing] : [])),
      [true],
    );
    office.pass(3 * MINUTE_MS);
    assert.equal(office.node.brownout().storm.governing, false);
  });

  full('lets a phone in when it comes at its time, and looks at no digest before', (office) => {
    const came = crowd(office, 130).map(({ phone, request }) => ({ phone, sent: phone.send(request) }));
    const late = came.findLast(({ sent }) => sent.unmentioned()[0]?.includes('503'));
    assert.ok(late);
    for (const { sent } of came)
      for (const told of sent.unmentioned()) sent.expect(Number(/got (\d+)/.exec(told)?.[1]));
    assert.ok(office.node.brownout().storm.waiting > 0);
    assert.ok(retryAfter(late.phone.registersUnchallenged([])) >= 1);
    office.pass(15 * SECOND_MS);
    late.phone.registersUnchallenged([]).expect(401);
  });
});
