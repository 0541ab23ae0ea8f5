// A small SIP user agent: what phones and carriers are made of. It speaks real SIP through the project's own
// messages, transactions and dialogs, and knows nothing of the node's call engine; calls are in
// outgoing-call.ts and incoming-call.ts, what is common to an answered call in conversation.ts.

import { assert } from '../../src/base/assert.ts';
import { hex } from '../../src/base/ids.ts';
import { type Endpoint, type Flow, formatEndpoint } from '../../src/base/net.ts';
import type { Instant } from '../../src/base/time.ts';
import type { Packet } from '../../src/ports/signalling.ts';
import type { DigestClient } from '../../src/sip/auth/client.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { tagOf } from '../../src/sip/message/address.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import { inspectRequest, inspectResponse } from '../../src/sip/message/inspect.ts';
import type { SipRequest, SipResponse } from '../../src/sip/message/message.ts';
import { parseMessage } from '../../src/sip/message/parse.ts';
import { parseUri } from '../../src/sip/message/uri.ts';
import {
  type TransactionEffect,
  type TransactionId,
  TransactionLayer,
} from '../../src/sip/transaction/layer.ts';
import type { MediaPlane, Party } from './media.ts';
import type { Host, Network } from './network.ts';
import { Alarm, type SeededRandom, type World } from './world.ts';

export interface AgentOptions {
  readonly name: string;
  readonly local: Endpoint;
  readonly transport: 'udp' | 'tcp';
  /** User part of its Contact. */
  readonly user: string;
  /** What it believes its address to be, where it sits behind NAT. */
  readonly inside?: string;
  /** The name that it goes by in its Contact, where that is not its address. */
  readonly host?: string;
  /** TCP phones make connections and accept none; carriers accept them too. */
  readonly accepts: boolean;
  readonly digest?: DigestClient;
}

/** A response (several for INVITE), or `none` with the reason when there will be no more. */
export type Answer =
  | { readonly type: 'response'; readonly response: SipResponse }
  | { readonly type: 'none'; readonly reason: string };

/** Who answers an INVITE: a call that rings, or a conversation for one within it. */
export interface InviteUser {
  cancelled(): void;
  acknowledged(ack: SipRequest): void;
  ackMissing(): void;
}

/** Who takes the requests within a dialog. */
export interface DialogUser {
  readonly dialog: Dialog;
  requested(id: TransactionId, request: SipRequest): void;
}

/** A request under way. A challenge is answered meanwhile, which changes both. */
export interface Asked {
  id: TransactionId;
  request: SipRequest;
  /** Not to be asked again. */
  cancelled: boolean;
}

export class Agent {
  readonly options: AgentOptions;
  readonly world: World;
  readonly plane: MediaPlane;
  readonly random: SeededRandom;
  readonly host: Host;
  diedAt: Instant | undefined;
  /** It answered an OPTIONS at some time: it is no device that ignores them. */
  answersOptions = false;
  /** Takes a new call in; undefined where it was refused at once. */
  invited: (id: TransactionId, request: SipRequest) => InviteUser | undefined = () => undefined;
  /** Requests outside of dialogs but INVITE, and NOTIFY of any; true where answered. OPTIONS is answered here. */
  asked: (id: TransactionId, request: SipRequest) => boolean = () => false;
  connectionLost: () => void = () => undefined;
  readonly #layer: TransactionLayer;
  readonly #alarm: Alarm;
  readonly #network: Network;
  readonly #waiting = new Map<TransactionId, (answer: Answer) => void>();
  readonly #invites = new Map<TransactionId, InviteUser>();
  readonly #dialogs = new Map<string, DialogUser>();
  readonly #mourners: (() => void)[] = [];

  constructor(network: Network, plane: MediaPlane, options: AgentOptions) {
    this.options = options;
    this.#network = network;
    this.world = network.world;
    this.plane = plane;
    this.random = this.world.random.fork(options.name);
    this.#layer = new TransactionLayer({ newBranch: () => this.token(8), sentBy: () => options.local });
    this.#alarm = new Alarm(this.world, () => this.#perform(this.#layer.expire(this.world.now)));
    this.host = network.host(options.local.address);
    network.trace.name(options.local.address, options.name);
    this.#listen();
  }

  get alive(): boolean {
    return this.diedAt === undefined;
  }

  get contact(): string {
    const { user, local, inside, host, transport } = this.options;
    const believed = formatEndpoint({ address: inside ?? local.address, port: local.port });
    return `<sip:${user}@${host ?? believed}${transport === 'tcp' ? ';transport=tcp' : ''}>`;
  }

  /** Ear and mouth for one call. */
  join(name: string): Party {
    const { local, inside } = this.options;
    return this.plane.join(name, local.address, inside);
  }

  /** Transactions that are still alive. */
  get transactions(): number {
    return this.#layer.size;
  }

  token(bytes: number): string {
    return hex(this.random.bytes(bytes));
  }

  note(text: string): void {
    this.#network.trace.note(this.options.name, text);
  }

  flowTo(remote: Endpoint): Flow {
    return { transport: this.options.transport, local: this.options.local, remote };
  }

  /** The way of a dialog's next request: to the peer's Contact or first route, as the peer wrote it. */
  flowOf(dialog: Dialog): Flow {
    const uri = parseUri(dialog.nextHop);
    assert(uri.ok && uri.value.scheme === 'sip', `the peer's Contact is no SIP URI: ${dialog.nextHop}`);
    return this.flowTo({ address: uri.value.host, port: uri.value.port ?? 5060 });
  }

