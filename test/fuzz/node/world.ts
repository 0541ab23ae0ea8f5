// The node in a world of the fuzzer's: the pure core alone, with a clock that the fuzzer turns, a relay and a disk
// that answer when they are let. Every effect is checked as it comes, and what the node sends is kept for the
// peers (peers.ts) to answer.
//
// Each move has a source of chance of its own, for itself and for the node. So a move that is left out changes
// nothing about the tags and branches of those that are not, and a case can be made smaller.

import type { Flow } from '../../../src/base/net.ts';
import type { Instant } from '../../../src/base/time.ts';
import type { Effect } from '../../../src/node/effects.ts';
import { SipNode } from '../../../src/node/node.ts';
import type { NodeEvent } from '../../../src/node/views.ts';
import type { MediaCommand, MediaEvent } from '../../../src/ports/media.ts';
import type { Mailbox } from '../../../src/ports/records.ts';
import type { Question } from '../../../src/sip/location/records.ts';
import { tagOf } from '../../../src/sip/message/address.ts';
import { inspectRequest } from '../../../src/sip/message/inspect.ts';
import type { SipMessage, SipResponse } from '../../../src/sip/message/message.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { hashing } from '../../simulation/hashing.ts';
import { DOMAIN, NODE } from '../../simulation/scenario.ts';
import { acme, trunk } from '../../simulation/story.ts';
import { SeededRandom } from '../../simulation/world.ts';
import { Broken, expect, type Lap } from '../target.ts';
import { CARRIER_NAME, drawReply } from './names.ts';

const BEGINNING: Instant = Date.UTC(2026, 0, 15, 10);
const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws'] as const;
/** Far more than any end takes: each transaction and binding has a handful of timers. */
const TURNS_MAX = 20_000;
/** What lingers longest: a transaction of 64*T1, begun when another has timed out, after a missing ACK. */
const LINGER_MS = 150_000;
const LINGER_STEP_MS = 15_000;
/** While a server transaction certainly lives, its final answer does not change. */
const ANSWER_STANDS_MS = 5_000;
const ANSWERS_MAX = 1_000;

export interface Heard {
  readonly flow: Flow;
  readonly message: SipMessage;
}

export const MAILBOX: Mailbox = {
  name: 'front',
  email: [],
  phones: ['reception'],
  messagesMax: 9,
  messageMaxMs: 60_000,
  retentionMs: 60_000,
};

export class NodeWorld {
  now = BEGINNING;
  readonly node: SipNode;
  /** What the node has sent since somebody last listened. */
  heard: Heard[] = [];
  messages = 0;
  readonly #lap: Lap;
  #chance = new SeededRandom(0);
  #media: MediaEvent[] = [];
  #persists: number[] = [];
  #questions: Question[] = [];
  readonly #endpoints = new Set<string>();
  readonly #answers = new Map<string, { readonly isGood: boolean; readonly at: Instant }>();
  /** A retransmission is the same bytes, and was looked at before. */
  readonly #known = new WeakMap<Uint8Array, SipMessage | undefined>();
  #readsAck = false;
  #ports = 20_000;

