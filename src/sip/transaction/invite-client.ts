// The INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
//
//              ┌────────┐ 1xx  ┌──────────┐
//   INVITE ──▶ │calling │ ───▶ │proceeding│
//              └────────┘      └──────────┘
//       2xx ┌──────┴────────┬───────┘ 300-699
//           ▼               ▼
//      ┌────────┐      ┌─────────┐
//      │accepted│      │completed│
//      └────┬───┘      └────┬────┘
//    timer M└──▶ terminated ◀┘timer D
//
// CANCEL lives here as well: it is held while nothing has come back (§9.1), and a cancelled INVITE that stays
// without a final response is given up.

import { assertNever, present } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Flow } from '../../base/net.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { type SendEffect, sending, type Turn } from './effects.ts';
import { type Birth, Machine, type Row, type TimerInput } from './machine.ts';
import { isSameProvisional, toTag } from './matching.ts';
import { composeAck, type ExtraHeaders } from './own-requests.ts';

type State = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';

/** `again`: a retransmission of one that the core has seen. */
type Input = '1xx' | '1xx again' | '2xx' | '2xx again' | '300-699' | 'cancel' | 'transport error';

type Action =
  | 'send INVITE'
  | 'restart timer A'
  | 'send ACK'
  | 'send ACK of 2xx again'
  | 'send CANCEL'
  | 'send held CANCEL'
  | 'hold CANCEL'
  | 'tell response'
  | 'tell timeout'
  | 'tell failure';

type Step = Row<State, Action>;

/** Nothing has come back yet. */
function calling(input: Input | TimerInput): Step {
  switch (input) {
    case 'timer A':
      return ['calling', 'send INVITE', 'restart timer A'];
    case 'timer B':
      return ['terminated', 'tell timeout'];
    case 'transport error':
      return ['terminated', 'tell failure'];
    case 'cancel':
      return ['calling', 'hold CANCEL'];
    case '1xx':
      return ['proceeding', 'tell response', 'send held CANCEL'];
    case '2xx':
      return ['accepted', 'tell response'];
    case '300-699':
      return ['completed', 'send ACK', 'tell response'];
    default:
      return ['calling'];
  }
}

/**
 * The other side works on it: there may be minutes of ringing, so no timer runs until a CANCEL was sent. A core that
 * does not cancel at some time may wait for ever, because the peer may be gone.
 */
function proceeding(input: Input | TimerInput): Step {
  switch (input) {
    case '1xx':
      return ['proceeding', 'tell response'];
    case '2xx':
      return ['accepted', 'tell response'];
    case '300-699':
      return ['completed', 'send ACK', 'tell response'];
    case 'cancel':
      return ['proceeding', 'send CANCEL'];
    case 'timer cancel':
      return ['terminated', 'tell timeout'];
    case 'transport error':
      return ['terminated', 'tell failure'];
    default:
      return ['proceeding'];
  }
}

/** Answered: each further 2xx is another branch of a fork, or asks for its ACK again. */
function accepted(input: Input | TimerInput): Step {
  switch (input) {
    case '2xx':
      return ['accepted', 'tell response'];
    case '2xx again':
      return ['accepted', 'send ACK of 2xx again'];
    case 'timer M':
      return ['terminated'];
    default:
      return ['accepted'];
  }
}

/** Refused: absorbs retransmissions of the refusal. The core knows all, so a failed ACK is not its business. */
function completed(input: Input | TimerInput): Step {
  switch (input) {
    case '300-699':
      return ['completed', 'send ACK'];
    case 'timer D':
    case 'transport error':
      return ['terminated'];
    default:
      return ['completed'];
  }
}

function terminated(): Step {
  return ['terminated'];
}

const TABLES = {
  initial: 'calling',
  states: { calling, proceeding, accepted, completed, terminated },
  timers: { calling: ['A', 'B'], proceeding: [], accepted: ['M'], completed: ['D'], terminated: [] },
} as const;

