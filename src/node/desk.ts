// The desk that dialogues ask: what is about messages is answered here, a mobile is rung for its consent, and what
// changes an account goes out as an effect to the one who writes accounts. Guessed PINs are slowed before anybody
// looks at them.

import { assertNever } from '../base/assert.ts';
import { hex } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import type { Result } from '../base/result.ts';
import { earlier, HOUR_MS, type Instant } from '../base/time.ts';
import type { Calls } from '../calls/calls.ts';
import type { TrunkChoice } from '../calls/surroundings.ts';
import { ask } from '../ivr/ask.ts';
import type { Dialogue, Line } from '../ivr/dialogue.ts';
import { confirmMobile } from '../ivr/dialogues/confirm-mobile.ts';
import { Guesses } from '../ivr/guesses.ts';
import { Mailboxes } from '../mailboxes/mailboxes.ts';
import { voicemailNotices } from '../notices/compose.ts';
import type { Answer, DeskAnswer, DeskQuestion, NodeQuestion, Question, Refusal } from '../ports/desk.ts';
import type { Random } from '../ports/random.ts';
import type { RecordingId } from '../ports/recordings.ts';
import type { Account, VoicemailMessage } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import { destinationAllowed } from '../routing/destinations.ts';
import type { Directory } from '../routing/directory.ts';
import { CapsDesk } from './caps-desk.ts';
import type { Effect } from './effects.ts';
import type { Kept } from './options.ts';
import { Rehearsals } from './rehearsals.ts';
import type { Turn } from './turn.ts';

export interface DeskOptions {
  readonly turn: Turn;
  readonly random: Random;
  /** ISO 3166. */
  readonly country: string;
  readonly calls: () => Calls;
  readonly directory: () => Directory;
  readonly trunkChoices: (number: string) => readonly TrunkChoice[];
  /** What this mailbox holds has, durably. */
  readonly messagesChanged: (account: string, mailbox: string) => void;
}

type Told = (answer: Answer) => void;
type Entering = DeskQuestion & { readonly type: 'enter' | 'open-mailbox' };

