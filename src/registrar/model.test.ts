// The registrar against a model that a person can check: a list of contacts per user, and a handful of
// rules. Both get the same random REGISTERs, in and out of order, with time passing in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Flow } from '../base/net.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import { Registrar } from './registrar.ts';

const SECOND = 1_000;
const CONTACTS_MAX = 3;
const NODE_MAX = 4;

interface Known {
  readonly user: string;
  readonly contact: string;
  readonly callId: string;
  readonly cseq: number;
  readonly port: number;
  readonly expiresAt: number;
}

interface Model {
  now: number;
  known: readonly Known[];
}

interface Asked {
  readonly user: string;
  readonly callId: string;
  readonly cseq: number;
  /** Of the socket that it comes from. */
  readonly port: number;
  readonly contacts: readonly { readonly contact: string; readonly seconds: number }[];
}

function flowFrom(port: number): Flow {
  return {
    transport: 'udp',
    local: { address: '203.0.113.1', port: 5060 },
    remote: { address: '192.0.2.7', port },
  };
}

function newPair(): { readonly model: Model; readonly real: Registrar } {
  let drawn = 0;
  const fraction = () => (drawn = (drawn + 0.37) % 1);
  const random = { fraction, bytes: (count: number) => new Uint8Array(count) };
  return { model: { now: 0, known: [] }, real: new Registrar({ random, bindingsMax: NODE_MAX }) };
}

function alive({ known, now }: Model): readonly Known[] {
  return known.filter(({ expiresAt }) => expiresAt > now);
}

/** The whole of RFC 3261 §10.3 for phones that behave or do not. Returns the status. */
function registerInModel(model: Model, asked: Asked): number {
  model.known = alive(model);
  const own = model.known.filter(({ user }) => user === asked.user);
  const named = (one: Known) => asked.contacts.some(({ contact }) => contact === one.contact);
  if (asked.contacts.some(({ seconds }) => seconds > 0 && seconds < 60)) return 423;
  if (own.some((one) => named(one) && one.callId === asked.callId && one.cseq >= asked.cseq)) return 500;
  const binds = asked.contacts.some(({ seconds }) => seconds > 0);
  const ghost = (one: Known) => binds && one.port === asked.port && one.callId !== asked.callId;
  const others = model.known.filter((one) => one.user !== asked.user || !(named(one) || ghost(one)));
  const bound = asked.contacts
    .filter(({ seconds }) => seconds > 0)
    .map(({ contact, seconds }) => ({
      user: asked.user,
      contact,
      callId: asked.callId,
      cseq: asked.cseq,
      port: asked.port,
      expiresAt: model.now + Math.min(seconds, 3_600) * SECOND,
    }));
  const isNew = bound.some(({ contact }) => !own.some((one) => one.contact === contact));
  const after = [...others, ...bound];
  if (isNew && after.filter(({ user }) => user === asked.user).length > CONTACTS_MAX) return 403;
  if (isNew && after.length > NODE_MAX) return 503;
  model.known = after;
  return 200;
}

function wildcardInModel(model: Model, asked: Omit<Asked, 'contacts'>): number {
  model.known = alive(model);
  const own = model.known.filter(({ user }) => user === asked.user);
  if (own.some((one) => one.callId === asked.callId && one.cseq >= asked.cseq)) return 500;
  model.known = model.known.filter((one) => !own.includes(one));
  return 200;
}

function register(asked: Omit<Asked, 'contacts'>, rows: readonly (readonly [string, string])[]): SipRequest {
  const common = [
    ['Call-ID', asked.callId],
    ['CSeq', `${asked.cseq} REGISTER`],
  ] as const;
  return new SipRequest('REGISTER', 'sip:voice.example.net', Headers.of([...common, ...rows]));
}

/** What both know, in an order that does not matter. */
function agree(model: Model, real: Registrar): void {
  const known = [...real.all()]
    .map(({ binding: { user, contact, callId, cseq, flow, expiresAt } }) => {
      return { user, contact, callId, cseq, port: flow.remote.port, expiresAt };
    })
    .filter(({ expiresAt }) => expiresAt > model.now);
  const sorted = (list: readonly Known[]) => list.map((one) => JSON.stringify(one)).sort();
  assert.deepEqual(sorted(known), sorted(alive(model)));
  for (const user of USERS) assert.equal(real.lookup(user).length, real.bindingsOf(user).length);
}

