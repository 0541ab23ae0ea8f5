// The cast of most stories: a business with three phones and a number, and the two carriers that it has.
//
//   describe('busy phones', () => {
//     const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });
//     story('the mobile rings when reception is busy', ({ carrier, reception }) => { … });
//   });

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECOND_MS } from '../../src/base/time.ts';
import type { NodeOptions } from '../../src/node/options.ts';
import type { Key } from '../../src/ports/media.ts';
import type {
  Account,
  AccountLimits,
  Divert,
  DivertedUsage,
  Forwards,
  Hours,
  LedgerEntry,
  PlanStep,
  TrunkServers,
  TrunkSettings,
  VoicemailMessage,
} from '../../src/ports/records.ts';
import { ha1 } from '../../src/sip/auth/digest.ts';
import { hashing } from '../simulation/hashing.ts';
import { type Records, Zone } from '../simulation/zone.ts';
import type { Party, Placed, Ringing } from './party.ts';
import { type CallOptions, Peer } from './peer.ts';
import { Phone } from './phone.ts';
import type { Opened } from './relay.ts';
import { DOMAIN, Stage } from './stage.ts';

export const NUMBER = '+442079460000';
/** Another number of the same business. */
export const SECOND_NUMBER = '+442079460001';
export const MOBILE = '+447700900123';
/** Who calls from outside. */
export const CALLER = '+442079460999';

const USERS = ['reception', 'workshop', 'attic'] as const;
type User = (typeof USERS)[number];

export interface Setting {
  readonly plan?: readonly PlanStep[];
  readonly divert?: Divert;
  readonly forwards?: Forwards;
  readonly limits?: Partial<AccountLimits>;
  readonly hours?: readonly Hours[];
  /** Users of further phones of the business; see `newPhone`. */
  readonly more?: readonly string[];
  /** Whose phones are registered when the story begins. All, by default. */
  readonly registered?: readonly User[];
  readonly carrier?: Partial<TrunkSettings>;
  readonly second?: Partial<TrunkSettings>;
  readonly node?: Partial<NodeOptions>;
  readonly unfinished?: readonly LedgerEntry[];
  /** What DNS has at the beginning. */
  /** More of the business's account. */
  readonly account?: Partial<Account>;
  readonly messages?: readonly VoicemailMessage[];
  readonly usages?: readonly DivertedUsage[];
  readonly zone?: Records;
  readonly dns?: Zone['state'];
  /** Where the last life of the node knew trunks to be. */
  readonly trunkServers?: readonly TrunkServers[];
}

export function ring(...phones: readonly User[]): PlanStep {
  return { type: 'ring', phones, order: 'together', forMs: 20 * SECOND_MS };
}

export function ringInTurn(...phones: readonly User[]): PlanStep {
  return { type: 'ring', phones, order: 'in-turn', forMs: 10 * SECOND_MS };
}

export function dial(number: string): PlanStep {
  return { type: 'dial', number, forMs: 30 * SECOND_MS };
}

export const OFFICE_PLAN: readonly PlanStep[] = [ring('reception', 'workshop'), dial(MOBILE)];

export class Office {
  #thieves = 0;
  readonly stage: Stage;
  readonly reception: Phone;
  readonly workshop: Phone;
  /** Over TCP. */
  readonly attic: Phone;
  /** Brings calls and takes them; preferred. */
  readonly carrier: Carrier;
  /** Only takes calls, when the first cannot. */
  readonly second: Carrier;

  constructor(setting: Setting = {}) {
    const trunks = [trunk('carrier-a', 1, setting.carrier), trunk('carrier-b', 2, setting.second)];
    const stage = new Stage(trunks, setting.node, new Zone(setting.zone));
    this.stage = stage;
    stage.zone.state = setting.dns ?? 'answers';
    this.carrier = new Carrier(stage, { name: 'carrier-a', address: at('198.51.100.1'), ...over(trunks[0]) });
    this.second = new Carrier(stage, { name: 'carrier-b', address: at('198.51.100.2'), ...over(trunks[1]) });
    this.reception = phone(stage, 'reception', 'udp', '192.0.2.10');
    this.workshop = phone(stage, 'workshop', 'udp', '192.0.2.11');
    this.attic = phone(stage, 'attic', 'tcp', '192.0.2.12');
    const { unfinished, trunkServers, messages, usages } = setting;
    stage.start([accountOf(setting)], [], unfinished, trunkServers, messages, usages);
    for (const user of setting.registered ?? USERS) this[user].registers().expect(200);
    // By then all of them have been asked whether they are there, and have said so.
    stage.pass(SECOND_MS);
  }

  /** One of the node's counters; see SipNode.counters. */
  count(name: string): number | undefined {
    return this.node.counters()[name];
  }

  get node(): Stage['node'] {
    return this.stage.node;
  }

  pass(durationMs: number): void {
    this.stage.pass(durationMs);
  }

  /** A call to the number from outside. */
  call(options: CallOptions = {}): Placed {
    return this.carrier.calls(NUMBER, options);
  }

  /** The same over the other carrier, because the first one hears and says nothing any more. */
  callWithoutFirst(options: CallOptions = {}): Placed {
    this.carrier.dead = true;
    return this.second.calls(NUMBER, options);
  }

  /** From outside to reception, answered there. */
  talk(options: CallOptions = {}): { readonly caller: Placed; readonly callee: Ringing } {
    const caller = this.call(options);
    const callee = this.reception.answers();
    caller.connected();
    return { caller, callee };
  }