export class Desk {
  readonly caps: CapsDesk;
  readonly mailboxes: Mailboxes;
  readonly rehearsals: Rehearsals;
  readonly #options: DeskOptions;
  readonly #guesses = new Guesses();
  /** At ids that nobody has: apart, so that they drive no account's out of its table. */
  readonly #guessesAtNobody = new Guesses();
  readonly #waiting = new Map<number, Told>();
  /** Messages that are being deleted. */
  readonly #leaving = new Set<string>();
  /** When mobiles were rung for their consent, by account. */
  readonly #confirmations = new Map<string, readonly Instant[]>();
  #questions = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.caps = new CapsDesk({
      turn: options.turn,
      account: (name) => options.directory().account(name),
      newId: () => this.newId(),
    });
    this.mailboxes = new Mailboxes(options.messagesChanged);
    this.rehearsals = new Rehearsals(options);
  }

  /** Questions that are not answered yet, and what is remembered of guesses. */
  get tables(): Readonly<Record<string, number>> {
    const { mailboxes, caps } = this;
    const questions = this.#waiting.size;
    const guessed = this.#guesses.size + this.#guessesAtNobody.size;
    const rehearsals = this.rehearsals.size;
    return { messages: mailboxes.size, questions, guessed, rehearsals, usages: caps.size };
  }

  /** As kept over a restart. */
  start({ messages = [], usages = [], accounts }: Kept): void {
    this.mailboxes.restore(messages);
    this.caps.start(usages);
    this.accountsChanged(accounts);
  }

  /** A dialogue's; the answer goes to its call. */
  ask(id: number, question: Question): void {
    const { turn, calls } = this.#options;
    this.#answer(question, (answer) => calls().told(id, answer, turn.now));
  }

  /** The answer to an `ask` effect. */
  answered(id: number, answer: DeskAnswer): void {
    const told = this.#waiting.get(id);
    this.#waiting.delete(id);
    told?.(answer);
  }

  /** Somebody has it deleted who is not on the telephone; `also` is written with it. */
  deleteMessage(
    id: string,
    also: readonly StoreWrite[],
    told: (answer: Answer) => void,
    now: Instant,
  ): readonly Effect[] {
    return this.#options.turn.run(now, () => this.#delete(id, told, also));
  }

  accountsChanged(accounts: readonly Account[]): void {
    for (const message of this.mailboxes.accountsChanged(accounts)) this.#end(message);
    this.caps.accountsChanged(accounts);
  }

  expire(now: Instant): void {
    for (const message of this.mailboxes.ended(now)) this.#end(message);
    this.caps.expire(now);
  }

  nextDeadline(): Instant | undefined {
    return earlier(this.mailboxes.nextDeadline(), this.caps.nextDeadline());
  }

  #answer(question: Question, told: Told): void {
    switch (question.type) {
      case 'enter':
      case 'open-mailbox':
        return this.#enter(question, told);
      case 'divert':
      case 'confirmed':
      case 'forward':
      case 'set-pin':
      case 'set-greeting':
        return this.#askOutside(question, told);
      case 'messages':
      case 'keep-message':
      case 'message-heard':
      case 'delete-message':
      case 'confirm-mobile':
        return this.#answerHere(question, told);
      default:
        return assertNever(question);
    }
  }

  #askOutside(question: DeskQuestion, told: Told): void {
    const { turn } = this.#options;
    if (this.#waiting.size >= LIMITS.questionsMax) return told(refused('failed'));
    const id = this.#questions++;
    this.#waiting.set(id, told);
    turn.push({ type: 'ask', id, question });
  }

  // ── who may enter ──

  #enter(question: Entering, told: Told): void {
    const { turn, directory } = this.#options;
    const isControl = question.type === 'enter';
    // Ids that nobody has are answered as others are, and as late: nobody finds out by guessing which there are.
    const isKnown = !isControl || directory().controlled(question.control) !== undefined;
    const guesses = isKnown ? this.#guesses : this.#guessesAtNobody;
    const target = isControl
      ? `control ${question.control}`
      : `mailbox ${question.account}/${question.mailbox}`;
    const isCode = isControl && question.secret.length === LIMITS.oneTimeCodeDigits;
    const guess = guesses.begin(target, question.guesser, isCode, turn.now);
    if (guess === undefined) return told(refused('slowed'));
    this.#askOutside(question, (answer) => {
      if (answer.type !== 'refused') guess.right();
      else if (answer.why !== 'wrong') guess.unjudged();
      told(answer);
    });
  }

  // ── messages ──

  #answerHere(question: NodeQuestion, told: Told): void {
    switch (question.type) {
      case 'messages': {
        const all = this.mailboxes.messages(question.account, question.mailbox);
        const messages = all.filter(({ id }) => !this.#leaving.has(id));
        return told({ type: 'messages', messages });
      }
      case 'keep-message':
        return this.#keep(question.message, told);
      case 'message-heard':
        return this.#heard(question.id, question.at, told);
      case 'delete-message':
        return this.#delete(question.id, told);
      case 'confirm-mobile':
        return this.#confirm(question, told);
    }
  }

  /** What the caller hears as "thank you" is said when this has been answered. */
  #keep(message: VoicemailMessage, told: Told): void {
    const { turn } = this.#options;
    if (this.mailboxes.full) return told(refused('full'));
    const kept = () => {
      this.mailboxes.put(message);
      turn.event({ type: 'message', message, at: turn.now });
    };
    this.#write([{ type: 'message', message }, ...this.#telling(message)], kept, told);
  }

  /** Mail for whom the mailbox names, in the same batch. */
  #telling(message: VoicemailMessage): readonly StoreWrite[] {
    const { turn, directory } = this.#options;
    const account = directory().account(message.account);
    const mailbox = account?.mailboxes?.find(({ name }) => name === message.mailbox);
    if (account === undefined || mailbox === undefined) return [];
    let count = 0;
    const newId = () => `${message.id}-${count++}`;
    const notices = voicemailNotices(account, mailbox, message, { at: turn.now, newId });
    return notices.map((notice) => ({ type: 'notice', notice }));
  }

  #heard(id: string, at: Instant, told: Told): void {
    const known = this.mailboxes.get(id);
    if (known === undefined) return told(refused('unknown'));
    // Whoever deletes it is first: written after that, it would be there again, with nothing to be heard.
    if (this.#leaving.has(id)) return told(refused('busy'));
    const message = { ...known, heardAt: at };
    this.#write([{ type: 'message', message }], () => this.mailboxes.put(message), told);
  }

  #delete(id: string, told: Told, also: readonly StoreWrite[] = []): void {
    const known = this.mailboxes.get(id);
    if (known === undefined) return told(refused('unknown'));
    if (this.#leaving.has(id)) return told(refused('busy'));
    this.#leaving.add(id);
    this.#write(
      [{ type: 'message-removed', id }, ...also],
      () => this.#gone(known),
      (answer) => {
        this.#leaving.delete(id);
        told(answer);
      },
    );
  }

  /** Nobody asked for it: its time is over, or its mailbox is gone. So it goes, if need be when the disk is back. */
  #end(message: VoicemailMessage): void {
    const { id } = message;
    this.#leaving.add(id);
    this.#options.turn.persist([{ type: 'message-removed', id }], () => {
      this.#leaving.delete(id);
      this.#gone(message);
    });
  }

  #gone({ id, recording }: VoicemailMessage): void {
    this.mailboxes.remove(id);
    this.erase(recording);
  }

  /** What is refused is not done later either: whoever asked is told so, and what was recorded is erased. */
  #write(writes: readonly StoreWrite[], done: () => void, told: Told): void {
    const persisted = (result: Result<void, string>) => {
      if (result.ok) done();
      told(result.ok ? DONE : refused('failed'));
    };
    this.#options.turn.persist(writes, persisted, 'forget');
  }

  /** Nobody will listen to it. */
  erase(recording: RecordingId): void {
    this.#options.turn.push({ type: 'erase-recording', recording });
  }

  newId(): string {
    return hex(this.#options.random.bytes(16));
  }

  // ── a mobile's consent ──

  #confirm(question: NodeQuestion & { readonly type: 'confirm-mobile' }, told: Told): void {
    const { turn, directory, calls, trunkChoices } = this.#options;
    const account = directory().account(question.account);
    const why = account === undefined ? 'unknown' : this.#whyNotRing(account, question.mobile, turn.now);
    if (account === undefined || why !== undefined) return told(refused(why ?? 'unknown'));
    const started = calls().startErrand(
      {
        number: question.mobile,
        trunks: trunkChoices(question.mobile),
        from: question.number,
        language: account.language,
        delayMs: question.delayMs,
        dialogue: (line) => consent(line, question, this.#options.country),
        over: told,
      },
      turn.now,
    );
    if (!started) told(refused('failed'));
  }

  /** Each of these calls costs money, and rings somebody (law 8). */
  #whyNotRing(account: Account, mobile: string, now: Instant): Refusal | undefined {
    if (!destinationAllowed(mobile, account.limits).ok) return 'not-allowed';
    const recent = (this.#confirmations.get(account.name) ?? []).filter((at) => now - at < HOUR_MS);
    if (recent.length >= LIMITS.confirmationsPerHourMax) return 'slowed';
    this.#confirmations.set(account.name, [...recent, now]);
    return undefined;
  }
}

const DONE: Answer = { type: 'done' };

function refused(why: Refusal): Answer {
  return { type: 'refused', why };
}

/** Whoever answers agrees, and with that the number is diverted to them. */
function* consent(
  line: Line,
  { account, number, mobile, author }: NodeQuestion & { readonly type: 'confirm-mobile' },
  country: string,
): Dialogue<Answer> {
  let answer: Answer = refused('declined');
  const to = { type: 'number', number: mobile } as const;
  yield* confirmMobile(line, { number, country }, function* () {
    answer = yield* ask(line, { type: 'divert', account, number, to, author, confirmed: true });
    return answer.type === 'done';
  });
  return answer;
}