  constructor(lap: Lap) {
    this.#lap = lap;
    const plan = [
      { type: 'ring', phones: ['reception', 'workshop'], order: 'together', forMs: 20_000 },
      { type: 'dial', number: '+447700900123', forMs: 30_000 },
    ] as const;
    const account = { ...acme(plan), mailboxes: [MAILBOX] };
    const register = { registrar: 'carrier.example', expiresMs: 600_000 };
    this.node = new SipNode(
      {
        domain: DOMAIN,
        userAgent: 'Ringthrough (fuzzed)',
        listeners: TRANSPORTS.map((transport) => ({ transport, local: NODE, advertised: NODE })),
        trunks: [
          trunk('carrier-a'),
          trunk('carrier-b', {
            target: { host: CARRIER_NAME },
            credentials: { user: 'us', password: 'secret' },
            register,
          }),
        ],
        country: 'GB',
        acceptMd5: true,
        silenceMs: 60_000,
        nonceKey: new Uint8Array(32),
        random: { bytes: (count) => this.#chance.bytes(count), fraction: () => this.#chance.fraction() },
        hashing,
      },
      BEGINNING,
    );
    this.turn((node, now) =>
      node.start({ accounts: [account], bindings: [], unfinished: [], trunkServers: [] }, now),
    );
  }

  /** A new move begins. */
  begin(seed: number): void {
    this.#chance = new SeededRandom(seed ^ 0x5eed);
    this.heard = [];
  }

  receive(flow: Flow, bytes: Uint8Array): void {
    this.messages += 1;
    this.#readsAck = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'ACK ';
    // Everything is read, room or not: it is what the node makes of it that is looked for.
    this.turn((node, now) => {
      node.admit({ flow, bytes }, now);
      return node.receive([{ flow, bytes }], now);
    });
    this.#readsAck = false;
  }

  /** One call of the node, and all that it wants done. */
  turn(act: (node: SipNode, now: Instant) => readonly Effect[]): void {
    const effects = this.#lap(() => act(this.node, this.now));
    for (const effect of effects) {
      if (effect.type === 'send') this.#sent(effect.flow, effect.bytes);
      else if (effect.type === 'media') this.#command(effect.command);
      else if (effect.type === 'persist') this.#persists.push(effect.id);
      else if (effect.type === 'resolve') this.#questions.push(effect.question);
      else if (effect.type === 'event') this.#told(effect.event);
    }
  }

  /** Every timer that is due within this time fires when it is. */
  pass(durationMs: number): void {
    const end = this.now + durationMs;
    for (let turns = 0; ; turns++) {
      const next = this.node.nextDeadline();
      if (next === undefined || next > end) break;
      expect(turns < TURNS_MAX, 'the timers never come to rest');
      this.now = Math.max(this.now, Math.ceil(next));
      this.turn((node, now) => node.expire(now));
    }
    this.now = end;
  }

  /** The relay answers, well or badly. */
  answerMedia(random: SeededRandom, failing: number): void {
    const events = this.#media.splice(0).map((event): MediaEvent => {
      if (event.type !== 'opened' || !random.chance(failing)) return event;
      this.#endpoints.delete(event.id);
      return { type: 'open-failed', id: event.id, reason: 'no port is free' };
    });
    if (events.length > 0) this.turn((node, now) => node.media(events, now));
  }

  answerStore(random: SeededRandom, failing: number): void {
    for (const id of this.#persists.splice(0)) {
      const result = random.chance(failing)
        ? { ok: false, error: 'STORE_FULL' }
        : { ok: true, value: undefined };
      this.turn((node, now) => node.persisted(id, result as { ok: true; value: undefined }, now));
    }
  }

  /** Some questions are never answered. */
  answerNames(random: SeededRandom): void {
    for (const question of this.#questions.splice(0)) {
      const reply = drawReply(question, random);
      if (random.chance(0.9)) this.turn((node, now) => node.replied(question, reply, now));
    }
  }

  /** Something that happens on an endpoint by itself. */
  mediaHappens(random: SeededRandom): void {
    const id = this.#endpoints.size === 0 ? 'nobody/caller' : random.pick([...this.#endpoints]);
    const from = { address: '192.0.2.11', port: 4_000 };
    const event = random.pick<MediaEvent>([
      { type: 'latched', id, from, at: this.now },
      { type: 'heard', id, at: this.now },
      { type: 'played', id },
      { type: 'silent', id, silentMs: 60_000 },
    ]);
    this.turn((node, now) => node.media([event], now));
  }

  /**
   * Everybody goes: whatever was begun must end, and nothing may be left. Only the names of trunks are still looked up.
   */
  end(): void {
    const random = new SeededRandom(1);
    this.turn((node, now) => node.stop(now));
    // Whoever registered for an hour would be asked for an hour whether he lives.
    this.turn((node, now) => node.directoryChanged([], now));
    for (let waitedMs = 0; waitedMs < LINGER_MS; waitedMs += LINGER_STEP_MS) {
      this.answerMedia(random, 0);
      this.answerStore(random, 0);
      this.answerNames(random);
      this.pass(LINGER_STEP_MS);
    }
    this.heard = [];
    const left = {
      ...this.node.leftovers(),
      bindings: this.node.gauges()['bindings'],
      subscriptions: this.node.gauges()['subscriptions'],
      lamps: this.node.gauges()['lamps'],
      ports: this.#endpoints.size,
    };
    for (const [name, count] of Object.entries(left)) expect(count === 0, `${name} are left in the end`);
  }

  #sent(flow: Flow, bytes: Uint8Array): void {
    const known = this.#known.has(bytes) ? this.#known.get(bytes) : this.#check(bytes);
    this.#known.set(bytes, known);
    if (known !== undefined) this.heard.push({ flow, message: known });
  }

  #check(bytes: Uint8Array): SipMessage | undefined {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      const { code } = parsed.error;
      expect(
        code === 'too-large' || code === 'too-many-headers',
        () => `the node sent what is no SIP: ${code}`,
      );
      return undefined;
    }
    const message = parsed.value;
    if (message.kind === 'response') this.#checkAnswer(message);
    else {
      const reason = inspectRequest(message)?.reason;
      // A peer's Contact is where its requests go, as it wrote it, if only it can be sent there.
      const isItsOwn = tagOf(message.to) !== undefined && ITS_OWN_DEFECTS.has(reason ?? '');
      expect(reason === undefined || isItsOwn, () => `the node sent a request with a defect: ${reason}`);
    }
    return message;
  }

  #checkAnswer(response: SipResponse): void {
    const { cseq, status, callId } = response;
    expect(!this.#readsAck, 'an ACK was answered');
    if (status < 200 || cseq?.method !== 'INVITE') return;
    const key = `${response.headers.get('Via')}|${callId}|${cseq.number}`;
    const isGood = status < 300;
    const earlier = this.#answers.get(key);
    const stands = earlier !== undefined && this.now - earlier.at < ANSWER_STANDS_MS;
    expect(!stands || earlier.isGood === isGood, 'one INVITE was taken and refused');
    if (this.#answers.size > ANSWERS_MAX) this.#answers.clear();
    this.#answers.set(key, { isGood, at: this.now });
  }

  #command(command: MediaCommand): void {
    if (command.type === 'open') {
      expect(!this.#endpoints.has(command.id), 'an endpoint is opened twice');
      this.#endpoints.add(command.id);
      this.#ports += 2;
      this.#media.push({ type: 'opened', id: command.id, local: { ...NODE, port: this.#ports } });
    } else if (command.type === 'play' && !command.repeat) {
      this.#media.push({ type: 'played', id: command.id });
    } else if (command.type === 'close' && this.#endpoints.delete(command.id)) {
      this.#media.push({ type: 'closed', id: command.id, statistics: NOTHING_HEARD });
    }
  }

  #told(event: NodeEvent): void {
    if (event.type !== 'fault') return;
    const broken = new Broken(`a fault was contained, ${event.what}: ${event.text}`);
    broken.stack = `${broken.message}\n${event.stack}`;
    throw broken;
  }
}

const ITS_OWN_DEFECTS = new Set(['Bad Request-URI', 'Request-URI With Headers', 'Request-URI Too Long']);

const NOTHING_HEARD = {
  packetsReceived: 0,
  bytesReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  jitterMs: 0,
  strangersDropped: 0,
  heardAudio: false,
};
