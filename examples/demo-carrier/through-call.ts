// A call that goes through the carrier to the provider of its number, as a new inbound call with the caller's own
// number. Two dialogs, one session: descriptions are handed on as they are, so audio flows between the ends.
//
//   one provider          this carrier          the number's provider
//      ── INVITE ────────────▶ ── INVITE (new Call-ID) ──▶
//      ◀── 180 ─────────────── ◀────────────── 180 ───────
//      ◀── 200 ─────────────── ◀────────────── 200 ───────
//      ── ACK ───────────────▶ ── ACK ───────────────────▶
//      ═════════════════════ audio ══════════════════════
//
// A forked answer (a second 2xx) is not provided for: the provider is a back-to-back user agent and sends one.

import { assert, present } from '../../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { formatNameAddress } from '../../src/sip/message/address.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import { uriUser } from '../../src/sip/message/uri.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import type { Call } from './call.ts';
import { ALLOW, type DialogOwner, type UserAgent } from './user-agent.ts';

/** What a carrier hands on about who calls and how the call came here. */
const HANDED_ON = [
  'P-Asserted-Identity',
  'Privacy',
  'Diversion',
  'History-Info',
  'Session-Expires',
  'Min-SE',
];
/** And what it hands back with an answer or a refusal. */
const HANDED_BACK = ['Reason', 'Retry-After', 'Session-Expires', 'Require', 'Supported', 'Allow', 'Warning'];

export interface ThroughCallOptions {
  readonly agent: UserAgent;
  readonly id: TransactionId;
  readonly invite: SipRequest;
  readonly number: string;
  readonly target: Endpoint;
  readonly onEnd: (what: string) => void;
}

/** One of the two dialogs, and the INVITE on it whose 2xx still waits for the other side's ACK. */
interface Leg {
  readonly dialog: Dialog;
  awaitingAck: { readonly id: TransactionId; readonly cseq: number } | undefined;
}

export class ThroughCall implements Call {
  readonly #options: ThroughCallOptions;
  readonly #caller: Leg;
  readonly #outgoing: SipRequest;
  readonly #outgoingId: TransactionId;
  #callee: Leg | undefined;
  #answeredAt: number | undefined;
  #isCancelled = false;
  #hasEnded = false;

