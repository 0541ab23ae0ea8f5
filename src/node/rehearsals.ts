// Rehearsals of plans: started for an operator, told to whoever listens, and kept when they are over. The row that
// keeps one is also the proof that the store takes what a voicemail would give it.

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { Calls } from '../calls/calls.ts';
import type { Ringing } from '../calls/rehearsal.ts';
import type { TrunkChoice } from '../calls/surroundings.ts';
import { ask } from '../ivr/ask.ts';
import type { Dialogue, Line } from '../ivr/dialogue.ts';
import { rehearsalCall } from '../ivr/dialogues/rehearsal-call.ts';
import type { Answer } from '../ports/desk.ts';
import type { Account, E164, PlanRehearsal } from '../ports/records.ts';
import type { Directory } from '../routing/directory.ts';
import { comesBack } from '../routing/selfcare.ts';
import type { Effect } from './effects.ts';
import type { Turn } from './turn.ts';
import type { RehearsalAsked, RehearsalTold } from './views.ts';

export interface RehearsalsOptions {
  readonly turn: Turn;
  /** ISO 3166. */
  readonly country: string;
  readonly calls: () => Calls;
  readonly directory: () => Directory;
}

export interface RehearsalBegun {
  /** The id under which its events come. */
  readonly result: Result<string, 'unknown' | 'under-way' | 'too-many'>;
  readonly effects: readonly Effect[];
}

export class Rehearsals {
  readonly #options: RehearsalsOptions;
  readonly #underWay = new Set<E164>();
  /** When telephones were rung, by account. */
  readonly #rung = new Map<string, readonly Instant[]>();

  constructor(options: RehearsalsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#underWay.size;
  }

  start(asked: RehearsalAsked, now: Instant): RehearsalBegun {
    let result: RehearsalBegun['result'] = err('unknown');
    const effects = this.#options.turn.run(now, () => {
      result = this.#start(asked, now);
    });
    return { result, effects };
  }

  #start(asked: RehearsalAsked, now: Instant): RehearsalBegun['result'] {
    const { calls, directory } = this.#options;
    const found = directory().number(asked.number);
    if (found === undefined) return err('unknown');
    if (this.#underWay.has(asked.number)) return err('under-way');
    if (this.#underWay.size >= LIMITS.rehearsalsMax) return err('too-many');
    this.#underWay.add(asked.number);
    const { account, number: record } = found;
    const { at = now, by, dial, prompts, heard } = asked;
    const id = calls().startRehearsal(
      {
        ...{ account, record, at, by, dial, heard, prompts: new Set(prompts) },
        comesBack: (to) => comesBack(record.number, to, directory(), now),
        ring: (mobile, trunks, told) => this.#ring(account, record.number, mobile, trunks, told),
        tell: (news, when) => this.#event(id, when, news),
        over: (rehearsal) => this.#over(id, rehearsal),
      },
      now,
    );
    return ok(id);
  }

  /** Each of these calls costs money, and rings somebody (law 8). */
  #ring(
    account: Account,
    number: E164,
    mobile: E164,
    trunks: readonly TrunkChoice[],
    told: Ringing,
  ): string | undefined {
    const { turn, calls, country } = this.#options;
    const recent = (this.#rung.get(account.name) ?? []).filter((at) => turn.now - at < HOUR_MS);
    if (recent.length >= LIMITS.rehearsalCallsPerHourMax) {
      return `not rung: rehearsals of this account have rung ${recent.length} times within the hour`;
    }
    const errand = {
      number: mobile,
      from: number,
      trunks,
      language: account.language,
      delayMs: 0,
      dialogue: (line: Line) => asking(line, account, number, mobile, country),
      news: told.news,
      over: told.over,
    };
    if (!calls().startErrand(errand, turn.now)) return 'not rung: the node makes as many calls as it may';
    this.#rung.set(account.name, [...recent, turn.now]);
    return undefined;
  }

  #over(id: string, rehearsal: PlanRehearsal): void {
    const { turn } = this.#options;
    this.#underWay.delete(rehearsal.number);
    turn.persist([{ type: 'rehearsal', rehearsal }], (result) => {
      if (result.ok) return this.#event(id, turn.now, { type: 'end', rehearsal });
      const why = `the store takes nothing (${result.error}), so that no message could be kept`;
      this.#event(id, turn.now, { type: 'end', rehearsal: { ...rehearsal, passed: false, why } });
    });
  }

  #event(rehearsalId: string, at: Instant, news: RehearsalTold): void {
    this.#options.turn.event({ type: 'rehearsal', rehearsalId, at, news });
  }
}

/** Who presses 1 has confirmed the telephone, where the account keeps such a list. */
function* asking(
  line: Line,
  { name, control }: Account,
  number: E164,
  mobile: E164,
  country: string,
): Dialogue<Answer> {
  const hears = yield* rehearsalCall(line, { number, country }, function* () {
    const author = { who: `telephone ${mobile}`, how: 'telephone' } as const;
    if (control !== undefined) yield* ask(line, { type: 'confirmed', account: name, mobile, author });
  });
  return hears ? { type: 'done' } : { type: 'refused', why: 'declined' };
}
