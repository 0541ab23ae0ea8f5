// Phones that come by doors, at the whole core: who may, what they are told, and what becomes of a door that moves.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  accountOf,
  CALLER,
  inOffice,
  NUMBER,
  type Office,
  passwordOf,
  ring,
  secretOf,
} from '../../test/stories/office.ts';
import { Phone } from '../../test/stories/phone.ts';
import { DOMAIN, NODE, Stage } from '../../test/stories/stage.ts';
import { present } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { HOUR_MS, SECOND_MS } from '../base/time.ts';
import type { Account, Binding, Door } from '../ports/records.ts';
import { type DoorSettings, insidePorts } from './door-keeper.ts';
import type { DoorCommand, DoorView } from './views.ts';

const PORTS = { from: 31_000, to: 31_997 };
const SOCKETS: DoorSettings = { ports: PORTS, max: 100, movesByItself: false };
const INSIDE = insidePorts(PORTS);
const KERNEL: DoorSettings = { ...SOCKETS, inside: INSIDE };

const BOND: Account = {
  ...accountOf({}),
  name: 'bond',
  phones: [{ user: 'moneypenny', secret: secretOf('moneypenny') }],
  numbers: [],
};

/** Asks, and gives the account's open door, or why there is none. */
function ask(stage: Stage, command: DoorCommand): DoorView {
  let isDone = false;
  let refused: string | undefined;
  stage.act(() => {
    const { result, effects } = stage.node.doors.command(command, stage.now, () => {
      isDone = true;
    });
    refused = result.ok ? undefined : result.error;
    return effects;
  });
  assert.equal(refused, undefined);
  assert.ok(isDone, 'it is kept before it is answered');
  return present(doorsOf(stage)[0], 'a door');
}

function doorsOf(stage: Stage, account = 'acme'): readonly DoorView[] {
  return stage.node.doors.views().filter((door) => door.account === account);
}

const open = (stage: Stage, account = 'acme') => ask(stage, { type: 'open', account, by: 'cli' });
const move = (stage: Stage, graceMs = HOUR_MS) =>
  ask(stage, { type: 'move', account: 'acme', graceMs, by: 'cli' });

function by(flow: Flow, port: number): Flow {
  return { ...flow, local: { address: NODE.address, port } };
}

function moneypenny(stage: Stage): Phone {
  stage.act(() => stage.node.directoryChanged([accountOf({ plan: [ring('reception')] }), BOND], stage.now));
  const user = 'moneypenny';
  const address = { address: '192.0.2.77', port: 5060 };
  return new Phone(stage, { name: user, user, password: passwordOf(user), address });
}

/** The last one. */
function inviteTo({ name, stage }: Phone): string {
  const invites = stage.wire.flatMap(({ heading, peer, bytes }) => {
    const text = Buffer.from(bytes).toString();
    return heading === 'from-node' && peer === name && text.startsWith('INVITE ') ? [text] : [];
  });
  return present(invites.at(-1), 'an INVITE to the phone');
}