  /** What the two were told of each other's audio fits, and the relay passes it between them. */
  assertTalking(a: Party, b: Party): void {
    const ends = [a, b].map((party) => {
      const end = this.#endpointOf(party);
      assert.deepEqual(end.remote?.signalled, party.media, `the relay sends to ${party.peer.name}`);
      return end;
    });
    assert.equal(ends[0]?.partner?.id, ends[1]?.id, 'the relay connects them');
    assert.equal(ends[0]?.playing ?? ends[1]?.playing, undefined, 'nothing is played instead');
  }

  /** How long this party may be silent before the relay says so; 0: for ever. */
  silenceWatch(party: Party): number {
    return this.#endpointOf(party).silenceMs;
  }

  /** Somebody else's machine, such as a carrier's proxy. */
  another(address: string): Peer {
    return new Peer(this.stage, { name: address, address: at(address) });
  }

  /** The phone of one of the further users. */
  newPhone(user: string, address: string): Phone {
    return phone(this.stage, user, 'udp', address);
  }

  /** A device that nobody knows. */
  stranger(): Peer {
    return this.another('192.0.2.66');
  }

  /** A device that claims to be this user, and does not know the password. */
  thief(user: string, address = at(`192.0.2.${67 + this.#thieves++}`)): Phone {
    const name = `thief of ${user}`;
    return new Phone(this.stage, { name, user, password: 'guessed', address });
  }

  /** The relay says that this party has been silent for so long. */
  goesSilent(party: Party, silentMs: number): void {
    this.stage.media({ type: 'silent', id: this.#endpointOf(party).id, silentMs });
  }

  /** The relay says that audio came from this party. */
  isHeard(party: Party): void {
    this.stage.media({ type: 'heard', id: this.#endpointOf(party).id, at: this.stage.now });
  }

  /** This party presses keys, one after another. */
  presses(party: Party, keys: string): void {
    const { relay, now } = this.stage;
    for (const key of keys) {
      relay.press(this.#endpointOf(party), key as Key, now);
      this.stage.pass(0);
    }
  }

  /** This party speaks for so long. */
  says(party: Party, durationMs: number): void {
    this.stage.relay.speak(this.#endpointOf(party), durationMs, this.stage.now);
  }

  /** What this party says is being recorded. */
  records(party: Party): boolean {
    return this.#endpointOf(party).recording !== undefined;
  }

  /** What the relay plays to this party, if it does. */
  hears(party: Party): string | undefined {
    return this.#endpointOf(party).playing;
  }

  close(): void {
    this.stage.close();
  }

  #endpointOf({ theirs, peer }: Party): Opened {
    assert.ok(theirs?.endpoint, `${peer.name} was told of no audio`);
    return this.stage.relay.at(theirs.endpoint);
  }
}

export class Carrier extends Peer {
  /** A call from outside to this number. */
  calls(number: string, options: CallOptions = {}): Placed {
    return this.invites(`sip:${number}@${DOMAIN}`, { from: `<sip:${CALLER}@carrier-a.example>`, ...options });
  }
}

/** Tells stories in offices like this one; each ends with nothing left over. */
export function inOffice(setting: Setting = {}): (title: string, tell: (office: Office) => void) => void {
  return (title, tell) => {
    test(title, () => {
      const office = new Office(setting);
      tell(office);
      office.close();
    });
  };
}

export function accountOf(setting: Setting): Account {
  const { plan = OFFICE_PLAN, divert, forwards, hours = [], limits = {}, more = [] } = setting;
  return {
    name: 'acme',
    phones: [...USERS, ...more].map((user) => ({
      user,
      secret: secretOf(user),
      ...(user === 'reception' ? { displayName: 'Reception', callerId: SECOND_NUMBER } : {}),
    })),
    numbers: [
      { number: NUMBER, plan: { steps: plan }, ...(divert && { divert }), ...(forwards && { forwards }) },
      { number: SECOND_NUMBER, plan: { steps: [ring('reception')] } },
    ],
    hours,
    ...setting.account,
    limits: {
      callsMax: 10,
      divertedCallsMax: 4,
      phonesMax: 10,
      bindingsPerPhoneMax: 5,
      destinationsAllowed: ['+44'],
      destinationsDenied: ['+449', '+4470'],
      ...limits,
    },
  };
}

export function trunk(name: string, order: number, settings: Partial<TrunkSettings> = {}): TrunkSettings {
  return {
    name,
    target: { host: `198.51.100.${order}`, port: 5060, transport: 'udp' },
    from: [],
    inbound: true,
    outbound: true,
    order,
    weight: 1,
    country: 'GB',
    numberFormat: 'e164',
    callsMax: 100,
    ...settings,
  };
}

function phone(stage: Stage, user: string, transport: 'udp' | 'tcp', address: string): Phone {
  return new Phone(stage, { name: user, user, password: passwordOf(user), transport, address: at(address) });
}

export function secretOf(user: string) {
  const password = passwordOf(user);
  return {
    realm: DOMAIN,
    md5Ha1: ha1(hashing, 'MD5', user, DOMAIN, password),
    sha256Ha1: ha1(hashing, 'SHA-256', user, DOMAIN, password),
  };
}

export function passwordOf(user: string): string {
  return `${user}-secret`;
}

function at(address: string) {
  return { address, port: 5060 };
}

function over(settings: TrunkSettings | undefined): { transport: 'udp' | 'tcp' } {
  return { transport: settings?.target.transport === 'tcp' ? 'tcp' : 'udp' };
}
