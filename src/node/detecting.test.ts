// What detection hears of the node, and what comes of it, at the whole core.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accountOf, inOffice, type Office, ring } from '../../test/stories/office.ts';
import { DOMAIN, NODE, Stage } from '../../test/stories/stage.ts';
import type { Flow } from '../base/net.ts';
import { SECOND_MS } from '../base/time.ts';
import type { Shares } from '../ports/shield.ts';
import { eachLane } from '../shield/detection/second.ts';
import { sharesIn } from '../shield/shares.ts';
import type { Effect } from './effects.ts';
import type { NodeEvent } from './views.ts';

const story = inOffice({ plan: [ring('reception')], registered: [] });

/** One of very many, each in a network of its own. */
function bot(n: number): Flow {
  const address = `100.${64 + ((n >> 8) & 63)}.${n & 255}.${1 + (n % 200)}`;
  return { transport: 'udp', local: NODE, remote: { address, port: 5_060 } };
}

function register(n: number): Buffer {
  const rows = [
    `Via: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bK${n}`,
    `From: <sip:u${n}@${DOMAIN}>;tag=${n}`,
    `To: <sip:u${n}@${DOMAIN}>`,
    `Call-ID: ${n}`,
    'CSeq: 1 REGISTER',
    'User-Agent: Desk Phone 7',
    'Content-Length: 0',
  ];
  return Buffer.from(`REGISTER sip:${DOMAIN} SIP/2.0\r\n${rows.join('\r\n')}\r\n\r\n`);
}

/** Plays at a node and forgets what it sends; keeps what it tells. */
class Attacked {
  readonly stage = new Stage([]);
  readonly events: NodeEvent[] = [];
  /** What a kernel was told last of newcomers' shares. */
  shares: Shares | undefined;
  #sent = 0;

  constructor() {
    this.stage.start([accountOf({})]);
  }

  seconds(count: number, packetsPerSecond: number, bytes: (n: number) => Buffer = register): void {
    const { node } = this.stage;
    for (let step = 0; step < 10 * count; step++) {
      this.stage.now += SECOND_MS / 10;
      const { now } = this.stage;
      for (let n = 0; n < packetsPerSecond / 10; n++) {
        const packet = { flow: bot(this.#sent), bytes: bytes(this.#sent++) };
        if (node.admit(packet, now).admitted) this.#keep(node.receive([packet], now));
      }
      if ((node.nextDeadline() ?? now + 1) <= now) this.#keep(node.expire(now));
    }
  }

  told<T extends NodeEvent['type']>(type: T): Extract<NodeEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<NodeEvent, { type: T }> => event.type === type);
  }

  #keep(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'event') this.events.push(effect.event);
      if (effect.type === 'shield-shares') this.shares = effect.shares;
    }
  }
}

describe('a flood at the node', () => {
  test('is told within three seconds, with what it is made of, and told again when it is over', () => {
    const it = new Attacked();
    it.seconds(3, 2_000);
    const postures = () => it.told('shield-posture').map(({ to }) => to);
    assert.deepEqual(postures(), ['elevated', 'attack']);
    assert.match(it.told('shield-posture')[1]?.why ?? '', /prove nothing/);
    it.seconds(5, 2_000);
    const status = it.stage.node.guard.detected(it.stage.now);
    assert.equal(status.attack?.userAgents[0]?.text, 'Desk Phone 7');
    assert.ok((status.attack?.challenged ?? 0) > 1_000);
    it.seconds(200, 0);
    const [over] = it.told('attack-over');
    assert.equal(over?.report.kinds[0]?.kind, 'REGISTER');
    assert.deepEqual(postures(), ['elevated', 'attack', 'elevated', 'calm']);
  });

  test('changes what newcomers may send from the next packet on, in the kernel too, until it is over', () => {
    const it = new Attacked();
    const { node } = it.stage;
    const admitted = () => {
      const packet = { flow: bot(99_999), bytes: register(0) };
      return Array.from({ length: 100 }, () => node.admit(packet, it.stage.now)).filter(
        (each) => each.admitted,
      );
    };
    assert.equal(admitted().length, 100);
    it.seconds(4, 2_000);
    assert.ok(admitted().length < 10);
    assert.equal(it.shares, sharesIn('attack'));
    it.seconds(200, 0);
    assert.equal(it.shares, sharesIn('calm'));
  });

  test('of what cannot be read is told with what is wrong with it', () => {
    const it = new Attacked();
    it.seconds(4, 2_000, () => Buffer.from('REGISTER sip:x SIP/2.0\r\nVia\r\n\r\n'));
    const { malformations } = it.stage.node.guard.detected(it.stage.now).newcomers;
    assert.equal(malformations[0]?.text, 'bad-header');
  });

  test('of which a kernel tells is found as well', () => {
    const it = new Attacked();
    const { stage } = it;
    const none = { admitted: 0, admittedBytes: 0, dropped: 0, droppedBytes: 0 };
    for (let second = 0; second <= 4; second++) {
      const lanes = eachLane((lane) => (lane === 'newcomer' ? { ...none, dropped: 50_000 * second } : none));
      const nothing = { admitted: 0, dropped: 0 };
      stage.node.kernelCounted(
        {
          lanes,
          connects: nothing,
          media: nothing,
          fragments: nothing,
          garbage: 0,
          crowd: 0,
          doorNewcomers: new Map(),
          tables: {},
        },
        stage.now,
      );
      it.seconds(1, 1);
    }
    assert.equal(it.told('shield-posture').at(-1)?.to, 'attack');
  });
});

describe('phones that register', () => {
  const shares = (office: Office) => office.node.guard.detected(office.stage.now).newcomers;

  story('answer their challenges, and detection hears so', (office) => {
    office.reception.registers().expect(200);
    office.workshop.registers().expect(200);
    office.pass(2 * SECOND_MS);
    assert.equal(shares(office).provedShare, 1);
    assert.equal(office.node.guard.detected(office.stage.now).posture, 'calm');
  });

  story('with wrong passwords are real, and prove nothing', (office) => {
    const thief = office.thief('reception');
    for (let n = 0; n < 3; n++) thief.guesses();
    office.pass(2 * SECOND_MS);
    assert.equal(shares(office).provedShare, 0);
  });
});

test('a node to which nothing comes has nothing to do', () => {
  const it = new Attacked();
  it.seconds(5, 10);
  it.seconds(5, 0);
  assert.equal(it.stage.node.nextDeadline(), undefined);
});
