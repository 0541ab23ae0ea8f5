// What user agents of every kind may do in a call, played by sipp on both sides of the node: session timers, UPDATE,
// late offers, old and compact headers, carriers that stall or redirect.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Attempt, account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import {
  acknowledgesRefusal,
  answers,
  answersCall,
  endsCancelled,
  gets,
  hears,
  invites,
  invitesWith,
  isInvited,
  type Step,
  says,
  script,
  takes,
  waits,
} from './peers/script.ts';
import { Sipp } from './peers/sipp.ts';
import { CARRIER_HOST, createRig, freePorts } from './rig.ts';

const KEYS = { called: NUMBER, caller: '+447700900456' };
const UPDATES = 'Allow: INVITE, ACK, CANCEL, BYE, UPDATE, INFO';
const NO_UPDATES = 'Allow: INVITE, ACK, CANCEL, BYE';
/** Real ones are half an hour and 90 s. */
const SHORT = ['sessionExpires: 4s', 'minSessionExpires: 2s'];

const PICKS_UP = [isInvited(), answersCall(180), answersCall(200), takes('ACK')];
const IS_HUNG_UP = [takes('BYE'), answers(200)];
const hangsUp = (cseq: number) => [says('caller', 'BYE', cseq), hears(200)];

interface Played {
  readonly caller: readonly Step[];
  /** Carriers, in the order in which they are tried. None: nobody is called. */
  readonly called?: readonly (readonly Step[])[];
  readonly sip?: readonly string[];
}

/** Plays a call from a carrier to a number that dials on to a mobile; each side must go through as written. */
async function plays(t: TestContext, { caller, called = [], sip = [] }: Played): Promise<RingthroughNode> {
  const rig = createRig(t);
  const mobiles: Sipp[] = [];
  for (const steps of called) {
    const name = `called-${mobiles.length + 1}`;
    mobiles.push(await Sipp.start(rig, { scenario: name, script: script(name, steps), host: CARRIER_HOST }));
  }
  const port = await freePorts(6, CARRIER_HOST);
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception'], [`{ dial: "${MOBILE}", for: 25s }`]),
    trunks: [
      `{ name: callers, address: "${CARRIER_HOST}:${port}" }`,
      ...mobiles.map(
        (mobile, index) =>
          `{ name: mobiles-${index + 1}, address: "${CARRIER_HOST}:${mobile.port}", outbound: true, order: ${index + 1} }`,
      ),
    ],
    sip,
  });
  const placed = await Sipp.start(rig, {
    scenario: 'caller',
    script: script('caller', caller),
    host: CARRIER_HOST,
    port,
    target: { port: node.sipPort },
    keys: KEYS,
    withinSeconds: 30,
  });
  await placed.succeeded();
  for (const mobile of mobiles) await mobile.succeeded();
  return node;
}

function timelineOf({ timeline }: Attempt): string {
  return timeline.map(({ text }) => text).join('\n');
}

