// Who writes accounts in the simulated world: admin/'s own code, over a store whose writes take their time. Its
// promises are settled between two events of the world, so that a run still depends on its seed alone.

import { Audit } from '../../../src/admin/audit.ts';
import { Changes } from '../../../src/admin/changes.ts';
import { divertWrites, withDivert } from '../../../src/admin/diverts.ts';
import { Selfcare } from '../../../src/admin/selfcare.ts';
import { RingthroughError } from '../../../src/base/errors.ts';
import type { Instant } from '../../../src/base/time.ts';
import type { DeskAnswer, DeskQuestion } from '../../../src/ports/desk.ts';
import type { Account, SecretHash } from '../../../src/ports/records.ts';
import type { StoreWrite } from '../../../src/ports/store.ts';
import type { NodeHost } from '../host.ts';
import type { SeededRandom, World } from '../world.ts';
import { hashOf } from './office.ts';

/** A question of the node's, and what became of it. */
export interface Asked {
  readonly question: DeskQuestion | OperatorChange;
  readonly at: Instant;
  answer: DeskAnswer | undefined;
  answeredAt: Instant | undefined;
}

export interface OperatorChange {
  readonly type: 'operator';
  readonly number: string;
  readonly to: string | undefined;
}

const OPERATOR = { who: 'operator', how: 'api' } as const;
const HASHING_MS = [20, 120] as const;

/** One life of it: it ends with the node's. */
interface Office {
  readonly life: number;
  readonly changes: Changes;
  readonly selfcare: Selfcare;
  readonly audit: Audit;
}

export class SimulatedAdmin {
  readonly asked: Asked[] = [];
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #host: NodeHost;
  #office: Office | undefined;
  #underWay = 0;

  constructor(world: World, host: NodeHost) {
    this.#world = world;
    this.#random = world.random.fork('admin');
    this.#host = host;
    host.desk = (question, told) => this.#answer(question, told);
  }

  /** Promises may have to be settled before the world goes on. */
  get isBusy(): boolean {
    return this.#underWay > 0 && this.#office?.life === this.#host.starts.length;
  }

  divert(number: string, to: string | undefined): void {
    if (this.#host.node === undefined) return;
    const { changes, audit } = this.#open();
    const now = this.#world.now;
    const asked: Asked = {
      question: { type: 'operator', number, to },
      at: now,
      answer: undefined,
      answeredAt: undefined,
    };
    this.asked.push(asked);
    const made = changes.make((stored) => {
      const found = stored.number(number);
      if (found === undefined) throw new Error(`nobody has ${number}`);
      const divert = to === undefined ? undefined : { to, since: now, by: OPERATOR.who };
      const account = withDivert(found.account, number, divert);
      const record = account.numbers.find((one) => one.number === number) ?? found.number;
      const context = { account: account.name, author: OPERATOR, now, audit };
      const writes = divertWrites(found.number, record, context);
      return { writes, after: new Map([[account.name, account]]), told: undefined };
    });
    this.#await(
      made.then(
        () => DONE,
        () => FAILED,
      ),
      asked,
      () => undefined,
    );
  }

  #answer(question: DeskQuestion, told: (answer: DeskAnswer) => void): void {
    const asked: Asked = { question, at: this.#world.now, answer: undefined, answeredAt: undefined };
    this.asked.push(asked);
    this.#await(this.#open().selfcare.answer(question), asked, told);
  }

  #await(answer: Promise<DeskAnswer>, asked: Asked, told: (answer: DeskAnswer) => void): void {
    const life = this.#host.starts.length;
    this.#underWay += 1;
    void answer.then((given) => {
      if (life !== this.#host.starts.length || this.#host.node === undefined) return;
      this.#underWay -= 1;
      asked.answer = given;
      asked.answeredAt = this.#world.now;
      told(given);
    });
  }

  /** After a crash nothing is known but what is stored. */
  #open(): Office {
    const life = this.#host.starts.length;
    if (this.#office?.life === life) return this.#office;
    this.#underWay = 0;
    const clock = { now: () => this.#world.now };
    const random = this.#random;
    const { store } = this.#host;
    const audit = new Audit({ clock, random });
    const write = (writes: readonly StoreWrite[]) =>
      new Promise<void>((resolve, reject) => {
        store.write(writes, (result) => {
          if (result.ok) resolve();
          else reject(new RingthroughError('STORE_FULL', result.error));
        });
      });
    const accounts = () => Promise.resolve([...store.accounts.values()]);
    const directoryChanged = (known: readonly Account[]) =>
      this.#host.do((node) => node.directoryChanged(known, this.#world.now));
    const changes = new Changes({
      store: { write, accounts },
      node: { directoryChanged },
      recordings: { erase: (recording) => Promise.resolve(store.recordings.erase(recording)) },
    });
    const secrets = {
      hash: (secret: string) => this.#later(hashOf(secret)),
      verify: (hash: SecretHash, secret: string) => this.#later(hash === hashOf(secret)),
    };
    this.#office = {
      life,
      changes,
      audit,
      selfcare: new Selfcare({ changes, secrets, clock, random, audit }),
    };
    return this.#office;
  }

  #later<T>(value: T): Promise<T> {
    return new Promise((resolve) => {
      this.#world.after(this.#random.between(...HASHING_MS), () => resolve(value));
    });
  }
}

const DONE: DeskAnswer = { type: 'done' };
const FAILED: DeskAnswer = { type: 'refused', why: 'failed' };
