// Those who call about the office, and the one who writes its records. When all is quiet, each number is called once
// more to see where it leads, and the owner listens to the mailbox.

import { present } from '../../../src/base/assert.ts';
import type { Instant } from '../../../src/base/time.ts';
import type { Conversation } from '../conversation.ts';
import type { OutgoingCall } from '../outgoing-call.ts';
import type { Cast, Props, Run } from '../play.ts';
import type { CallSetting } from '../scenario.ts';
import type { SeededRandom } from '../world.ts';
import type { Errand } from './errand.ts';
import { CONTROL, MAILBOX_PIN, NUMBERS, OLD_MESSAGES } from './office.ts';
import { Person } from './person.ts';
import { SimulatedAdmin } from './simulated-admin.ts';

/** Where a number led when all was over. */
export interface Probe {
  readonly number: string;
  /** Users of phones, and numbers at carriers, one after another. */
  readonly rang: readonly string[];
  readonly heard: readonly string[];
}

/** A run, and those who lived it. */
export interface Lived {
  readonly run: Run;
  readonly cast: TelephoneCast;
}

/** Who only listens. */
const LISTENS: Errand = {
  want: { type: 'consent', key: undefined },
  keys: 'media',
  hurries: false,
  reactsMs: [500, 500],
  gapMs: [300, 300],
  hangsUpMs: 9_000,
};
const OWNER: Errand = {
  ...LISTENS,
  want: { type: 'listen', pin: MAILBOX_PIN, does: 'next' },
  hangsUpMs: 600_000,
};
const PROBE_MS = 15_000;
const LISTENING_MS = 600_000;
const STEP_MS = 10_000;
/** Transactions of a call that is over. */
const LINGER_MS = 40_000;

export class TelephoneCast implements Cast {
  readonly people: Person[] = [];
  readonly probes: Probe[] = [];
  /** Listens to the mailbox in the end. */
  owner: Person | undefined;
  #props: Props | undefined;
  #admin: SimulatedAdmin | undefined;
  #random: SeededRandom | undefined;

  get admin(): SimulatedAdmin {
    return present(this.#admin, 'the admin of a stage that is set');
  }

  get props(): Props {
    return present(this.#props, 'the props of a stage that is set');
  }

  enter(props: Props): void {
    const { world, host, carriers } = props;
    this.#props = props;
    this.#admin = new SimulatedAdmin(world, host);
    this.#random = world.random.fork('cast');
    for (const { message, kept } of OLD_MESSAGES) {
      host.store.messages.set(message.id, message);
      host.store.recordings.durable.set(message.recording, kept);
    }
    for (const carrier of carriers.values()) {
      carrier.rung = (call) => {
        const { onAnswered } = call;
        call.onAnswered = (conversation) => {
          const called = /\+?\d+/.exec(call.invite.uri)?.[0] ?? '';
          this.people.push(new Person(conversation, `mobile ${called}`, this.#consent(), NUMBERS));
          onAnswered(conversation);
        };
      };
    }
  }

  answered(conversation: Conversation, { caller, errand = LISTENS }: CallSetting): void {
    this.people.push(new Person(conversation, caller, errand, NUMBERS));
  }

  divert(number: string, to: string | undefined): void {
    this.admin.divert(number, to);
  }

  *epilogue(): Iterable<Instant> {
    for (const number of NUMBERS) yield* this.#probe(number);
    yield* this.#listen();
  }

  /** Whoever picks up a mobile; some want no calls. */
  #consent(): Errand {
    const random = present(this.#random, 'chance');
    return {
      ...LISTENS,
      want: {
        type: 'consent',
        key: random.chance(0.2) ? undefined : random.pick(['1', '1', '1', '1', '2'] as const),
      },
      hangsUpMs: random.chance(0.1) ? random.between(500, 10_000) : 60_000,
    };
  }

  *#probe(number: (typeof NUMBERS)[number]): Iterable<Instant> {
    const { world, carriers, phones } = this.props;
    const peers = [...carriers.values(), ...phones.values()];
    const before = peers.map(({ incoming }) => incoming.length);
    const caller = `+44770090099${NUMBERS.indexOf(number)}`;
    const call = present(this.#calls({ by: 'carrier-a', called: number, caller, errand: LISTENS }), 'a call');
    yield world.now + PROBE_MS;
    call.giveUp();
    yield world.now + PROBE_MS;
    const rang = peers
      .flatMap(({ incoming }, index) => incoming.slice(before[index]))
      .sort((a, b) => a.startedAt - b.startedAt)
      .map(({ invite }) => /sip:([^@]+)@/.exec(invite.uri)?.[1] ?? invite.uri);
    this.probes.push({ number, rang, heard: heardBy(call) });
  }

  *#listen(): Iterable<Instant> {
    const { world } = this.props;
    const asked = { by: 'reception', called: CONTROL.mailboxCode, caller: 'reception', errand: OWNER };
    const call = present(this.#calls(asked), 'a call');
    const end = world.now + LISTENING_MS;
    while (!call.over && world.now < end) yield world.now + STEP_MS;
    this.owner = this.people.find(({ errand }) => errand === OWNER);
    yield world.now + LINGER_MS;
  }

  #calls(asked: Pick<CallSetting, 'by' | 'called' | 'caller' | 'errand'>): OutgoingCall | undefined {
    const talk = { hangUpMs: undefined, holdMs: undefined, resumeMs: undefined };
    return this.props.call({ ...asked, atMs: 0, offers: true, patienceMs: PROBE_MS, talk });
  }
}

function heardBy({ party }: OutgoingCall): readonly string[] {
  return party.heard.map(({ what }) => what.replace(/^prompt /, ''));
}
