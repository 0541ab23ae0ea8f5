// Message lamps, lived through in worlds that lose, double and delay datagrams, with phones of every habit that are
// switched off and on, and a node that crashes at any moment. In the end every phone that lives shows what is on disk,
// none was ever told what was not, and nothing is left of those that are gone.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts';
import type { NodeQuestion } from '../../src/ports/desk.ts';
import type { Account, Mailbox } from '../../src/ports/records.ts';
import { NodeHost } from './host.ts';
import { LampPhone } from './lamp-phone.ts';
import { MediaPlane } from './media.ts';
import { Network } from './network.ts';
import { Phone } from './phone.ts';
import { DOMAIN, NODE, passwordOf } from './scenario.ts';
import { SimulatedStore } from './store.ts';
import { acme } from './story.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';
import { Zone } from './zone.ts';

const SEEDS = 12;
const TROUBLE_MS = 5 * MINUTE_MS;
/** Every registration and subscription has been refreshed twice by then, whatever was lost. */
const SETTLED_MS = 7 * MINUTE_MS;
const MAILBOX: Mailbox = {
  name: 'front',
  email: [],
  phones: ['reception', 'workshop'],
  messagesMax: 100,
  messageMaxMs: 2 * MINUTE_MS,
  retentionMs: 30 * DAY_MS,
};
const ACCOUNT: Account = { ...acme(), mailboxes: [MAILBOX] };

class LampWorld {
  readonly world: World;
  readonly trace: Trace;
  readonly store: SimulatedStore;
  readonly host: NodeHost;
  readonly phones: readonly LampPhone[];
  /** What the mailbox held at one time or another. */
  readonly truths = new Set<string>();
  #messages = 0;

  constructor(seed: number) {
    this.world = new World(seed);
    const { world } = this;
    this.trace = new Trace(world);
    const lossRate = world.random.pick([0, 0.03, 0.1]);
    const weather = { lossRate, duplicateRate: lossRate, lateRate: lossRate, icmpRate: 0.5 };
    const network = new Network(world, this.trace, { ...weather, latencyMs: [2, 90] });
    const plane = new MediaPlane(world);
    this.store = new SimulatedStore(world, [2, 200]);
    this.store.accounts.set(ACCOUNT.name, ACCOUNT);
    const options = { domain: DOMAIN, local: NODE, trunks: [], mediaPairs: 1, dnsDelayMs: [1, 1] as const };
    this.host = new NodeHost(network, plane, this.store, { ...options, zone: new Zone({}) }, () => undefined);
    this.host.start();
    this.phones = ['reception', 'workshop', 'reception'].map((user, index) => {
      const phone = new Phone(network, plane, {
        name: `${user}-${index}`,
        user,
        password: passwordOf(user),
        domain: DOMAIN,
        address: `192.0.2.${11 + index}`,
        node: NODE,
        transport: world.random.chance(0.3) ? 'tcp' : 'udp',
        expiresS: world.random.pick([60, 120, 180]),
        reaction: () => ({ type: 'ignore' }),
      });
      const unasked = world.random.pick([200, 200, 405, 481]);
      const subscribes = unasked !== 200 || world.random.chance(0.4);
      return new LampPhone(phone, { subscribes, unasked, expiresS: world.random.pick([60, 90, 120]) });
    });
  }

  get truth(): string {
    const all = [...this.store.messages.values()];
    const fresh = all.filter(({ heardAt }) => heardAt === undefined).length;
    return `${fresh}/${all.length - fresh}`;
  }

  /** Things happen to the mailbox, to phones and to the node, until that time. */
  happens(): void {
    const { world, host } = this;
    this.#look();
    const some = (count: number, act: () => void) => {
      for (let n = 0; n < count; n++) world.after(world.random.between(0, TROUBLE_MS), act);
    };
    some(25, () => this.#ask(this.#somethingAboutMessages()));
    some(world.random.between(0, 4), () => {
      const lamp = world.random.pick(this.phones);
      if (!lamp.agent.alive) return;
      lamp.agent.die(world.random.pick(['killed', 'vanished'] as const));
      world.after(world.random.between(500, 40_000), () => lamp.restart());
    });
    some(world.random.between(0, 2), () => {
      host.crash();
      world.after(world.random.between(200, 20_000), () => {
        this.#look();
        if (host.node === undefined) host.start();
      });
    });
    world.runUntil(world.beginning + TROUBLE_MS + 45 * SECOND_MS);
    world.runUntil(world.now + SETTLED_MS);
  }

  #look(): void {
    this.truths.add(this.truth);
  }

  #ask(question: NodeQuestion): void {
    this.host.do((node) => {
      node.desk.ask(0, question);
      return node.expire(this.world.now);
    });
    // As long as a write may take, and the ones before it.
    for (let ms = 0; ms <= 2_000; ms += 1) this.world.after(ms, () => this.#look());
  }

  #somethingAboutMessages(): NodeQuestion {
    const { random, now } = this.world;
    const known = [...this.store.messages.keys()];
    if (known.length > 0 && random.chance(0.5)) {
      const id = random.pick(known);
      return random.chance(0.5) ? { type: 'message-heard', id, at: now } : { type: 'delete-message', id };
    }
    const id = `message-${this.#messages++}`;
    const about = { account: 'acme', mailbox: 'front', called: '+442079460000', caller: 'anonymous' };
    return { type: 'keep-message', message: { id, ...about, at: now, lengthMs: 1_000, recording: id } };
  }
}

describe('message lamps', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    test(`show what is on disk in the end, whatever happened (seed ${seed})`, () => {
      const life = new LampWorld(seed);
      life.happens();
      for (const { phone, shown, complaints, told, habit } of life.phones) {
        const words = `${phone.options.name} ${JSON.stringify(habit)}`;
        assert.deepEqual(complaints, [], words);
        assert.equal(shown, life.truth, words);
        for (const counts of told) assert.ok(life.truths.has(counts), `${words} was told ${counts}`);
      }
      for (const { phone } of life.phones) phone.agent.die('vanished');
      life.world.runUntil(life.world.now + 10 * MINUTE_MS);
      const tables = present(life.host.node, 'a node').tables();
      assert.deepEqual([tables['subscriptions'], tables['lamps'], tables['transactions']], [0, 0, 0]);
      assert.deepEqual(
        life.host.events.filter(({ type }) => type === 'fault'),
        [],
      );
    });
  }
});
