// Diverts by text message: who is it, what is asked, is the code right, and what is answered. A sender can be forged,
// so only a one-time code changes anything, and what is told goes to the telephone that is known and to no other.
//
// A stranger who writes in the owner's name can spend some answers, and tries of codes for a minute; neither keeps the
// owner from the telephone, nor from the next minute.

import { hex } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, SECOND_MS } from '../base/time.ts';
import { TokenBuckets } from '../base/token-buckets.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeskAnswer, DeskQuestion, DivertTo, Refusal } from '../ports/desk.ts';
import type { Random } from '../ports/random.ts';
import type { Account, E164, NumberRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { normaliseNumber } from '../routing/destinations.ts';
import { describeDiverts } from '../routing/selfcare.ts';
import { parseText, type TextCommand } from '../texting/grammar.ts';

export interface IncomingText {
  /** The carrier's own. */
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

export interface TextingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly country: string;
  readonly answer: (question: DeskQuestion) => Promise<DeskAnswer>;
}

type Changing = TextCommand & { readonly type: 'divert' | 'normal' };

const HELP =
  'STATUS, or with a one-time code at the end: DIVERT MOBILE code, DIVERT VOICEMAIL code, NORMAL code.';
const NUMBERS_TOLD = 5;
const ID_BYTES = 16;
const HOUR_SECONDS = HOUR_MS / SECOND_MS;

const REFUSED: Readonly<Partial<Record<Refusal, string>>> = {
  wrong: 'That code is wrong, or was used before. Nothing was changed.',
  slowed: 'Too many codes were tried. Wait a minute, or ring the control number. Nothing was changed.',
  'not-confirmed':
    'That is none of your confirmed mobiles: ring the control number to confirm it. Nothing was changed.',
  'not-allowed': 'Your account may not send calls there. Nothing was changed.',
  loop: 'Calls would come back from there. Nothing was changed.',
};
const FAILED = 'That could not be done. Nothing was changed. Ring the control number, or try again.';

export class Texting {
  readonly #options: TextingOptions;
  readonly #seen = new Set<string>();
  readonly #codes: TokenBuckets;
  readonly #answers: TokenBuckets;

  constructor(options: TextingOptions) {
    this.#options = options;
    const seed = () => Math.floor(options.random.fraction() * 2 ** 32);
    const [slots, perHour] = [LIMITS.textSlots, LIMITS.textCodesPerHour];
    this.#codes = new TokenBuckets({
      slots,
      burst: LIMITS.textCodesBurst,
      perSecond: perHour / HOUR_SECONDS,
      seed: seed(),
    });
    const answersPerSecond = LIMITS.textAnswersPerHour / HOUR_SECONDS;
    const burst = LIMITS.textAnswersBurst;
    this.#answers = new TokenBuckets({ slots, burst, perSecond: answersPerSecond, seed: seed() });
  }

  /** Rejects where the store does; the carrier then brings it again. */
  async receive(message: IncomingText): Promise<void> {
    const { id } = message;
    if (this.#seen.has(id)) return;
    this.#remember(id);
    try {
      await this.#take(message);
    } catch (error) {
      this.#seen.delete(id);
      throw error;
    }
  }

  async #take({ from, text }: IncomingText): Promise<void> {
    const sender = normaliseNumber(from, this.#options.country);
    if (sender === undefined) return;
    const accounts = (await this.#options.store.accounts()).filter((account) => isOf(account, sender));
    const [account] = accounts;
    if (account === undefined) return;
    const command = parseText(text);
    if (command.type === 'divert' || command.type === 'normal') {
      return this.#change(command, sender, accounts.find((one) => one.control !== undefined) ?? account);
    }
    return this.#tell(account, sender, command.type === 'status' ? this.#status(accounts) : HELP);
  }

  async #change(command: Changing, sender: E164, account: Account): Promise<void> {
    const { clock, answer } = this.#options;
    const { control } = account;
    if (control === undefined)
      return this.#tell(account, sender, 'Your account cannot be run by text message.');
    const number = this.#numberOf(account, command.number);
    if (number === undefined) return this.#tell(account, sender, whichNumber(account));
    const to = command.type === 'normal' ? PLAN : this.#targetOf(account, command, sender);
    if (to === undefined)
      return this.#tell(account, sender, 'You have no mailbox or confirmed mobile for that.');
    if (!this.#codes.take(account.name, clock.now())) return this.#refuse(account, sender, 'slowed');
    const author = { who: `text message from ${sender}`, how: 'sms' } as const;
    const guesser = { caller: sender, isProven: false };
    const entered = await answer({
      type: 'enter',
      control: control.id,
      secret: command.code,
      guesser,
      author,
      divert: { number, to },
    });
    const now = (await this.#options.store.accounts()).find(({ name }) => name === account.name);
    const record = now?.numbers.find((one) => one.number === number);
    const does = record === undefined ? `${number} is not yours any more` : this.#does(record);
    if (entered.type !== 'refused') return this.#write(account, sender, `Done: ${does}.`);
    // A carrier brings a text message twice where our answer to it was lost, in a crash: it may have been done before.
    const stands = entered.why === 'wrong' ? ` Now ${does}.` : '';
    await this.#tell(account, sender, `${REFUSED[entered.why] ?? FAILED}${stands}`);
  }

  #numberOf({ numbers }: Account, written: string | undefined): E164 | undefined {
    if (written === undefined) return numbers.length === 1 ? numbers[0]?.number : undefined;
    const wanted = normaliseNumber(written, this.#options.country);
    return numbers.find(({ number }) => number === wanted)?.number;
  }

  #targetOf(account: Account, { to }: Changing & { type: 'divert' }, sender: E164): DivertTo | undefined {
    if (to === 'voicemail') {
      const mailbox = account.mailboxes?.[0]?.name;
      return mailbox === undefined ? undefined : { type: 'mailbox', mailbox };
    }
    if (to !== 'mobile') {
      const number = normaliseNumber(to.number, this.#options.country);
      return number === undefined ? undefined : { type: 'number', number };
    }
    const confirmed = (account.control?.mobiles ?? []).filter(({ confirmedAt }) => confirmedAt !== undefined);
    const mobile = confirmed.find(({ number }) => number === sender) ?? confirmed[0];
    return mobile === undefined ? undefined : { type: 'number', number: mobile.number };
  }

  #status(accounts: readonly Account[]): string {
    const numbers = accounts.flatMap((account) => account.numbers);
    const told = numbers.slice(0, NUMBERS_TOLD).map((record) => `${this.#does(record)}.`);
    const rest = numbers.length - told.length;
    return [...told, ...(rest > 0 ? [`And ${rest} more.`] : [])].join(' ');
  }

  #does(record: NumberRecord): string {
    return `${record.number} ${describeDiverts(record, this.#options.clock.now())}`;
  }

  #refuse(account: Account, sender: E164, why: Refusal): Promise<void> {
    return this.#tell(account, sender, REFUSED[why] ?? FAILED);
  }

  /** Where nothing was changed: not more often than somebody would ask himself. */
  async #tell(account: Account, sender: E164, text: string): Promise<void> {
    if (this.#answers.take(sender, this.#options.clock.now())) await this.#write(account, sender, text);
  }

  async #write({ name }: Account, to: E164, text: string): Promise<void> {
    const { store, clock, random } = this.#options;
    const at = clock.now();
    const id = hex(random.bytes(ID_BYTES));
    const subject = 'Answer to a text message';
    const notice = {
      id,
      account: name,
      at,
      channel: 'sms',
      to,
      subject,
      text,
      attempts: 0,
      dueAt: at,
    } as const;
    await store.write([{ type: 'notice', notice }]);
  }

  #remember(id: string): void {
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (oldest !== undefined && this.#seen.size > LIMITS.textsRememberedMax) this.#seen.delete(oldest);
  }
}

const PLAN: DivertTo = { type: 'plan' };

/** A telephone that the account has named, for changes or to be told of them. */
function isOf({ control, contacts = [] }: Account, sender: E164): boolean {
  return (
    (control?.mobiles ?? []).some(({ number }) => number === sender) ||
    contacts.some(({ sms }) => sms === sender)
  );
}

function whichNumber({ numbers }: Account): string {
  const known = numbers.slice(0, NUMBERS_TOLD).map(({ number }) => number);
  return `Say which number: ${known.join(', ')}. Nothing was changed.`;
}