  /** Sends a request; 401 and 407 are answered with our credentials, once each. */
  ask(request: SipRequest, flow: Flow, answered: (answer: Answer) => void): Asked {
    const asked: Asked = { id: '', request, cancelled: false };
    const hear = (answer: Answer): void => {
      if (!this.alive) return;
      const status = answer.type === 'response' ? answer.response.status : 0;
      const authorised =
        answer.type === 'response' && !asked.cancelled && (status === 401 || status === 407)
          ? this.options.digest?.authorise(asked.request, answer.response)
          : undefined;
      if (authorised?.ok) this.#send(asked, authorised.value, flow, hear);
      else answered(answer);
    };
    this.#send(asked, request, flow, hear);
    return asked;
  }

  #send(asked: Asked, request: SipRequest, flow: Flow, hear: (answer: Answer) => void): void {
    const { id, effects } = this.#layer.request(request, flow, this.world.now);
    asked.id = id;
    asked.request = request;
    this.#waiting.set(id, hear);
    this.#perform(effects);
  }

  respond(id: TransactionId, response: SipResponse): void {
    this.#perform(this.#layer.respond(id, response, this.world.now));
  }

  cancel(asked: Asked): void {
    asked.cancelled = true;
    this.#perform(this.#layer.cancel(asked.id, this.world.now));
  }

  acknowledge(asked: Asked, ack: SipRequest, flow: Flow): void {
    this.#perform(this.#layer.acknowledge(asked.id, ack, flow, this.world.now));
  }

  dialogOpened(user: DialogUser): void {
    this.#dialogs.set(user.dialog.key, user);
  }

  dialogClosed(user: DialogUser): void {
    this.#dialogs.delete(user.dialog.key);
  }

  /** CANCEL, ACK and missing ACK of this INVITE concern `user`. */
  invitedBy(id: TransactionId, user: InviteUser): void {
    this.#invites.set(id, user);
  }

  whenDead(action: () => void): void {
    this.#mourners.push(action);
  }

  /** kill -9 (`killed`), or the plug is pulled (`vanished`). Its people are gone, too. */
  die(how: 'killed' | 'vanished'): void {
    if (!this.alive) return;
    this.note(how);
    this.diedAt = this.world.now;
    if (how === 'killed') this.host.kill();
    else this.host.vanish();
    this.#alarm.set(undefined);
    for (const mourn of this.#mourners) mourn();
  }

  #listen(): void {
    const { transport, local, accepts } = this.options;
    const ports = transport === 'udp' || accepts ? [`${transport}:${local.port}`] : [];
    this.host.listen(ports, {
      received: (batch) => {
        for (const packet of batch) this.#receive(packet);
      },
      failed: (flow, reason) => this.#perform(this.#layer.flowFailed(flow, this.world.now, reason)),
      closed: (flow) => {
        this.#perform(this.#layer.flowFailed(flow, this.world.now));
        this.connectionLost();
      },
    });
  }

  #receive(packet: Packet): void {
    const parsed = parseMessage(packet.bytes);
    assert(parsed.ok, `${this.options.name} was sent something that is not SIP`);
    const message = parsed.value;
    const defect = message.kind === 'request' ? inspectRequest(message) : inspectResponse(message);
    assert(defect === undefined, `${this.options.name} was sent a bad message: ${defect?.reason}`);
    this.#perform(this.#layer.receive(message, packet.flow, this.world.now));
  }

  #perform(effects: readonly TransactionEffect[]): void {
    for (const effect of effects) {
      if (!this.alive) return;
      this.#performOne(effect);
    }
    this.#alarm.set(this.alive ? this.#layer.nextDeadline() : undefined);
  }

  #performOne(effect: TransactionEffect): void {
    switch (effect.type) {
      case 'send':
        this.host.send(effect.flow, effect.bytes);
        break;
      case 'request':
        this.#requested(effect.id, effect.request);
        break;
      case 'response':
        this.#waiting.get(effect.id)?.({ type: 'response', response: effect.response });
        break;
      case 'timeout':
        this.#waiting.get(effect.id)?.({ type: 'none', reason: 'timeout' });
        break;
      case 'transport-failed':
        this.#waiting.get(effect.id)?.({ type: 'none', reason: effect.reason });
        this.#invites.get(effect.id)?.ackMissing();
        break;
      case 'cancelled':
        this.#invites.get(effect.id)?.cancelled();
        break;
      case 'ack':
        if (effect.id !== undefined) this.#invites.get(effect.id)?.acknowledged(effect.request);
        break;
      case 'ack-missing':
        this.#invites.get(effect.id)?.ackMissing();
        break;
      case 'stray-response':
        break;
    }
  }

  #requested(id: TransactionId, request: SipRequest): void {
    if (tagOf(present(request.to)) !== undefined) {
      const user = this.#dialogs.get(Dialog.keyOf(request));
      if (user !== undefined) user.requested(id, request);
      else if (request.method !== 'NOTIFY' || !this.asked(id, request))
        this.respond(id, createResponse(request, 481));
    } else if (request.method === 'INVITE') {
      const user = this.invited(id, request);
      if (user !== undefined) this.invitedBy(id, user);
    } else if (!this.asked(id, request)) {
      this.answersOptions ||= request.method === 'OPTIONS';
      const status = request.method === 'OPTIONS' ? 200 : 405;
      this.respond(id, createResponse(request, status, { toTag: this.token(4) }));
    }
  }
}

function present<T>(value: T | undefined): T {
  assert(value !== undefined, 'an inspected request has it');
  return value;
}