export class InviteClient extends Machine<State, Input, Action> {
  /** As sent, with our Via. */
  readonly request: SipRequest;
  readonly #invite: SendEffect;
  readonly #sendCancel: (headers: ExtraHeaders, turn: Turn) => void;
  /** The response in hand. */
  #response: { readonly response: SipResponse; readonly flow: Flow } | undefined;
  #ack: SendEffect | undefined;
  /** To tag of each 2xx → the core's ACK, once it gave one. */
  readonly #answers = new Map<string, SendEffect | undefined>();
  #cancelHeaders: ExtraHeaders = [];
  #cancelling: 'no' | 'held' | 'sent' = 'no';
  #failure = '';

  constructor(birth: Birth, request: SipRequest, sendCancel: (headers: ExtraHeaders, turn: Turn) => void) {
    super(birth, TABLES);
    this.request = request;
    this.#invite = sending(request, birth.flow);
    this.#sendCancel = sendCancel;
  }

  start(turn: Turn): void {
    this.perform('send INVITE', turn);
  }

  receive(response: SipResponse, flow: Flow, turn: Turn): void {
    const input = this.#classify(response);
    this.#response = { response, flow };
    this.take(input, turn);
  }

  cancel(headers: ExtraHeaders, turn: Turn): void {
    if (this.#cancelling !== 'no') return;
    this.#cancelHeaders = headers;
    this.take('cancel', turn);
  }

  /** The core's ACK of the 2xx with the same To tag. */
  acknowledge(ack: SipRequest, flow: Flow, turn: Turn): void {
    const effect = sending(ack, flow);
    const tag = toTag(ack);
    if (this.state === 'accepted' && this.#answers.has(tag)) this.#answers.set(tag, effect);
    turn.effects.push(effect);
  }

  override flowFailed(reason: string, turn: Turn): void {
    this.#failure = reason;
    this.take('transport error', turn);
  }

  #classify(response: SipResponse): Input {
    if (response.status >= 300) return '300-699';
    if (response.status < 200)
      return isSameProvisional(this.#response?.response, response) ? '1xx again' : '1xx';
    const tag = toTag(response);
    if (this.#answers.has(tag)) return '2xx again';
    if (this.#answers.size >= LIMITS.forkedAnswersMax) return '2xx again';
    this.#answers.set(tag, undefined);
    return '2xx';
  }

  protected override perform(action: Action, turn: Turn): void {
    const { effects, now } = turn;
    switch (action) {
      case 'send INVITE':
        effects.push(this.#invite);
        break;
      case 'restart timer A':
        this.backOff('A', now);
        break;
      case 'send ACK':
        this.#ack ??= sending(composeAck(this.request, this.#inHand().response), this.flow);
        effects.push(this.#ack);
        break;
      case 'send ACK of 2xx again': {
        const ack = this.#answers.get(toTag(this.#inHand().response));
        if (ack !== undefined) effects.push(ack);
        break;
      }
      case 'hold CANCEL':
        this.#cancelling = 'held';
        break;
      case 'send held CANCEL':
        if (this.#cancelling === 'held') this.perform('send CANCEL', turn);
        break;
      case 'send CANCEL':
        this.#cancelling = 'sent';
        this.startTimer('cancel', now);
        this.#sendCancel(this.#cancelHeaders, turn);
        break;
      case 'tell response':
        effects.push({ type: 'response', id: this.id, ...this.#inHand() });
        break;
      case 'tell timeout':
        effects.push({ type: 'timeout', id: this.id });
        break;
      case 'tell failure':
        effects.push({ type: 'transport-failed', id: this.id, reason: this.#failure });
        break;
      default:
        assertNever(action);
    }
  }

  #inHand(): { readonly response: SipResponse; readonly flow: Flow } {
    return present(this.#response, 'the response that this row answers');
  }
}
