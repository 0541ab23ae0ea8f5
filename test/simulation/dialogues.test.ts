// Every dialogue, as callers of every kind live through it: they type early, late, wrong or nothing, speak or don't,
// and hang up in the middle of any step; whoever is asked answers at once, late, with a refusal or never. What must be
// true, whatever the seed makes happen:
//
//   nobody waits in silence for 4 s · nothing is changed before somebody was let in · what was refused is not thanked
//   for · a hang-up ends it, and what was recorded is kept · a caller who does nothing is not kept for ever

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MINUTE_MS } from '../../src/base/time.ts';
import { type Act, type Dialogue, type Happening, Line } from '../../src/ivr/dialogue.ts';
import { autoAttendant } from '../../src/ivr/dialogues/auto-attendant.ts';
import { controlNumber } from '../../src/ivr/dialogues/control.ts';
import { featureCode } from '../../src/ivr/dialogues/feature-code.ts';
import { leaveMessage } from '../../src/ivr/dialogues/leave-message.ts';
import { mailboxOwner } from '../../src/ivr/dialogues/mailbox.ts';
import type { Answer, Question } from '../../src/ports/desk.ts';
import type { Key, Sound } from '../../src/ports/media.ts';
import type { Account, Mailbox, VoicemailMessage } from '../../src/ports/records.ts';
import { SeededRandom } from './world.ts';

const SEEDS = 500;
const SILENCE_MS = 4_000;
/** Of a caller who only listens; the prompts are long here. */
const PATIENT_MS = 15 * MINUTE_MS;
const KEYS = '0123456789*#';
const NUMBERS = ['+442079460000', '+442079460001'];
const MOBILE = '+447700900123';

const MAILBOX: Mailbox = {
  name: 'office',
  pin: 'hash',
  email: [],
  phones: [],
  messagesMax: 3,
  messageMaxMs: 60_000,
  retentionMs: 1,
};
const MESSAGES: readonly VoicemailMessage[] = ['a', 'b'].map((id) => ({
  id,
  account: 'acme',
  mailbox: 'office',
  called: NUMBERS[0] ?? '',
  caller: MOBILE,
  at: 0,
  lengthMs: 4_000,
  recording: id,
}));

function accountOf(random: SeededRandom): Account {
  const numbers = NUMBERS.slice(0, random.between(0, 2)).map((number) => ({ number, plan: { steps: [] } }));
  return {
    name: 'acme',
    phones: [],
    numbers,
    hours: [],
    mailboxes: random.chance(0.5) ? [MAILBOX] : [],
    control: {
      id: '104711',
      mobiles: random.chance(0.7) ? [{ number: MOBILE, confirmedAt: 1 }] : [],
      codes: [],
      featureCodes: true,
    },
    limits: {
      callsMax: 1,
      divertedCallsMax: 1,
      phonesMax: 1,
      bindingsPerPhoneMax: 1,
      destinationsAllowed: ['+'],
      destinationsDenied: [],
    },
  };
}

type Drawn = (line: Line, random: SeededRandom) => Dialogue<unknown>;

const author = { who: 'telephone', how: 'telephone' } as const;
const guesser = { caller: MOBILE, isProven: false };

function desk(random: SeededRandom) {
  const account = accountOf(random);
  const numberOf = (typed: string) => (typed.length >= 9 ? `+44${typed.replace(/^0/, '')}` : undefined);
  return { account: () => account, numberOf, country: 'GB', author, guesser, caller: MOBILE, now: 0 };
}

const DIALOGUES: Readonly<Record<string, Drawn>> = {
  'leaving a message': (line, random) =>
    leaveMessage(line, {
      account: 'acme',
      mailbox: MAILBOX,
      room: { messages: 3 - random.between(0, 3), lengthMs: 3_600_000 },
      called: NUMBERS[0] ?? '',
      caller: MOBILE,
      now: 0,
    }),
  'listening to a mailbox': (line, random) =>
    mailboxOwner(line, {
      account: 'acme',
      mailbox: MAILBOX,
      others: random.chance(0.5) ? [{ ...MAILBOX, name: 'home' }] : [],
      country: 'GB',
      zone: 'Europe/London',
      now: 0,
      author,
      guesser,
      mayCall: () => random.chance(0.5),
    }),
  'a menu': (line) =>
    autoAttendant(
      line,
      { name: 'main', greeting: 'welcome', choices: [{ key: '1', steps: [] }], otherwise: [] },
      [{ type: 'prompt', name: 'welcome' }],
    ),
  'the control number': (line, random) => controlNumber(line, desk(random)),
  'a feature code': (line, random) => {
    const when = random.pick([['always'], ['busy', 'unreachable', 'no-answer']] as const);
    const action = random.pick(['set', 'clear', 'query'] as const);
    const code = { code: '*21*', action, when, number: random.pick(['07700900123', '12']) };
    return featureCode(line, code, { desk: desk(random), account: 'acme', number: NUMBERS[0] ?? '' });
  },
};

