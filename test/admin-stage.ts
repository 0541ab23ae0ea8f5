// What the tests of the use-cases play on: a store in memory that can be watched and made to fail, a node that
// only remembers what it was told, and a clock that stands still.

import { MemoryRecordings, SILENT_LOG } from '../src/adapters/media-relay/testing.ts';
import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import { MemoryStore } from '../src/adapters/store-memory/store.ts';
import { Admin } from '../src/admin/admin.ts';
import type { NoticeDesk } from '../src/admin/notices.ts';
import { present } from '../src/base/assert.ts';
import type { RingthroughError } from '../src/base/errors.ts';
import { ok } from '../src/base/result.ts';
import type { Allowance } from '../src/fraud/allowances.ts';
import type { BrownoutView, DoorCommand, DoorView, NodeControl, NodeEvent } from '../src/node/views.ts';
import type { Recordings } from '../src/ports/recordings.ts';
import type { Account } from '../src/ports/records.ts';
import type { SecretHashing } from '../src/ports/secret-hashing.ts';
import type { Speech } from '../src/ports/speech.ts';
import type { Store, StoreWrite } from '../src/ports/store.ts';
import { writeWav } from '../src/rtp/wav.ts';
import { GoodTraffic } from '../src/shield/brownout/good-traffic.ts';
import { Rehearsal } from '../src/shield/brownout/rehearsal.ts';
import type { Rule } from '../src/shield/brownout/rule.ts';
import { Trace } from '../src/trace/trace.ts';
import { CALM } from './surfaces/example-shield.ts';

export const NUMBER = '+442079460000';
export const MOBILE = '+447700900123';
export const NOON = Date.parse('2026-10-25T12:00:00Z');

/** Remembers what it was told, and tells what the test makes it tell. */
export class FakeNode implements NodeControl {
  directories: (readonly Account[])[] = [];
  listeners = new Set<(event: NodeEvent) => void>();
  testCalls: string[] = [];
  doorCommands: DoorCommand[] = [];
  allowances: readonly Allowance[] = [];
  readonly traffic = new GoodTraffic();

  phones(): ReturnType<NodeControl['phones']> {
    return [
      {
        account: 'acme',
        user: 'reception',
        bindings: [
          {
            contact: 'sip:reception@192.0.2.7',
            address: '192.0.2.7:5060',
            transport: 'udp',
            userAgent: 'Phone/1',
            registeredAt: NOON,
            expiresAt: NOON + 60_000,
            q: 1,
            reachability: 'reachable',
            reachabilitySince: NOON,
          },
        ],
      },
    ];
  }
  trunks() {
    return [];
  }
  calls(): ReturnType<NodeControl['calls']> {
    const parties = { account: 'acme', called: NUMBER, caller: MOBILE };
    return [{ id: 'call-1', direction: 'in', ...parties, state: 'answered', startedAt: NOON, legs: [] }];
  }
  health() {
    const counts = { callsActive: 0, bindings: 0, phones: 0, transactions: 0, tables: {} };
    return { draining: false, store: 'ok' as const, storeReason: '', ...counts };
  }
  brownout(): BrownoutView {
    return {
      rungs: [
        {
          rung: 'options',
          engaged: { since: NOON, until: NOON + 600_000, reason: 'known packets waited 240 ms' },
          shed: 12,
        },
      ],
      storm: { governing: false, perSecond: 2_000, waiting: 0, putOff: 0 },
      inGrace: 0,
    };
  }
  shield() {
    return CALM;
  }
  rehearse(rule: Rule, now: number) {
    const rehearsal = new Rehearsal(rule, this.traffic, now);
    return {
      step: (atMost: number) => rehearsal.step(atMost),
      report: () => rehearsal.report((user) => (user === 'reception' ? 'acme' : undefined)),
    };
  }
  abusers() {
    return [];
  }
  pardon(address: string) {
    return address === '192.0.2.66';
  }
  diverted(account: string) {
    return { month: '2026-11', seconds: account === 'acme' ? 90 : 0, callsNow: 0 };
  }
  fraud() {
    return { accounts: [], allowed: this.allowances };
  }
  allowUnusual(allowance: Allowance) {
    this.allowances = [...this.allowances, allowance];
    return this.allowances.length < 3;
  }
  disallowUnusual(account: string, prefix: string) {
    return account === 'acme' && prefix === '+960';
  }
  clearUnusual(account: string) {
    return account === 'acme';
  }
  doors(of?: string): readonly DoorView[] {
    const ground = { addresses: ['203.0.113.7:31007'], openedAt: NOON, why: 'opened by cli', phones: 1 };
    return ['acme', 'bond'].flatMap((account) =>
      of === undefined || of === account ? [{ account, port: 31_007, state: 'open', ...ground }] : [],
    );
  }
  async changeDoor(command: DoorCommand) {
    this.doorCommands.push(command);
  }
  directoryChanged(accounts: readonly Account[]) {
    this.directories.push(accounts);
  }
  counters() {
    return { malformed: 3 };
  }