describe('a door that is a socket', () => {
  const story = inOffice({ plan: [ring('reception')], registered: [], node: { doors: SOCKETS } });

  story('a phone registers by it, is called by it, and is told of nothing but it', (office) => {
    const { stage, reception } = office;
    const { port } = open(stage);
    reception.flow = by(reception.flow, port);
    reception.registers().expect(200);
    assert.equal(doorsOf(stage)[0]?.phones, 1);
    const { caller, callee } = office.talk();
    assert.match(inviteTo(reception), new RegExp(`\r\nVia: SIP/2\\.0/UDP 203\\.0\\.113\\.7:${port};`));
    assert.match(inviteTo(reception), new RegExp(`\r\nContact: <sip:[^>]*@203\\.0\\.113\\.7:${port}>`));
    caller.hangsUp();
    callee.hungUp();
  });

  story(
    'another account’s phone is refused, whatever it asks for, though its password is right',
    (office) => {
      const { stage } = office;
      const { port } = open(stage);
      const phone = moneypenny(stage);
      phone.flow = by(phone.flow, port);
      assert.equal(phone.registers().expect(403).reason, "This Door Is Another Account's");
      phone.calls(NUMBER).expect(403);
      assert.equal(
        stage.node.admit({ flow: phone.flow, bytes: Buffer.from('OPTIONS ') }, stage.now).lane,
        'newcomer',
      );
      assert.equal(office.count('door_refused'), 2);
      phone.flow = by(phone.flow, NODE.port);
      phone.registers().expect(200);
    },
  );

  story('a carrier does not come by it', (office) => {
    const { port } = open(office.stage);
    office.carrier.flow = by(office.carrier.flow, port);
    office.call().expect(403);
  });

  story('when it moves, the phone is called by the old one until it has come by the new one', (office) => {
    const { stage, reception } = office;
    const old = open(stage);
    reception.flow = by(reception.flow, old.port);
    reception.registers().expect(200);
    const now = move(stage);
    assert.deepEqual(
      doorsOf(stage).map(({ state, port, phones }) => [state, port, phones]),
      [
        ['open', now.port, 0],
        ['grace', old.port, 1],
      ],
    );
    office.pass(HOUR_MS / 12);
    const call = office.talk();
    assert.match(inviteTo(reception), new RegExp(`203\\.0\\.113\\.7:${old.port};`));
    call.caller.hangsUp();
    call.callee.hungUp();
    reception.flow = by(reception.flow, now.port);
    reception.registers().expect(200);
    assert.deepEqual(
      doorsOf(stage).map(({ phones }) => phones),
      [1, 0],
    );
    office.pass(HOUR_MS / 12);
    reception.registers().expect(200);
    assert.equal(doorsOf(stage).length, 2);
    ask(stage, { type: 'close-old', account: 'acme', by: 'cli' });
    assert.deepEqual(
      doorsOf(stage).map(({ port }) => port),
      [now.port],
    );
    const closed = stage.writes.findLast((write) => write.type === 'door');
    assert.deepEqual([closed?.door.port, closed?.door.state], [old.port, 'closed']);
  });

  story('a phone that does not follow keeps the old door open beyond its grace', (office) => {
    const { stage, reception } = office;
    const old = open(stage);
    reception.flow = by(reception.flow, old.port);
    reception.registers().expect(200);
    move(stage, SECOND_MS);
    office.pass(5 * LIMITS.doorLookMs);
    assert.equal(doorsOf(stage).length, 2);
    reception.registers([['Expires', '0']]).expect(200);
    office.pass(2 * LIMITS.doorLookMs);
    assert.equal(doorsOf(stage).length, 1);
  });

  story(
    'its newcomers have a share of their own, which a flood of the public port leaves alone',
    ({ stage }) => {
      const { port } = open(stage);
      const bytes = Buffer.from('REGISTER sip:x SIP/2.0');
      const bot = (index: number): Flow => {
        const address = `198.18.${index >> 8}.${index & 255}`;
        return { transport: 'udp', local: NODE, remote: { address, port: 5060 } };
      };
      let isFull = false;
      for (let index = 0; index < 20_000 && !isFull; index++) {
        isFull = !stage.node.admit({ flow: bot(index), bytes }, stage.now).admitted;
      }
      assert.ok(isFull, 'the public port is full');
      const verdict = stage.node.admit({ flow: by(bot(60_000), port), bytes }, stage.now);
      assert.deepEqual(verdict, { lane: 'newcomer', admitted: true, door: port });
    },
  );

  story('a port that cannot be opened is given up for another one while nobody knows it', ({ stage }) => {
    const first = open(stage);
    stage.act(() => stage.node.doors.failed(first.port, 'udp 203.0.113.7:31000 is in use', stage.now));
    const second = present(doorsOf(stage)[0], 'another door');
    assert.notEqual(second.port, first.port);
    stage.pass(LIMITS.doorNewMs);
    stage.act(() => stage.node.doors.failed(second.port, 'in use', stage.now));
    assert.deepEqual(
      doorsOf(stage).map(({ port, trouble }) => [port, trouble]),
      [[second.port, 'in use']],
    );
  });

  story('it closes when its account is gone', ({ stage }) => {
    open(stage);
    stage.act(() => stage.node.directoryChanged([BOND], stage.now));
    assert.deepEqual(doorsOf(stage), []);
  });

  story('it comes with the record to publish', ({ stage }) => {
    const { port, srv, addresses } = open(stage);
    assert.equal(srv, `_sip._udp.acme.${DOMAIN}. 300 IN SRV 10 0 ${port} ${DOMAIN}.`);
    assert.deepEqual(addresses, [`203.0.113.7:${port}`, `[2001:db8::7]:${port}`]);
  });
});

describe('a door that a kernel leads to', () => {
  const story = inOffice({ plan: [ring('reception')], registered: [], node: { doors: KERNEL } });

  const comes = (office: Office, side: 'a' | 'b') => {
    office.reception.flow = by(office.reception.flow, INSIDE[side]);
    office.reception.registers().expect(200);
  };

  story('is known by its side and its account, and named to the phone', (office) => {
    const { stage } = office;
    const { port } = open(stage);
    comes(office, 'a');
    const { caller, callee } = office.talk();
    assert.match(inviteTo(office.reception), new RegExp(`203\\.0\\.113\\.7:${port};`));
    caller.hangsUp();
    callee.hungUp();
    const next = move(stage);
    comes(office, 'b');
    const again = office.talk();
    assert.match(inviteTo(office.reception), new RegExp(`:${next.port}>`));
    again.caller.hangsUp();
    again.callee.hungUp();
  });

  story('a phone of an account without a door on that side is refused', ({ stage, reception }) => {
    open(stage);
    reception.flow = by(reception.flow, INSIDE.b);
    reception.registers().expect(403);
    const phone = moneypenny(stage);
    phone.flow = by(phone.flow, INSIDE.a);
    phone.registers().expect(403);
  });
});

