// The INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.
//
//                 ┌──────────┐ 2xx  ┌────────┐ ACK  ┌────────────┐
//      INVITE ──▶ │proceeding│ ───▶ │accepted│ ───▶ │acknowledged│
//                 └────┬─────┘      └───┬────┘      └─────┬──────┘
//              300-699 │         timer L└──▶ terminated ◀─┘timer L
//                 ┌────▼────┐ ACK  ┌─────────┐  ▲
//                 │completed│ ───▶ │confirmed│ ─┘timer I
//                 └─────────┘      └─────────┘
//
// Deviation: §13.3.1.4 has the core repeat its 2xx until the ACK. Here the transaction does it, so that calls
// need no timers for it; RFC 6026's Accepted is split at the ACK in two, `accepted` and `acknowledged`.
// Deviation: a transport failure while proceeding ends the transaction (RFC 6026 keeps it), so that nothing is
// left over where the core has no more to say.

import { assertNever, present } from '../../base/assert.ts';
import type { Flow } from '../../base/net.ts';
import { createResponse } from '../message/compose.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { Answers } from './answers.ts';
import type { Turn } from './effects.ts';
import { type Birth, Machine, type Row, type TimerInput } from './machine.ts';
import { answerKey } from './matching.ts';

type State = 'proceeding' | 'accepted' | 'acknowledged' | 'completed' | 'confirmed' | 'terminated';

type Input =
  | 'INVITE again'
  | 'ACK'
  | 'settled'
  | 'CANCEL'
  | 'core 1xx'
  | 'core 2xx'
  | 'core 300-699'
  | 'connection lost'
  | 'transport error';

type Action =
  | 'send 100'
  | 'stop timer 100'
  | 'send response'
  | 'send response again'
  | 'expect ACK'
  | 'restart timer G'
  | 'restart timer 2xx'
  | 'take another connection'
  | 'tell ACK'
  | 'tell ACK missing'
  | 'tell cancelled'
  | 'tell failure';

type Step = Row<State, Action>;

/** The core has not decided yet. */
function proceeding(input: Input | TimerInput): Step {
  switch (input) {
    case 'INVITE again':
      return ['proceeding', 'send response again'];
    case 'timer 100':
      return ['proceeding', 'send 100'];
    case 'core 1xx':
      return ['proceeding', 'stop timer 100', 'send response'];
    case 'core 2xx':
      return ['accepted', 'send response', 'expect ACK'];
    case 'core 300-699':
      return ['completed', 'send response'];
    case 'CANCEL':
      return ['proceeding', 'tell cancelled'];
    case 'connection lost':
      return ['proceeding', 'take another connection', 'send response again'];
    case 'transport error':
      return ['terminated', 'tell failure'];
    default:
      return ['proceeding'];
  }
}

/** A 2xx is out; it is repeated over every transport, since only its ACK from end to end stops it. */
function accepted(input: Input | TimerInput): Step {
  switch (input) {
    case 'timer 2xx':
      return ['accepted', 'send response again', 'restart timer 2xx'];
    case 'ACK':
      return ['acknowledged', 'tell ACK'];
    case 'settled':
      return ['acknowledged'];
    case 'timer L':
      return ['terminated', 'tell ACK missing'];
    case 'connection lost':
      return ['accepted', 'take another connection', 'send response again'];
    default:
      return ['accepted'];
  }
}

/** The call stands; late retransmissions of the INVITE and of its ACK are absorbed. */
function acknowledged(input: Input | TimerInput): Step {
  return input === 'timer L' ? ['terminated'] : ['acknowledged'];
}

/** A refusal is out; it is repeated until its ACK. Without one the caller has given up. */
function completed(input: Input | TimerInput): Step {
  switch (input) {
    case 'INVITE again':
      return ['completed', 'send response again'];
    case 'timer G':
      return ['completed', 'send response again', 'restart timer G'];
    case 'ACK':
      return ['confirmed'];
    case 'timer H':
      return ['terminated'];
    case 'connection lost':
      return ['completed', 'take another connection', 'send response again'];
    default:
      return ['completed'];
  }
}

/** The refusal has arrived; late retransmissions of the ACK are absorbed. */
function confirmed(input: Input | TimerInput): Step {
  return input === 'timer I' ? ['terminated'] : ['confirmed'];
}

function terminated(): Step {
  return ['terminated'];
}

const TABLES = {
  initial: 'proceeding',
  states: { proceeding, accepted, acknowledged, completed, confirmed, terminated },
  timers: {
    proceeding: ['100'],
    accepted: ['2xx', 'L'],
    acknowledged: ['L'],
    completed: ['G', 'H'],
    confirmed: ['I'],
    terminated: [],
  },
} as const;

export class InviteServer extends Machine<State, Input, Action> {
  readonly request: SipRequest;
  /** What an ACK of our 2xx is known by, once there is a 2xx; the layer's index follows it. */
  answerKey: string | undefined;
  readonly #answers: Answers;
  #ack: { readonly request: SipRequest; readonly flow: Flow } | undefined;
  #cancelled = false;
  #failure = '';

  constructor(birth: Birth, request: SipRequest, source: Flow) {
    super(birth, TABLES);
    this.request = request;
    this.#answers = new Answers(request, source);
  }

  /** The response that was sent last. */
  get lastResponse(): SipResponse | undefined {
    return this.#answers.last;
  }

  receiveAgain(turn: Turn): void {
    this.take('INVITE again', turn);
  }

  receiveAck(request: SipRequest, flow: Flow, turn: Turn): void {
    this.#ack = { request, flow };
    this.take('ACK', turn);
  }

  /** Its call is over: no ACK is waited for. */
  settle(turn: Turn): void {
    this.take('settled', turn);
  }

  receiveCancel(turn: Turn): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.take('CANCEL', turn);
  }

  respond(response: SipResponse, turn: Turn): void {
    this.#answers.offer(response);
    if (response.status < 200) this.take('core 1xx', turn);
    else this.take(response.status < 300 ? 'core 2xx' : 'core 300-699', turn);
  }

  override flowFailed(reason: string, turn: Turn): void {
    this.#failure = reason;
    this.take(this.#answers.otherFlow === undefined ? 'transport error' : 'connection lost', turn);
  }

  protected override perform(action: Action, turn: Turn): void {
    const { effects, now } = turn;
    switch (action) {
      case 'send 100':
        this.#answers.offer(createResponse(this.request, 100));
        this.#answers.send(this.flow, turn);
        break;
      case 'stop timer 100':
        this.stopTimer('100');
        break;
      case 'send response':
        this.#answers.send(this.flow, turn);
        break;
      case 'send response again':
        this.#answers.sendAgain(this.flow, turn);
        break;
      case 'expect ACK':
        this.answerKey = answerKey(present(this.lastResponse, 'our 2xx'));
        break;
      case 'restart timer G':
        this.backOff('G', now, this.t2Ms);
        break;
      case 'restart timer 2xx':
        this.backOff('2xx', now, this.t2Ms);
        break;
      case 'take another connection':
        this.flow = this.#answers.takeOtherFlow();
        break;
      case 'tell ACK':
        effects.push({ type: 'ack', id: this.id, ...present(this.#ack, 'the ACK in hand') });
        break;
      case 'tell ACK missing':
        effects.push({ type: 'ack-missing', id: this.id, request: this.request });
        break;
      case 'tell cancelled':
        effects.push({ type: 'cancelled', id: this.id, request: this.request });
        break;
      case 'tell failure':
        effects.push({ type: 'transport-failed', id: this.id, reason: this.#failure });
        break;
      default:
        assertNever(action);
    }
  }
}