  /** What is written with each. */
  deleted: (readonly [id: string, also: readonly StoreWrite[]])[] = [];
  async deleteMessage(id: string, also: readonly StoreWrite[]): ReturnType<NodeControl['deleteMessage']> {
    this.deleted.push([id, also]);
    return { type: 'done' };
  }

  hangUp(callId: string) {
    return callId === 'call-1';
  }
  startTestCall(number: string) {
    this.testCalls.push(number);
    return `test-${this.testCalls.length}`;
  }
  startRehearsal({ number }: { readonly number: string }) {
    this.testCalls.push(number);
    return `rehearsal-${this.testCalls.length}`;
  }
  subscribe(listener: (event: NodeEvent) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  tell(event: NodeEvent) {
    for (const listener of this.listeners) listener(event);
  }
}

/** A store that counts its batches, and fails when it is told to. */
export class WatchedStore extends MemoryStore {
  batches: (readonly StoreWrite[])[] = [];
  failing: RingthroughError | undefined;

  override async write(writes: readonly StoreWrite[]): Promise<void> {
    if (this.failing !== undefined) throw this.failing;
    this.batches.push(writes);
    await super.write(writes);
  }
}

/** Quick, and legible. */
export const PLAIN_SECRETS: SecretHashing = {
  hash: async (secret) => `hash of ${secret}`,
  verify: async (hash, secret) => hash === `hash of ${secret}`,
};

export { SILENT_LOG };

/** One stage for each test. `now` may be set. */
export class Stage {
  readonly store = new WatchedStore();
  readonly node = new FakeNode();
  readonly trace = new Trace({ keepMs: 3_600_000 });
  readonly notices: NoticeDesk = {
    waiting: () => [],
    retry: () => 0,
    test: async () => ok('250 ok'),
  };
  readonly recordings = new MemoryRecordings();
  /** Speaks a second of it. */
  readonly speech: Speech = {
    speak: async () => writeWav({ codec: 'PCMA', samples: new Uint8Array(8_000) }),
  };
  now = NOON;
  admin = this.openAdmin();

  /** As after a restart: nothing remembered but what is stored. */
  openAdmin(store: Store = this.store, recordings: Recordings = this.recordings): Admin {
    let seed = 0;
    return new Admin({
      store,
      node: this.node,
      notices: this.notices,
      recordings,
      speech: this.speech,
      clock: { now: () => this.now },
      random: {
        bytes: (count) => Uint8Array.from({ length: count }, () => seed++ & 0xff),
        fraction: () => 0,
      },
      hashing: nodeHashing,
      secrets: PLAIN_SECRETS,
      realm: 'voice.example.net',
      country: 'GB',
      controlNumbers: ['+442079460999'],
      prompts: ['closed'],
      trace: this.trace,
    });
  }

  provisioned() {
    return this.admin.provision(FILE, { dryRun: false });
  }

  async stored(): Promise<Account> {
    return present((await this.store.accounts())[0], 'stored account');
  }
}

/** One account with two phones and a number. */
export const FILE = `accounts:
  - name: acme
    phones:
      - { user: reception, password: secret-of-reception, callerId: "${NUMBER}" }
      - { user: workshop, password: secret-of-workshop }
    numbers: [{ number: "${NUMBER}", plan: [{ ring: [reception, workshop], for: 20s }, { dial: "${MOBILE}" }] }]
`;
