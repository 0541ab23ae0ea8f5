// Where the node's peers are when they are known by name: trunks, whose servers are kept up to date for ever, and
// the next hops of dialogs with carriers, which are asked for when a Contact or Record-Route first names them.
//
//   183 with Contact <sip:sbc.carrier.example> ─▶ asked ahead
//   200 ─▶ known: handled at once          not known: held, with all that follows of its Call-ID, until it is
//                                          known or its time is up; then ACK goes there, or whence the 200 came
//
// So a call never waits when it sends: ACK, BYE and re-INVITE find the place in memory and keep their order.

import { LIMITS } from '../base/limits.ts';
import { type Destination, type Flow, formatDestination } from '../base/net.ts';
import { earlier, type Instant } from '../base/time.ts';
import type { PeerKind } from '../calls/surroundings.ts';
import { DeadServers } from '../locating/dead.ts';
import { Locator, type LocatorEffect } from '../locating/locator.ts';
import type { Reply } from '../ports/dns.ts';
import type { TrunkServers, TrunkSettings } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import { routeUri } from '../sip/dialog/routing.ts';
import type { Server } from '../sip/location/locate.ts';
import type { Question } from '../sip/location/records.ts';
import { literalFamily, type Target } from '../sip/location/target.ts';
import type { SipMessage, SipRequest } from '../sip/message/message.ts';
import type { TransactionEffect, TransactionId } from '../sip/transaction/layer.ts';
import type { TrunkEffect } from '../trunks/trunk.ts';
import type { Trunks } from '../trunks/trunks.ts';
import { type Listeners, targetAt } from './listeners.ts';
import { NextServers } from './next-servers.ts';
import type { NodeEvent } from './views.ts';

export interface WhereaboutsOptions {
  readonly settings: readonly TrunkSettings[];
  readonly trunks: Trunks;
  readonly listeners: Listeners;
  resolve(question: Question): void;
  event(event: NodeEvent): void;
  persist(writes: readonly StoreWrite[]): void;
  send(request: SipRequest, flow: Flow): TransactionId;
  trunkEffects(effects: readonly TrunkEffect[], now: Instant): void;
  /** Handles what was held. */
  release(effect: TransactionEffect): void;
}

const TRUNK = 'trunk ';
const HELD = 'held ';
/** Nobody waits for these: they will be in memory when they are needed. */
const AHEAD = 'ahead ';

const NOT_YET = 'DNS has not answered since the start: this is where it was before';

export class Whereabouts {
  readonly #options: WhereaboutsOptions;
  readonly #locator: Locator;
  readonly #dead = new DeadServers();
  readonly nextServers: NextServers;
  /** Where DNS, or the store, last said that trunks are. */
  readonly #lastKnown = new Map<string, readonly Server[]>();
  /** By Call-ID, in the order they came. */
  readonly #held = new Map<string, TransactionEffect[]>();
  #heldCount = 0;

  constructor(options: WhereaboutsOptions) {
    this.#options = options;
    this.nextServers = new NextServers({
      send: (request, flow) => options.send(request, flow),
      silent: (flow, now) => this.flowFailed(flow, now),
    });
    this.#locator = new Locator(options.listeners.abilities());
  }

  /**
   * From now on the trunks' servers are known as far as DNS tells, and until it does, as far as it told before the
   * start: it may be down, and be the reason for it.
   */
  start(kept: readonly TrunkServers[], now: Instant): void {
    this.#restore(kept, now);
    for (const { name, target } of this.#options.settings) {
      this.#perform(this.#locator.keep(`${TRUNK}${name}`, { scheme: 'sip', ...target }, now), now);
    }
  }

  /** Trunks stay where they are from now on: nobody asks for them again. */
  stop(): void {
    this.#locator.stop();
  }

  replied(question: Question, reply: Reply, now: Instant): void {
    this.#perform(this.#locator.replied(question, reply, now), now);
  }

  expire(now: Instant): void {
    this.#perform(this.#locator.expire(now), now);
    this.nextServers.expire(now);
  }

