// The non-INVITE server transaction: RFC 3261 §17.2.2.
//
//               ┌──────┐ 1xx  ┌──────────┐
//   request ──▶ │trying│ ───▶ │proceeding│
//               └──┬───┘      └────┬─────┘
//                  └── 200-699 ────┤
//                           ┌──────▼──┐ timer J
//                           │completed│ ──▶ terminated
//                           └─────────┘
//
// A request that the core never answers ends in silence after 64*T1: by then its client has timed out, and a
// 408 would only be stray there (RFC 4320 §4.2).

import { assertNever } from '../../base/assert.ts';
import type { Flow } from '../../base/net.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { Answers } from './answers.ts';
import type { Turn } from './effects.ts';
import { type Birth, Machine, type Row, type TimerInput } from './machine.ts';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';
type Input = 'request again' | 'core 1xx' | 'core 200-699' | 'connection lost' | 'transport error';
type Action = 'send response' | 'send response again' | 'take another connection' | 'tell failure';

type Step = Row<State, Action>;

/** The core has not answered; retransmissions wait with the first one. */
function trying(input: Input | TimerInput): Step {
  switch (input) {
    case 'core 1xx':
      return ['proceeding', 'send response'];
    case 'core 200-699':
      return ['completed', 'send response'];
    case 'connection lost':
      return ['trying', 'take another connection'];
    case 'transport error':
      return ['terminated', 'tell failure'];
    case 'timer answer':
      return ['terminated'];
    default:
      return ['trying'];
  }
}

/** A provisional response is out. */
function proceeding(input: Input | TimerInput): Step {
  switch (input) {
    case 'request again':
      return ['proceeding', 'send response again'];
    case 'core 1xx':
      return ['proceeding', 'send response'];
    case 'core 200-699':
      return ['completed', 'send response'];
    case 'connection lost':
      return ['proceeding', 'take another connection', 'send response again'];
    case 'transport error':
      return ['terminated', 'tell failure'];
    case 'timer answer':
      return ['terminated'];
    default:
      return ['proceeding'];
  }
}

/** Answered; the answer is repeated to each retransmission. */
function completed(input: Input | TimerInput): Step {
  switch (input) {
    case 'request again':
      return ['completed', 'send response again'];
    case 'transport error':
    case 'timer J':
      return ['terminated'];
    default:
      return ['completed'];
  }
}

function terminated(): Step {
  return ['terminated'];
}

const TABLES = {
  initial: 'trying',
  states: { trying, proceeding, completed, terminated },
  timers: { trying: ['answer'], proceeding: ['answer'], completed: ['J'], terminated: [] },
} as const;

export class NonInviteServer extends Machine<State, Input, Action> {
  readonly #answers: Answers;
  #failure = '';

  constructor(birth: Birth, request: SipRequest, source: Flow) {
    super(birth, TABLES);
    this.#answers = new Answers(request, source);
  }

  receiveAgain(turn: Turn): void {
    this.take('request again', turn);
  }

  respond(response: SipResponse, turn: Turn): void {
    this.#answers.offer(response);
    this.take(response.status < 200 ? 'core 1xx' : 'core 200-699', turn);
  }

  override flowFailed(reason: string, turn: Turn): void {
    this.#failure = reason;
    this.take(this.#answers.otherFlow === undefined ? 'transport error' : 'connection lost', turn);
  }

  protected override perform(action: Action, turn: Turn): void {
    switch (action) {
      case 'send response':
        this.#answers.send(this.flow, turn);
        break;
      case 'send response again':
        this.#answers.sendAgain(this.flow, turn);
        break;
      case 'take another connection':
        this.flow = this.#answers.takeOtherFlow();
        break;
      case 'tell failure':
        turn.effects.push({ type: 'transport-failed', id: this.id, reason: this.#failure });
        break;
      default:
        assertNever(action);
    }
  }
}