describe('session timers with sipp (RFC 4028)', () => {
  const wants = (expires: string, allow = UPDATES) => ({
    headers: ['Supported: timer', 'Min-SE: 2', `Session-Expires: ${expires}`, allow],
    body: 'offer' as const,
  });

  test('too short a session gets 422; the longer one is refreshed by the node with UPDATE, as asked', async (t) => {
    const refreshed = [
      takes('UPDATE', { 'Session-Expires': '4;refresher=uac' }),
      answers(200, { headers: ['Require: timer', 'Session-Expires: 4;refresher=uac'] }),
    ];
    await plays(t, {
      sip: SHORT,
      caller: [
        ...[invites(wants('1')), gets(422, { 'Min-SE': '2' }), acknowledgesRefusal(1)],
        ...[invites(wants('4;refresher=uas'), 2), gets(200, { 'Session-Expires': '4;refresher=uas' })],
        ...[says('caller', 'ACK', 2), ...refreshed, ...refreshed, ...hangsUp(3)],
      ],
      called: [[...PICKS_UP, ...IS_HUNG_UP]],
    });
  });

  test('a caller without UPDATE is refreshed by re-INVITE, with our description as it was', async (t) => {
    await plays(t, {
      sip: SHORT,
      caller: [
        ...[invites(wants('4;refresher=uas', NO_UPDATES)), gets(200), says('caller', 'ACK', 1)],
        takes('INVITE', { 'Session-Expires': '4;refresher=uac', 'Content-Type': 'application/sdp' }),
        answers(200, { headers: ['Require: timer', 'Session-Expires: 4;refresher=uac'], body: 'offer' }),
        ...[takes('ACK'), ...hangsUp(2)],
      ],
      called: [[...PICKS_UP, ...IS_HUNG_UP]],
    });
  });

  test('a caller that refreshes by re-INVITE and UPDATE and then dies is found out: BYE to both', async (t) => {
    const node = await plays(t, {
      sip: SHORT,
      caller: [
        ...[
          invites(wants('4;refresher=uac')),
          gets(200, { 'Session-Expires': '4;refresher=uac', Require: 'timer' }),
        ],
        says('caller', 'ACK', 1),
        ...[waits(1_000), says('caller', 'INVITE', 2, wants('4;refresher=uac'))],
        ...[hears(200, { 'Session-Expires': '4;refresher=uac' }), says('caller', 'ACK', 2), waits(1_000)],
        says('caller', 'UPDATE', 3, { headers: wants('4;refresher=uac').headers }),
        hears(200, { 'Session-Expires': '4;refresher=uac' }),
        ...IS_HUNG_UP,
      ],
      called: [[...PICKS_UP, takes('INVITE'), answers(200, { body: 'offer' }), takes('ACK'), ...IS_HUNG_UP]],
    });
    assert.equal((await node.attempt(NUMBER)).reason, 'the caller let its session expire');
  });

  test('422 from a carrier brings the INVITE again with its Min-SE, and the node refreshes', async (t) => {
    await plays(t, {
      sip: SHORT,
      caller: [invites(), gets(200), says('caller', 'ACK', 1), waits(4_000), ...hangsUp(2)],
      called: [
        [
          isInvited({ 'Session-Expires': '4', 'Min-SE': '2', Supported: 'timer' }),
          ...[answersCall(422, { headers: ['Min-SE: 6'] }), takes('ACK')],
          takes('INVITE', { 'Session-Expires': '6', 'Min-SE': '6', CSeq: '2 INVITE' }),
          answersCall(200, {
            headers: ['Require: timer', 'Session-Expires: 6;refresher=uac', UPDATES],
            body: 'offer',
          }),
          ...[takes('ACK'), takes('UPDATE', { 'Session-Expires': '6;refresher=uac' })],
          answers(200, { headers: ['Require: timer', 'Session-Expires: 6;refresher=uac'] }),
          ...IS_HUNG_UP,
        ],
      ],
    });
  });

  test('a carrier that refreshes and then dies is found out as well', async (t) => {
    const node = await plays(t, {
      sip: SHORT,
      caller: [invites(), gets(200), says('caller', 'ACK', 1), ...IS_HUNG_UP],
      called: [
        [
          ...[
            isInvited(),
            answersCall(200, { headers: ['Session-Expires: 4;refresher=uas', UPDATES], body: 'offer' }),
          ],
          ...[takes('ACK'), waits(1_500)],
          says('called', 'UPDATE', 1, { headers: ['Supported: timer', 'Session-Expires: 4;refresher=uac'] }),
          ...[hears(200, { 'Session-Expires': '4;refresher=uac' }), ...IS_HUNG_UP],
        ],
      ],
    });
    assert.match((await node.attempt(NUMBER)).reason, /mobiles-1 let its session expire$/);
  });
});

describe('requests within a call, with sipp', () => {
  test('UPDATE with an offer goes through both ways (RFC 3311)', async (t) => {
    const offer = { headers: [UPDATES], body: 'offer' as const };
    await plays(t, {
      caller: [
        ...[invites(offer), gets(200, { Allow: 'UPDATE' }), says('caller', 'ACK', 1)],
        ...[says('caller', 'UPDATE', 2, offer), hears(200, { 'Content-Type': 'application/sdp' })],
        ...[takes('UPDATE', { 'Content-Type': 'application/sdp' }), answers(200, offer), ...hangsUp(3)],
      ],
      called: [
        [
          ...[isInvited({ Allow: 'UPDATE' }), answersCall(200, offer), takes('ACK')],
          ...[takes('UPDATE', { 'Content-Type': 'application/sdp' }), answers(200, offer), waits(300)],
          ...[says('called', 'UPDATE', 1, offer), hears(200, { 'Content-Type': 'application/sdp' })],
          ...IS_HUNG_UP,
        ],
      ],
    });
  });

  test('hold and resume by re-INVITE, and a digit in INFO, reach the other side', async (t) => {
    const digit = { body: { type: 'application/dtmf-relay', text: 'Signal=5\nDuration=160\n' } };
    const changed = (body: 'held' | 'offer') => [takes('INVITE'), answers(200, { body }), takes('ACK')];
    const changes = (body: 'hold' | 'offer', cseq: number) => [
      ...[says('caller', 'INVITE', cseq, { body }), hears(200), says('caller', 'ACK', cseq)],
    ];
    const node = await plays(t, {
      caller: [
        ...[invites(), gets(200), says('caller', 'ACK', 1), ...changes('hold', 2), waits(200)],
        ...[...changes('offer', 3), says('caller', 'INFO', 4, digit), hears(200), ...hangsUp(5)],
      ],
      called: [
        [
          ...[...PICKS_UP, ...changed('held'), ...changed('offer')],
          ...[takes('INFO', { 'Content-Type': 'application/dtmf-relay' }), answers(200), ...IS_HUNG_UP],
        ],
      ],
    });
    assert.match(timelineOf(await node.attempt(NUMBER)), /put the call on hold\n.*took the call back/);
  });
});