/** The attendant's part, and the caller's, on a clock of its own. */
class Played {
  readonly said: string[] = [];
  readonly #random: SeededRandom;
  readonly #line: Line;
  readonly #dialogue: Dialogue<unknown>;
  #now = 0;
  #soundUntil = 0;
  /** What is to happen, and when. */
  #due: { at: number; happening: Happening; key?: Key }[] = [];
  #isRecording = false;
  #silenceMs = 0;
  #waiting: Question | undefined;
  #entered: boolean;
  isOver = false;

  /** `entered`: a phone of the account's, whom nobody asks who they are. */
  constructor(draw: Drawn, random: SeededRandom, entered: boolean) {
    this.#entered = entered;
    this.#random = random;
    this.#line = new Line(() => String(random.fraction()));
    this.#dialogue = draw(this.#line, random);
  }

  /** `hurry`: keys a minute; 0: none at all. */
  run(hurry: number, hangsUpAtMs: number): void {
    let nextKeyAt = hurry === 0 ? Number.POSITIVE_INFINITY : this.#pause(hurry);
    this.#resume({ type: 'begin' });
    while (!this.isOver) {
      this.#due.sort((a, b) => a.at - b.at);
      const at = Math.min(this.#due[0]?.at ?? Number.POSITIVE_INFINITY, nextKeyAt, hangsUpAtMs);
      assert.ok(Number.isFinite(at), `it waits for nothing: ${this.said.join(' ')}`);
      assert.ok(
        at < PATIENT_MS || hurry > 0,
        `a patient caller is kept for ever: ${this.said.slice(-8).join(' ')}`,
      );
      if (at > 2 * PATIENT_MS) return;
      this.#goOnTo(at);
      if (at === hangsUpAtMs) return this.#hangUp();
      if (at === nextKeyAt) {
        nextKeyAt = at + this.#pause(hurry);
        this.#line.typedKey(this.#random.pick([...KEYS]) as Key);
        this.#resume({ type: 'key' });
      } else {
        const due = this.#due.shift();
        if (due !== undefined) this.#resume(due.happening);
      }
    }
  }

  #pause(hurry: number): number {
    return this.#random.between(50, 120_000 / hurry);
  }