describe('a door that leaks', () => {
  const flood = (stage: Stage, port: number, forMs: number) => {
    const until = stage.now + forMs;
    const bytes = Buffer.from('REGISTER sip:x SIP/2.0');
    for (let index = 0; stage.now < until; index++) {
      const remote = { address: `198.18.${index >> 8}.${index & 255}`, port: 5060 };
      stage.node.admit({ flow: by({ transport: 'udp', local: NODE, remote }, port), bytes }, stage.now);
      stage.pass(50);
    }
  };
  const leaks = (stage: Stage) =>
    stage.events.filter((event) => event.type === 'door' && event.what === 'leak').length;

  const told = inOffice({ registered: [], node: { doors: SOCKETS } });
  told('is told to the operator, and stays where it is', ({ stage }) => {
    const { port } = open(stage);
    flood(stage, port, 60 * SECOND_MS);
    assert.equal(leaks(stage), 1);
    assert.deepEqual(
      doorsOf(stage).map((door) => door.port),
      [port],
    );
  });

  const moved = inOffice({ registered: [], node: { doors: { ...SOCKETS, movesByItself: true } } });
  moved('moves where that is wanted, once, with the old one open', ({ stage }) => {
    const { port } = open(stage);
    flood(stage, port, 60 * SECOND_MS);
    const [now, old] = doorsOf(stage);
    assert.deepEqual([old?.port, old?.state], [port, 'grace']);
    assert.match(now?.why ?? '', /^moved by itself: \d+ packets of strangers in 10 s/);
    ask(stage, { type: 'close-old', account: 'acme', by: 'cli' });
    flood(stage, now?.port ?? 0, 60 * SECOND_MS);
    assert.equal(leaks(stage), 2);
    assert.deepEqual(
      doorsOf(stage).map((door) => door.port),
      [now?.port],
      'not again so soon',
    );
  });
});

describe('doors over a restart', () => {
  const door: Door = {
    account: 'acme',
    port: 31_007,
    side: 'a',
    state: 'open',
    openedAt: 5,
    why: 'opened by cli',
  };
  const binding = (port: number): Binding => ({
    user: 'reception',
    contact: 'sip:reception@192.0.2.10:5060',
    parameters: '',
    flow: {
      transport: 'udp',
      local: { address: NODE.address, port },
      remote: { address: '192.0.2.10', port: 5060 },
    },
    path: [],
    callId: 'before',
    cseq: 4,
    q: 1_000,
    userAgent: 'desk phone',
    registeredAt: 0,
    expiresAt: Date.UTC(2030, 1, 1),
  });

  for (const [before, after, settings] of [
    [31_007, 31_007, SOCKETS],
    [INSIDE.a, INSIDE.a, KERNEL],
    [31_007, INSIDE.a, KERNEL],
    [INSIDE.a, 31_007, SOCKETS],
  ] as const) {
    test(`a phone that came by port ${before} is reached by ${after}, and told of the door`, () => {
      const stage = new Stage([], { doors: settings });
      const kept = { bindings: [binding(before)], unfinished: [], trunkServers: [], doors: [door] };
      const effects = [
        ...stage.node.start({ accounts: [accountOf({})], ...kept }, stage.now),
        ...stage.node.expire(stage.now + 60 * SECOND_MS),
      ];
      const changes = effects.flatMap((effect) => (effect.type === 'shield' ? effect.changes : []));
      assert.ok(changes.some((change) => change.type === 'door-open' && change.port === 31_007));
      const probe = present(
        effects.find((effect) => effect.type === 'send'),
        'a probe',
      );
      assert.equal(probe.flow.local.port, after);
      assert.match(
        Buffer.from(probe.bytes).toString(),
        /^OPTIONS .*\r\nVia: SIP\/2\.0\/UDP 203\.0\.113\.7:31007;/,
      );
    });
  }
});

describe('a node without doors', () => {
  const story = inOffice({ registered: [] });
  story('says so', ({ stage }) => {
    const command = { type: 'open', account: 'acme', by: CALLER } as const;
    const { result } = stage.node.doors.command(command, stage.now, () => {});
    assert.deepEqual(result, { ok: false, error: 'off' });
  });
});