  nextDeadline(): Instant | undefined {
    return earlier(this.#locator.nextDeadline(), this.nextServers.nextDeadline());
  }

  counters(): Readonly<Record<string, number>> {
    const { answers, asking } = this.#locator.stats;
    return {
      dnsAnswers: answers,
      dnsAsking: asking,
      held: this.#heldCount,
      nextServers: this.nextServers.size,
    };
  }

  get held(): number {
    return this.#heldCount;
  }

  /** Where a request within the dialog goes, and where else it may. */
  flowsFor(dialog: Dialog, flow: Flow, peer: PeerKind, now: Instant): readonly [Flow, ...Flow[]] {
    return this.#options.listeners.flowsFor(dialog, flow, peer, (target) => this.#places(target, flow, now));
  }

  flowFailed({ transport, remote }: Flow, now: Instant): void {
    this.#dead.failed({ transport, ...remote }, now);
  }

  /**
   * True: it is kept, and will be released. Only a carrier's 2xx over UDP is held, for no longer than until its UAS
   * would send it again anyway, and what comes after it in the same call.
   */
  holds(effect: TransactionEffect, now: Instant): boolean {
    if (effect.type !== 'response' && effect.type !== 'request') return false;
    const message = effect.type === 'response' ? effect.response : effect.request;
    if (effect.type === 'response') {
      const { transport, remote } = effect.flow;
      this.#dead.answered({ transport, ...remote });
    }
    const callId = message.callId ?? '';
    const behind = this.#held.get(callId);
    if (this.#heldCount >= LIMITS.heldMessagesMax) return false;
    if (behind !== undefined) {
      behind.push(effect);
      this.#heldCount++;
      return true;
    }
    const target = this.#namedHop(message, effect.flow);
    if (target === undefined || this.#locator.known(target, now) !== undefined) return false;
    if (message.kind === 'request' || message.status < 200) {
      const until = now + 3 * LIMITS.dnsAnswerMs;
      this.#perform(this.#locator.await(`${AHEAD}${JSON.stringify(target)}`, target, until, now), now);
      return false;
    }
    this.#held.set(callId, [effect]);
    this.#heldCount++;
    this.#perform(this.#locator.await(`${HELD}${callId}`, target, now + LIMITS.nextHopWaitMs, now), now);
    return true;
  }

  /** The name to which requests in the dialog that this makes will go, where it is one and a carrier's. */
  #namedHop(message: SipMessage, flow: Flow): Target | undefined {
    if (message.cseq?.method !== 'INVITE' || flow.transport !== 'udp') return undefined;
    if (message.kind === 'response' && (message.status <= 100 || message.status >= 300)) return undefined;
    const routes = message.headers.values('Record-Route');
    const route = message.kind === 'request' ? routes[0] : routes.at(-1);
    const uri = route === undefined ? message.contacts[0]?.uri : routeUri(route);
    const target = uri === undefined ? undefined : targetAt(uri);
    if (target === undefined || literalFamily(target.host) !== undefined) return undefined;
    const { trunks } = this.#options;
    const ours = message.kind === 'request' ? trunks.identify(flow) !== undefined : trunks.reaches(flow);
    return ours ? target : undefined;
  }

  /**
   * Always in the same order, so that the requests of a dialog follow each other. The one that we hear from knows the
   * call, and is the first while it lives.
   */
  #places(target: Target, { transport: over, remote }: Flow, now: Instant): readonly Destination[] {
    const servers = [...(this.#locator.known(target, now) ?? [])];
    servers.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    const places = servers.flatMap(({ transport, port, addresses }) =>
      addresses.map((address) => ({ transport, address, port })),
    );
    const here = formatDestination({ transport: over, ...remote });
    const isHere = (place: Destination): number => (formatDestination(place) === here ? 0 : 1);
    if (places.length > 1) places.sort((a, b) => isHere(a) - isHere(b));
    return this.#dead.last(places, now);
  }

  #perform(effects: readonly LocatorEffect[], now: Instant): void {
    for (const effect of effects) {
      if (effect.type === 'resolve') this.#options.resolve(effect.question);
      else if (effect.key.startsWith(HELD)) this.#release(effect.key.slice(HELD.length));
      else if (effect.key.startsWith(TRUNK)) this.#located(effect, effect.key.slice(TRUNK.length), now);
    }
  }

  #restore(kept: readonly TrunkServers[], now: Instant): void {
    for (const known of kept) {
      const settings = this.#options.settings.find(({ name }) => name === known.trunk);
      if (settings !== undefined && sameTarget(settings.target, known.target)) {
        this.#lastKnown.set(known.trunk, known.servers);
        this.#tell(known.trunk, known.servers, NOT_YET, now);
      } else {
        this.#options.persist([{ type: 'trunk-servers', known: { ...known, servers: [] } }]);
      }
    }
  }

  /** Nowhere changes nothing: the carrier is likely still where it was. */
  #located(
    { servers: told, trouble }: LocatorEffect & { type: 'located' },
    trunk: string,
    now: Instant,
  ): void {
    const before = this.#lastKnown.get(trunk);
    const servers = told.length > 0 ? told : (before ?? []);
    // What may be incomplete is kept only where there is nothing else.
    if (told.length > 0 && (trouble === undefined || before === undefined)) {
      this.#lastKnown.set(trunk, told);
      this.#keep(trunk, told, before);
    }
    this.#tell(trunk, servers, trouble, now);
  }

  #keep(trunk: string, servers: readonly Server[], before: readonly Server[] | undefined): void {
    const target = this.#options.settings.find(({ name }) => name === trunk)?.target;
    if (target === undefined || literalFamily(target.host) !== undefined) return;
    if (before !== undefined && inAnyOrder(before) === inAnyOrder(servers)) return;
    this.#options.persist([{ type: 'trunk-servers', known: { trunk, target, servers } }]);
  }

  #tell(name: string, servers: readonly Server[], trouble: string | undefined, now: Instant): void {
    const { trunks, event, trunkEffects } = this.#options;
    trunkEffects(trunks.located(name, servers, trouble, now), now);
    const addresses = servers.flatMap(({ transport, port, addresses: all }) =>
      all.map((address) => formatDestination({ transport, address, port })),
    );
    event({
      type: 'trunk-servers',
      name,
      servers: addresses,
      ...(trouble === undefined ? {} : { trouble }),
      at: now,
    });
  }

  #release(callId: string): void {
    const effects = this.#held.get(callId) ?? [];
    this.#held.delete(callId);
    this.#heldCount -= effects.length;
    for (const effect of effects) this.#options.release(effect);
  }
}

function sameTarget(a: TrunkSettings['target'], b: TrunkSettings['target']): boolean {
  return a.host === b.host && a.port === b.port && a.transport === b.transport;
}

/** DNS servers turn their answers round: that moves nobody, and is not worth a write. */
function inAnyOrder(servers: readonly Server[]): string {
  const texts = servers.map(({ transport, name, port, addresses, priority, weight }) =>
    JSON.stringify([transport, name, port, [...addresses].sort(), priority, weight]),
  );
  return texts.sort().join();
}