  constructor(options: ThroughCallOptions) {
    const { agent, invite, number, target } = options;
    this.#options = options;
    this.#caller = {
      dialog: Dialog.asUas(invite, agent.token(), agent.contact(number)),
      awaitingAck: undefined,
    };
    agent.own(this.#caller.dialog, this);
    this.#outgoing = onwardInvite(options);
    this.#outgoingId = agent.request(this.#outgoing, target, {
      response: (response) => this.#responded(response),
      failed: (status, reason) => this.#refuse(status, reason),
    });
  }

  cancelled(): void {
    this.#isCancelled = true;
    this.#options.agent.cancel(this.#outgoingId);
    this.#refuse(487, 'cancelled by the caller');
  }

  notAcknowledged(): void {
    this.#hangUp('never acknowledged');
  }

  end(): void {
    if (this.#answeredAt !== undefined) {
      this.#hangUp('the demo carrier ends');
      return;
    }
    this.#isCancelled = true;
    this.#options.agent.cancel(this.#outgoingId);
    this.#refuse(503, 'the demo carrier ends');
  }

  /** From the caller's side. */
  request(id: TransactionId, request: SipRequest): void {
    this.#handOn(id, request, this.#caller, this.#callee, 'the caller');
  }

  acknowledged(ack: SipRequest): void {
    if (this.#callee !== undefined) this.#acknowledge(this.#callee, ack);
  }

  /** The callee's side of the same. */
  readonly #calleeSide: DialogOwner = {
    request: (id, request) =>
      this.#handOn(id, request, present(this.#callee, 'callee'), this.#caller, 'the callee'),
    acknowledged: (ack) => this.#acknowledge(this.#caller, ack),
  };

  #responded(response: SipResponse): void {
    const { agent } = this.#options;
    if (response.status === 100) return;
    if (response.status < 200) {
      if (!this.#hasEnded) this.#answerCaller(response);
    } else if (response.status >= 300) {
      if (!this.#hasEnded) this.#answerCaller(response);
      this.#finish(`answered ${response.status} ${response.reason}`);
    } else {
      const dialog = Dialog.asUac(this.#outgoing, response);
      if (!dialog.ok) return;
      const callee: Leg = { dialog: dialog.value, awaitingAck: { id: this.#outgoingId, cseq: 1 } };
      if (this.#isCancelled) {
        // The answer crossed our CANCEL: it is accepted, and hung up at once (RFC 3261 §9.1).
        this.#acknowledge(callee, undefined);
        this.#bye(callee);
        return;
      }
      this.#callee = callee;
      this.#answeredAt = agent.now();
      this.#caller.dialog.confirm();
      agent.own(dialog.value, this.#calleeSide);
      this.#answerCaller(response);
    }
  }

  #answerCaller(response: SipResponse): void {
    const { agent, id, invite } = this.#options;
    agent.respond(id, relayed(response, invite, this.#caller.dialog));
  }

  /** A request within the call goes to the other side, and its answer comes back; BYE is answered here. */
  #handOn(id: TransactionId, request: SipRequest, from: Leg, to: Leg | undefined, who: string): void {
    const { agent } = this.#options;
    if (request.method === 'BYE') {
      agent.respond(id, createResponse(request, 200));
      if (this.#answeredAt === undefined) this.cancelled();
      else if (to !== undefined) this.#bye(to);
      this.#finish(`ended by ${who}`);
      return;
    }
    if (to === undefined) {
      agent.respond(id, createResponse(request, 491));
      return;
    }
    const onward = to.dialog.createRequest(request.method, {
      headers: [['Contact', to.dialog.localContact], ...copied(request.headers, HANDED_ON)],
      ...sessionOf(request),
    });
    const onwardId = agent.requestIn(to.dialog, onward, {
      response: (response) => {
        if (response.status === 100) return;
        to.dialog.receiveResponse(onward, response);
        if (request.method === 'INVITE' && response.status >= 200 && response.status < 300) {
          to.awaitingAck = {
            id: present(onwardId, 'transaction'),
            cseq: present(onward.cseq, 'CSeq').number,
          };
        }
        agent.respond(id, relayed(response, request, from.dialog));
      },
      failed: (status) => agent.respond(id, createResponse(request, status)),
    });
  }

  /** End to end: our ACK of one side's 2xx is sent when the other side's ACK of ours has come, with what it held. */
  #acknowledge(leg: Leg, ack: SipRequest | undefined): void {
    if (leg.awaitingAck === undefined) return;
    const { id, cseq } = leg.awaitingAck;
    leg.awaitingAck = undefined;
    const session = ack === undefined ? {} : sessionOf(ack);
    this.#options.agent.acknowledge(id, leg.dialog, leg.dialog.createAck(cseq, session));
  }

  #bye(leg: Leg): void {
    this.#acknowledge(leg, undefined);
    const nothing = { response: () => undefined, failed: () => undefined };
    this.#options.agent.requestIn(leg.dialog, leg.dialog.createRequest('BYE'), nothing);
  }

  #refuse(status: number, why: string): void {
    if (this.#hasEnded) return;
    const { agent, id, invite } = this.#options;
    agent.respond(id, createResponse(invite, status, { toTag: this.#caller.dialog.localTag }));
    this.#finish(`answered ${status}: ${why}`);
  }

  #hangUp(why: string): void {
    if (this.#hasEnded) return;
    this.#bye(this.#caller);
    if (this.#callee !== undefined) this.#bye(this.#callee);
    this.#finish(why);
  }

  #finish(why: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { agent, id, onEnd } = this.#options;
    agent.disown(this.#caller.dialog);
    if (this.#callee !== undefined) agent.disown(this.#callee.dialog);
    agent.forget(id);
    const seconds = this.#answeredAt === undefined ? undefined : (agent.now() - this.#answeredAt) / 1_000;
    onEnd(seconds === undefined ? why : `answered, ${seconds.toFixed(1)} s, ${why}`);
  }
}

function onwardInvite({ agent, invite, number, target }: ThroughCallOptions): SipRequest {
  const from = present(invite.from, 'From of an inspected request');
  const user = uriUser(from.uri) ?? '';
  const caller = /^[+\w.-]+$/.test(user) ? user : 'anonymous';
  const ours = {
    ...from,
    uri: `sip:${caller}@${formatEndpoint(agent.local)}`,
    parameters: new Map([['tag', agent.token()]]),
  };
  const hops = (invite.maxForwards ?? 70) - 1;
  assert(hops >= 0, 'the switch refuses calls without hops left');
  const uri = `sip:${number}@${formatEndpoint(target)}`;
  const rows: (readonly [string, string])[] = [
    ['Max-Forwards', String(hops)],
    ['From', formatNameAddress(ours)],
    ['To', `<${uri}>`],
    ['Call-ID', agent.token()],
    ['CSeq', '1 INVITE'],
    ['Contact', agent.contact(caller)],
    ['Allow', ALLOW],
    // Session timers pass through, end to end; 100rel and whatever else there is would end here.
    ...(invite.headers.values('Supported').includes('timer') ? [['Supported', 'timer'] as const] : []),
    ...copied(invite.headers, [...HANDED_ON, 'Content-Type']),
  ];
  return new SipRequest('INVITE', uri, Headers.of(rows), invite.body);
}

/** The other side's response, as ours to `request`. */
function relayed(response: SipResponse, request: SipRequest, dialog: Dialog): SipResponse {
  return createResponse(request, response.status, {
    reason: response.reason,
    toTag: dialog.localTag,
    headers: [['Contact', dialog.localContact], ...copied(response.headers, HANDED_BACK)],
    ...sessionOf(response),
  });
}

function copied(headers: Headers, names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((name) => headers.all(name).map((value) => [name, value] as const));
}

function sessionOf(message: SipRequest | SipResponse) {
  const contentType = message.headers.get('Content-Type');
  return message.body.length === 0 || contentType === undefined ? {} : { body: message.body, contentType };
}
