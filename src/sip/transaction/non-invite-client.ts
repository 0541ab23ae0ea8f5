// The non-INVITE client transaction: RFC 3261 §17.1.2.
//
//               ┌──────┐ 1xx  ┌──────────┐
//   request ──▶ │trying│ ───▶ │proceeding│
//               └──┬───┘      └────┬─────┘
//                  └── 200-699 ────┤
//                           ┌──────▼──┐ timer K
//                           │completed│ ──▶ terminated
//                           └─────────┘

import { assertNever, present } from '../../base/assert.ts';
import type { Flow } from '../../base/net.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { type SendEffect, sending, type Turn } from './effects.ts';
import { type Birth, Machine, type Row, type TimerInput } from './machine.ts';
import { isSameProvisional } from './matching.ts';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';
type Input = '1xx' | '1xx again' | '200-699' | 'transport error';
type Action =
  | 'send request'
  | 'restart timer E'
  | 'restart timer E with T2'
  | 'tell response'
  | 'tell timeout'
  | 'tell failure';

type Step = Row<State, Action>;

/** Nothing has come back yet. */
function trying(input: Input | TimerInput): Step {
  switch (input) {
    case 'timer E':
      return ['trying', 'send request', 'restart timer E'];
    case 'timer F':
      return ['terminated', 'tell timeout'];
    case 'transport error':
      return ['terminated', 'tell failure'];
    case '1xx':
      return ['proceeding', 'tell response'];
    case '200-699':
      return ['completed', 'tell response'];
    default:
      return ['trying'];
  }
}

/** The other side works on it; the final response may still be lost, so the request is repeated, slowly. */
function proceeding(input: Input | TimerInput): Step {
  switch (input) {
    case 'timer E':
      return ['proceeding', 'send request', 'restart timer E with T2'];
    case 'timer F':
      return ['terminated', 'tell timeout'];
    case 'transport error':
      return ['terminated', 'tell failure'];
    case '1xx':
      return ['proceeding', 'tell response'];
    case '200-699':
      return ['completed', 'tell response'];
    default:
      return ['proceeding'];
  }
}

/** Answered: absorbs retransmissions of the answer. */
function completed(input: Input | TimerInput): Step {
  switch (input) {
    case 'timer K':
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
  initial: 'trying',
  states: { trying, proceeding, completed, terminated },
  timers: { trying: ['E', 'F'], proceeding: ['E', 'F'], completed: ['K'], terminated: [] },
} as const;

export class NonInviteClient extends Machine<State, Input, Action> {
  readonly #request: SendEffect;
  /** The layer's own CANCEL: the core is told nothing. */
  readonly #silent: boolean;
  #response: { readonly response: SipResponse; readonly flow: Flow } | undefined;
  #failure = '';

  constructor(birth: Birth, request: SipRequest, options: { readonly silent: boolean }) {
    super(birth, TABLES);
    this.#request = sending(request, birth.flow);
    this.#silent = options.silent;
  }

  start(turn: Turn): void {
    this.perform('send request', turn);
  }

  receive(response: SipResponse, flow: Flow, turn: Turn): void {
    const input = this.#classify(response);
    this.#response = { response, flow };
    this.take(input, turn);
  }

  override flowFailed(reason: string, turn: Turn): void {
    this.#failure = reason;
    this.take('transport error', turn);
  }

  #classify(response: SipResponse): Input {
    if (response.status >= 200) return '200-699';
    return isSameProvisional(this.#response?.response, response) ? '1xx again' : '1xx';
  }

  protected override perform(action: Action, turn: Turn): void {
    switch (action) {
      case 'send request':
        turn.effects.push(this.#request);
        break;
      case 'restart timer E':
        this.backOff('E', turn.now, this.t2Ms);
        break;
      case 'restart timer E with T2':
        this.startTimer('E', turn.now, this.t2Ms);
        break;
      case 'tell response':
        this.#tell(
          { type: 'response', id: this.id, ...present(this.#response, 'the response in hand') },
          turn,
        );
        break;
      case 'tell timeout':
        this.#tell({ type: 'timeout', id: this.id }, turn);
        break;
      case 'tell failure':
        this.#tell({ type: 'transport-failed', id: this.id, reason: this.#failure }, turn);
        break;
      default:
        assertNever(action);
    }
  }

  #tell(effect: Turn['effects'][number], turn: Turn): void {
    if (!this.#silent) turn.effects.push(effect);
  }
}