describe('calls that begin in other ways, with sipp', () => {
  test('an INVITE without an offer: it is in the 200, and the answer in the ACK, on both sides', async (t) => {
    await plays(t, {
      caller: [
        ...[invites({}), gets(200, { 'Content-Type': 'application/sdp' })],
        ...[says('caller', 'ACK', 1, { body: 'offer' }), waits(200), ...hangsUp(2)],
      ],
      called: [
        [
          ...[isInvited(), answersCall(180), answersCall(200)],
          ...[takes('ACK', { 'Content-Type': 'application/sdp' }), ...IS_HUNG_UP],
        ],
      ],
    });
  });

  test('early media, then plain ringing, then the answer', async (t) => {
    await plays(t, {
      caller: [
        ...[invites(), gets(183, { 'Content-Type': 'application/sdp' }), gets(200)],
        ...[says('caller', 'ACK', 1), ...hangsUp(2)],
      ],
      called: [
        [
          ...[isInvited(), answersCall(183, { body: 'offer' }), waits(200), answersCall(180), waits(200)],
          ...[answersCall(200), takes('ACK'), ...IS_HUNG_UP],
        ],
      ],
    });
  });

  test('reliable provisional answers are not spoken here: 420 says so', async (t) => {
    await plays(t, {
      caller: [
        invites({ headers: ['Require: 100rel'], body: 'offer' }),
        ...[gets(420, { Unsupported: '100rel' }), acknowledgesRefusal()],
      ],
    });
  });

  test('compact headers are as good as long ones', async (t) => {
    await plays(t, {
      caller: [
        invitesWith([
          'INVITE sip:[called]@[remote_ip]:[remote_port] SIP/2.0',
          'v: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
          'f: <sip:[caller]@[local_ip]:[local_port]>;tag=[pid]-[call_number]',
          't: <sip:[called]@[remote_ip]:[remote_port]>',
          'i: [call_id]',
          'CSeq: 1 INVITE',
          'm: <sip:sipp@[local_ip]:[local_port]>',
          'k: timer',
          'Max-Forwards: 70',
        ]),
        ...[gets(200), says('caller', 'ACK', 1), ...hangsUp(2)],
      ],
      called: [[...PICKS_UP, ...IS_HUNG_UP]],
    });
  });

  const AS_OF_2543 = [
    'INVITE sip:[called]@[remote_ip]:[remote_port] SIP/2.0',
    'Via: SIP/2.0/[transport] [local_ip]:[local_port]',
    'From: sip:[caller]@[local_ip]:[local_port];tag=[pid]-[call_number]',
    'To: sip:[called]@[remote_ip]:[remote_port]',
    'Call-ID: [call_id]',
    'CSeq: 1 INVITE',
    'Contact: sip:sipp@[local_ip]:[local_port]',
  ];

  test('a caller from before RFC 3261, without branch and Max-Forwards, has its call', async (t) => {
    await plays(t, {
      caller: [invitesWith(AS_OF_2543), gets(200), says('caller', 'ACK', 1), ...hangsUp(2)],
      called: [[...PICKS_UP, ...IS_HUNG_UP]],
    });
  });

  test('and is refused where the listener is strict', async (t) => {
    const rig = createRig(t);
    const port = await freePorts(6, CARRIER_HOST);
    const strictPort = await freePorts(1, CARRIER_HOST);
    const node = await RingthroughNode.start(rig, {
      provisioning: account(['reception'], ['{ ring: [reception], for: 20s }']),
      trunks: [`{ name: callers, address: "${CARRIER_HOST}:${port}" }`],
      strictListener: `udp:127.0.0.1:${strictPort}`,
    });
    const refused = await Sipp.start(rig, {
      scenario: 'legacy',
      script: script('legacy', [invitesWith(AS_OF_2543), gets(400)]),
      host: CARRIER_HOST,
      port,
      target: { port: strictPort },
      keys: KEYS,
    });
    await refused.succeeded();
    assert.ok(node.sipPort !== strictPort);
  });
});

describe('carriers that do not carry, with sipp', () => {
  const TAKES_OVER = [isInvited(), answersCall(200), takes('ACK'), ...IS_HUNG_UP];
  const CALLS = [invites(), gets(200), says('caller', 'ACK', 1), waits(200), ...hangsUp(2)];

  test('302 from the first tries the second: a redirection would choose who pays', async (t) => {
    const redirected = [
      isInvited(),
      answersCall(302, { headers: ['Contact: <sip:+447700900999@127.0.0.9>'] }),
    ];
    await plays(t, { caller: CALLS, called: [[...redirected, takes('ACK')], TAKES_OVER] });
  });

  test('100 from the first and then nothing for 10 s: the second has the call', async (t) => {
    const stalls = [
      isInvited(),
      answersCall(100),
      takes('CANCEL'),
      answers(200),
      endsCancelled(),
      takes('ACK'),
    ];
    const node = await plays(t, { caller: CALLS, called: [stalls, TAKES_OVER] });
    const attempt = await node.attempt(NUMBER);
    assert.match(timelineOf(attempt), /mobiles-1 took the call and said nothing more in 10 s/);
    assert.match(timelineOf(attempt), /mobiles-2 answered/);
  });
});