  #goOnTo(at: number): void {
    this.#now = at;
    const silentMs = at - this.#soundUntil;
    const isHeard = this.#isRecording || silentMs < SILENCE_MS;
    assert.ok(isHeard, `silent for ${silentMs} ms after ${this.said.slice(-4).join(' ')}`);
  }

  /** What it left is still dealt with; nothing is said to nobody. */
  #hangUp(): void {
    const said = this.said.length;
    if (this.#isRecording) this.#recorded(this.#random.between(0, 9_000), 'closed');
    this.#resume({ type: 'hung-up' });
    for (let step = 0; step < 50 && !this.isOver; step += 1) {
      this.#due.sort((a, b) => a.at - b.at);
      const due = this.#due.shift();
      assert.ok(due, 'it waits for nobody');
      this.#now = due.at;
      this.#resume(due.happening);
    }
    assert.ok(this.isOver, 'a hang-up ends it');
    assert.equal(this.said.length, said, 'nothing is said to nobody');
  }

  #resume(happening: Happening): void {
    this.#due = this.#due.filter(({ happening: { type } }) => type !== 'time-up');
    if (happening.type === 'recorded') {
      this.#isRecording = false;
      this.#soundUntil = this.#now - (happening.why === 'silence' ? this.#silenceMs : 0);
    }
    // Whoever presses a key does something, and waits from then on.
    if (happening.type === 'key') this.#soundUntil = Math.max(this.#soundUntil, this.#now);
    const step = this.#dialogue.next(happening);
    if (step.done === true) {
      this.isOver = true;
      return;
    }
    for (const act of step.value.acts) this.#do(act);
    const { forMs } = step.value;
    if (forMs !== undefined) this.#due.push({ at: this.#now + forMs, happening: { type: 'time-up' } });
  }

  #do(act: Act): void {
    switch (act.type) {
      case 'play':
        return this.#play(act.sounds);
      case 'stop-playing':
        this.#forget('played');
        this.#soundUntil = this.#now;
        break;
      case 'record': {
        this.#isRecording = true;
        this.#silenceMs = act.silenceMs;
        const saidMs = this.#random.pick([0, 300, 5_000]);
        const at = this.#now + Math.min(act.maxMs, saidMs + act.silenceMs);
        const recorded = { type: 'recorded', lengthMs: saidMs, speechMs: saidMs, why: 'silence' } as const;
        this.#due.push({
          at,
          happening: this.#random.chance(0.1) ? { ...recorded, why: 'failed' } : recorded,
        });
        break;
      }
      case 'stop-recording':
        if (this.#isRecording) this.#recorded(this.#random.between(0, 9_000), 'stopped');
        break;
      case 'ask':
        this.#ask(act.question);
        break;
      case 'note':
        break;
    }
  }

  #recorded(lengthMs: number, why: 'stopped' | 'closed'): void {
    this.#forget('recorded');
    const happening = { type: 'recorded', lengthMs, speechMs: lengthMs, why } as const;
    this.#due.push({ at: this.#now + 20, happening });
  }

  #play(sounds: readonly Sound[]): void {
    this.#forget('played');
    const names = sounds.map((sound) => (sound.type === 'prompt' ? sound.name : sound.type));
    if (names.includes('message-kept')) assert.equal(this.#waiting, undefined, 'thanked before it was kept');
    this.said.push(...names);
    const lengthMs = sounds.reduce((sum, sound) => sum + lengthOf(sound), 0);
    this.#soundUntil = this.#now + lengthMs;
    this.#due.push({ at: this.#soundUntil, happening: { type: 'played' } });
  }

  #ask(question: Question): void {
    const isChange = ['divert', 'confirm-mobile', 'set-greeting', 'delete-message'].includes(question.type);
    assert.ok(!isChange || this.#entered, `${question.type} by somebody not let in`);
    this.#waiting = question;
    this.#forget('answer');
    if (this.#random.chance(0.05)) return;
    const answer = this.#draw(question);
    if (answer.type === 'entered' || (question.type === 'open-mailbox' && answer.type === 'done'))
      this.#entered = true;
    const isKept = question.type === 'keep-message' && answer.type !== 'done';
    const delayMs = this.#random.pick([0, 30, 5_000]);
    this.#due.push({ at: this.#now + delayMs, happening: { type: 'answer', answer } });
    this.#waiting = isKept ? question : undefined;
  }

  #draw(question: Question): Answer {
    if (this.#random.chance(0.2))
      return { type: 'refused', why: this.#random.pick(['wrong', 'slowed', 'failed', 'loop']) };
    if (question.type === 'enter') return { type: 'entered', account: 'acme' };
    if (question.type === 'messages')
      return { type: 'messages', messages: MESSAGES.slice(this.#random.between(0, 2)) };
    return { type: 'done' };
  }

  #forget(type: Happening['type']): void {
    this.#due = this.#due.filter(({ happening }) => happening.type !== type);
  }
}

function lengthOf(sound: Sound): number {
  if (sound.type === 'prompt') return sound.name.startsWith('digit-') ? 400 : 2_500;
  if (sound.type === 'recording') return 4_000;
  return sound.lengthMs ?? 1_000;
}

describe('in every dialogue', () => {
  for (const [name, draw] of Object.entries(DIALOGUES)) {
    test(`${name}: callers of every kind, ${SEEDS} of them`, () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const random = new SeededRandom(seed);
        const hurry = random.pick([0, 10, 60, 600]);
        const hangsUpAtMs = random.chance(0.5) ? random.between(0, 60_000) : Number.POSITIVE_INFINITY;
        try {
          new Played(draw, random, name === 'a feature code').run(hurry, hangsUpAtMs);
        } catch (error) {
          throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
        }
      }
    });
  }
});