const USERS = ['reception', 'workshop'];
const identity = {
  user: fc.constantFrom(...USERS),
  callId: fc.constantFrom('a', 'b'),
  cseq: fc.integer({ min: 1, max: 30 }),
  port: fc.constantFrom(5060, 5062),
};
const contact = fc.record({
  contact: fc.constantFrom(...[1, 2, 3, 4].map((n) => `sip:r@192.0.2.${n}:5060`)),
  seconds: fc.constantFrom(0, 0, 0, 59, 60, 61, 61, 120, 300, 300, 4_000, 4_000),
});

class Register implements fc.Command<Model, Registrar> {
  readonly asked: Asked;
  constructor(asked: Asked) {
    this.asked = asked;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Registrar): void {
    const rows = this.asked.contacts.map(
      (one) => ['Contact', `<${one.contact}>;expires=${one.seconds}`] as const,
    );
    const before = new Map(USERS.map((user) => [user, JSON.stringify(real.bindingsOf(user))]));
    const outcome = real.register(
      this.asked.user,
      register(this.asked, rows),
      flowFrom(this.asked.port),
      { bindingsPerPhoneMax: CONTACTS_MAX },
      model.now,
    );
    assert.equal(outcome.status, registerInModel(model, this.asked));
    if (outcome.changed) {
      assert.notEqual(JSON.stringify(real.bindingsOf(this.asked.user)), before.get(this.asked.user));
    }
    agree(model, real);
  }
  toString(): string {
    return `register ${JSON.stringify(this.asked)}`;
  }
}

class Unregister implements fc.Command<Model, Registrar> {
  readonly asked: Omit<Asked, 'contacts'>;
  constructor(asked: Omit<Asked, 'contacts'>) {
    this.asked = asked;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Registrar): void {
    const request = register(this.asked, [
      ['Contact', '*'],
      ['Expires', '0'],
    ]);
    const outcome = real.register(
      this.asked.user,
      request,
      flowFrom(this.asked.port),
      { bindingsPerPhoneMax: CONTACTS_MAX },
      model.now,
    );
    assert.equal(outcome.status, wildcardInModel(model, this.asked));
    agree(model, real);
  }
  toString(): string {
    return `unregister ${JSON.stringify(this.asked)}`;
  }
}

class Pass implements fc.Command<Model, Registrar> {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Registrar): void {
    model.now += this.seconds * SECOND;
    const gone = model.known.length - alive(model).length;
    const users = new Set(
      model.known.filter(({ expiresAt }) => expiresAt <= model.now).map(({ user }) => user),
    );
    const told = real.expire(model.now).flatMap((effect) => (effect.type === 'expired' ? [effect.user] : []));
    assert.deepEqual([...told].sort(), [...users].sort(), `${gone} bindings expired`);
    model.known = alive(model);
    agree(model, real);
    assert.equal(real.size, model.known.length);
    assert.ok((real.nextDeadline() ?? Number.POSITIVE_INFINITY) > model.now);
  }
  toString(): string {
    return `${this.seconds} s pass`;
  }
}

test('whatever phones send and however late, the registrar knows what the model knows', () => {
  const commands = [
    fc
      .record({
        ...identity,
        contacts: fc.uniqueArray(contact, { maxLength: 3, selector: (one) => one.contact }),
      })
      .map((asked) => new Register(asked)),
    fc.record(identity).map((asked) => new Unregister(asked)),
    fc.constantFrom(1, 30, 60, 300).map((seconds) => new Pass(seconds)),
  ];
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 40, size: 'max' }), (sequence) => {
      fc.modelRun(() => newPair(), sequence);
    }),
    { numRuns: 300 },
  );
});

test('and forgets all of it in the end, deadlines included', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ...identity, contacts: fc.array(contact, { maxLength: 4 }) })),
      (asked) => {
        const { real } = newPair();
        for (const one of asked) {
          const rows = one.contacts.map(
            (each) => ['Contact', `<${each.contact}>;expires=${each.seconds}`] as const,
          );
          real.register(
            one.user,
            register(one, rows),
            flowFrom(one.port),
            { bindingsPerPhoneMax: CONTACTS_MAX },
            0,
          );
        }
        real.expire(3_600 * SECOND);
        assert.deepEqual([real.size, real.nextDeadline(), [...real.all()]], [0, undefined, []]);
      },
    ),
  );
});
