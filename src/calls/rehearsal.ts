// A plan walked with nobody calling: by the decisions that a call is walked by, but phones and carriers are asked with
// OPTIONS whether they are there instead of being rung, and an outside telephone is only rung where that is wanted.
// Nobody is taken to answer, so that every step is tried.
//
//   begin ─▶ a step ─┬─ ring: OPTIONS to each contact ─────────────────┐
//             ▲      ├─ dial: OPTIONS to each carrier ─┬─ nobody rung ─┤
//             │      │                                 └─ an errand ───┤
//             │      └─ what the node has itself: looked at ───────────┤
//             └────────────────────────── told ◀───────────────────────┘

import type { Deadline } from '../base/deadlines.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { formatDuration, type Instant } from '../base/time.ts';
import type { Answer } from '../ports/desk.ts';
import type {
  Account,
  E164,
  NumberRecord,
  PlanRehearsal,
  PlanStep,
  RehearsedStep,
} from '../ports/records.ts';
import { divertAllowed } from '../routing/divert-classes.ts';
import { resolveStep, stepsOf, whyShut } from '../routing/plan.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { isProxysWord, SIGN_OF_LIFE_MS } from './callee-leg.ts';
import type { ErrandNews } from './errand.ts';
import { optionsOver, optionsTo } from './options-request.ts';
import { actionWords, answering, summaryOf, type Task, type Tried, tasksOf } from './rehearsal-tasks.ts';
import type { Session } from './session.ts';
import type { CallDeadline, Surroundings, TimerOf, TrunkChoice } from './surroundings.ts';

/** Told as it happens. */
export type RehearsalNews =
  /** What is being tried. */
  | { readonly type: 'note'; readonly step: number; readonly text: string }
  | ({ readonly type: 'step' } & RehearsedStep);

export interface RehearsalStart {
  readonly id: string;
  readonly account: Account;
  readonly record: NumberRecord;
  /** When the call is supposed to come, as far as hours and diverts are concerned. */
  readonly at: Instant;
  readonly by: string;
  /** Outside telephones are rung. */
  readonly dial: boolean;
  /** Names of the node's prompts. */
  readonly prompts: ReadonlySet<string>;
  /** Telephones that were heard of before. */
  readonly heard: PlanRehearsal['heard'];
  /** Calls that are sent there come back to the number. */
  comesBack(to: E164): boolean;
  /** Rings there and asks whoever answers. A reason: it will not. */
  ring(number: E164, trunks: readonly TrunkChoice[], told: Ringing): string | undefined;
  tell(news: RehearsalNews, now: Instant): void;
  /** Told once, whatever happens. */
  over(rehearsal: PlanRehearsal, now: Instant): void;
}

/** What comes of a telephone that is rung. */
export interface Ringing {
  news(news: ErrandNews, now: Instant): void;
  over(answer: Answer, now: Instant): void;
}

/** Somebody who was asked with OPTIONS. */
interface Asked {
  readonly who: string;
  /** Flows of one telephone have the same one, and one that answers is enough. */
  readonly device: string;
  readonly peer: 'phone' | 'trunk';
  readonly proxied: boolean;
  readonly at: Instant;
  readonly timer: Deadline<TimerOf>;
}

interface Present {
  readonly task: Task;
  readonly since: Instant;
  readonly asked: Map<string, Asked>;
  /** Of those who were asked, who answered. */
  readonly answered: Set<string>;
  /** By device: how the last of its flows failed. */
  readonly silent: Map<string, { readonly who: string; readonly why: string }>;
  trunks: readonly TrunkChoice[];
}

export class Rehearsal implements Session {
  readonly id: string;
  readonly #start: RehearsalStart;
  readonly #around: Surroundings;
  readonly #startedAt: Instant;
  readonly #tasks: Task[];
  readonly #tried: Tried[] = [];
  readonly #steps: RehearsedStep[] = [];
  readonly #heard: PlanRehearsal['heard'][number][] = [];
  #present: Present | undefined;
  #why: string | undefined;
  #asks = 0;
  #ended = false;

  constructor(start: RehearsalStart, around: Surroundings, now: Instant) {
    this.id = start.id;
    this.#start = start;
    this.#around = around;
    this.#startedAt = now;
    this.#tasks = [...tasksOf(stepsOf(start.record, start.at).steps, start.account)];
    around.schedule(now, { callId: this.id, deadline: { type: 'rehearsal-due', leg: '' } });
  }

  get over(): boolean {
    return this.#ended;
  }

  response(ask: string, _id: TransactionId, response: SipResponse, now: Instant): void {
    if (response.status < 200) return;
    const asked = this.#present?.asked.get(ask);
    if (asked === undefined) return;
    const { status } = response;
    // A carrier says with these that it cannot take calls; a proxy, that it has lost its phone.
    const isUnwell =
      asked.peer === 'trunk' ? status === 408 || status === 503 : asked.proxied && isProxysWord(status);
    if (isUnwell) this.#failed(ask, `answers ${status}`, now);
    else this.#answered(ask, now);
  }

  transactionFailed(ask: string, _id: TransactionId, text: string, now: Instant): void {
    this.#failed(ask, text, now);
  }

  deadline(deadline: CallDeadline, now: Instant): void {
    if (deadline.type !== 'rehearsal-due') return;
    if (deadline.leg === '') this.#next(now);
    else this.#failed(deadline.leg, `gave no sign of life in ${formatDuration(SIGN_OF_LIFE_MS)}`, now);
  }

  hangUp(text: string, now: Instant): void {
    this.#conclude(text, now);
  }

  media(): void {}
  cancelled(): void {}
  acknowledged(): void {}
  ackMissing(): void {}
  request(): void {}
  told(): void {}

  // ── step by step ──

  #next(now: Instant): void {
    this.#present = undefined;
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      if (this.#steps.length >= LIMITS.rehearsedStepsMax) {
        return this.#conclude('the plan has more steps than are rehearsed', now);
      }
      if (this.#begin(task, now)) return;
    }
    this.#conclude(undefined, now);
  }

  /** True where its end is still to come. */
  #begin(task: Task, now: Instant): boolean {
    const { account, at } = this.#start;
    const { action, behind, step } = task;
    const lead = behind === undefined ? '' : `${behind}: `;
    this.#start.tell({ type: 'note', step, text: `${lead}${actionWords(action)}` }, now);
    const shut = whyShut(action, { account, now: at });
    const skipped = task.unreached ?? (shut === undefined ? undefined : `this step ${shut}`);
    const present = {
      task,
      since: now,
      asked: new Map(),
      answered: new Set<string>(),
      silent: new Map(),
      trunks: [],
    };
    this.#present = present;
    if (skipped !== undefined) {
      this.#settle('skipped', nameOf(action), skipped, 0, now);
      return false;
    }
    switch (action.type) {
      case 'ring':
        return this.#askPhones(action, present, now);
      case 'dial':
        return this.#askTrunks(action, present, now);
      case 'announcement':
        return this.#look(
          `announcement ${action.prompt}`,
          this.#whyNotSay(action.prompt),
          'it is there',
          now,
        );
      case 'voicemail':
        return this.#lookAtMailbox(action.mailbox, now);
      case 'menu': {
        const menu = account.menus?.find(({ name }) => name === action.menu);
        const why = menu === undefined ? 'there is no such menu' : this.#whyNotSay(menu.greeting);
        return this.#look(`menu ${action.menu}`, why, 'its greeting is there', now);
      }
    }
  }

  /** What the node has itself needs no time. */
  #look(who: string, why: string | undefined, text: string, now: Instant): boolean {
    this.#settle(why === undefined ? 'works' : 'failed', who, why ?? text, 0, now);
    return false;
  }

  #whyNotSay(name: string): string | undefined {
    const own = this.#start.account.sounds?.some((sound) => sound.name === name) ?? false;
    return own || this.#start.prompts.has(name) ? undefined : `there is no sound ${name}`;
  }

  #lookAtMailbox(name: string, now: Instant): boolean {
    const { account } = this.#start;
    const mailbox = account.mailboxes?.find((one) => one.name === name);
    const who = `voicemail ${name}`;
    if (mailbox === undefined) return this.#look(who, 'there is no such mailbox', '', now);
    const { messages, lengthMs } = this.#around.records.messageRoom(account, mailbox);
    const fullOf =
      messages > 0 ? `${account.limits.messageMinutesMax} minutes` : `${mailbox.messagesMax} messages`;
    const why = messages > 0 && lengthMs > 0 ? undefined : `it is full: ${fullOf}`;
    return this.#look(
      who,
      why,
      `it has room for ${messages} ${messages === 1 ? 'message' : 'messages'}`,
      now,
    );
  }

  #askPhones(action: PlanStep & { readonly type: 'ring' }, present: Present, now: Instant): boolean {
    const { phones } = this.#around;
    const { when: _, ...plain } = action;
    const view = { now, account: this.#start.account, secureOnly: false };
    const targets = resolveStep(plain, { ...view, phoneTargets: (user) => phones.targets(user) });
    if (targets.type !== 'ring' && targets.type !== 'none') return false;
    for (const { who, why } of targets.left) this.#line('failed', who, `${who} ${why}`, now, now);
    const devices = targets.type === 'ring' ? targets.devices : [];
    for (const [index, { user, flows }] of devices.entries()) {
      for (const key of flows) {
        const choice = phones.choice(key);
        if (choice === undefined) continue;
        const request = optionsTo(choice, user, this.#around);
        const peer = { who: user, device: `${user}/${index}`, proxied: choice.routes.length > 0 };
        this.#ask(request, choice.flow, { ...peer, peer: 'phone' }, present, now);
      }
    }
    if (present.asked.size > 0) return true;
    this.#phonesTried(present, now);
    return false;
  }

  #askTrunks({ number, trunk: only }: PlanStep & { type: 'dial' }, present: Present, now: Instant): boolean {
    const { account } = this.#start;
    const allowed = divertAllowed(number, account);
    const loops = this.#start.comesBack(number) ? `${number} sends calls back to this number` : undefined;
    const why = allowed.ok ? loops : allowed.error;
    present.trunks = this.#around.trunks.choices(number, false).filter(({ name }) => name === (only ?? name));
    const none =
      present.trunks.length === 0
        ? `${only === undefined ? 'no trunk can' : `${only} cannot`} carry ${number} now`
        : undefined;
    if (why !== undefined || none !== undefined) {
      this.#settle('failed', number, why ?? none ?? '', 0, now);
      return false;
    }
    for (const trunk of present.trunks) {
      const peer = { who: trunk.name, device: trunk.name, proxied: false, peer: 'trunk' } as const;
      this.#ask(optionsOver(trunk, this.#around), trunk.flow, peer, present, now);
    }
    return true;
  }

  // ── who was asked ──

  #ask(
    request: SipRequest,
    flow: Flow,
    peer: Omit<Asked, 'at' | 'timer'>,
    present: Present,
    now: Instant,
  ): void {
    const ask = `ask${++this.#asks}`;
    const due = { callId: this.id, deadline: { type: 'rehearsal-due', leg: ask } } as const;
    const timer = this.#around.schedule(now + SIGN_OF_LIFE_MS, due);
    present.asked.set(ask, { ...peer, at: now, timer });
    this.#around.request(request, [flow], this.id, ask);
  }

  #answered(ask: string, now: Instant): void {
    const asked = this.#take(ask);
    if (asked === undefined) return;
    const { present, who, device, at } = asked;
    if (!present.answered.has(device)) {
      present.answered.add(device);
      this.#line('works', who, `${who} answers in ${roundTrip(now - at)}`, at, now);
    }
    this.#goOn(present, now);
  }

  #failed(ask: string, why: string, now: Instant): void {
    const asked = this.#take(ask);
    if (asked === undefined) return;
    const { present, who, device, at } = asked;
    present.silent.set(device, { who, why });
    const isLast = [...present.asked.values()].every((other) => other.device !== device);
    if (isLast && !present.answered.has(device)) this.#line('failed', who, `${who} ${why}`, at, now);
    this.#goOn(present, now);
  }

  #take(ask: string): (Asked & { readonly present: Present }) | undefined {
    const present = this.#present;
    const asked = present?.asked.get(ask);
    if (present === undefined || asked === undefined) return undefined;
    present.asked.delete(ask);
    this.#around.unschedule(asked.timer);
    return { ...asked, present };
  }

  #goOn(present: Present, now: Instant): void {
    if (present.asked.size > 0) return;
    const { action } = present.task;
    if (action.type === 'ring') {
      this.#phonesTried(present, now);
      this.#next(now);
    } else if (action.type === 'dial') {
      this.#trunksTried(action.number, present, now);
    }
  }

  #phonesTried({ task, answered, since }: Present, now: Instant): void {
    const users = [...new Set([...answered].map((device) => device.split('/')[0] ?? ''))];
    const { action } = task;
    if (action.type !== 'ring') return;
    if (users.length > 0) return this.#done('works', users.join(' or '), action.forMs);
    const missing = this.#steps.filter(({ step, result }) => step === task.step && result === 'failed');
    const whys = missing.slice(-action.phones.length).map(({ text }) => text);
    this.#why ??= `nobody can be rung: ${whys.join(', ')}`;
    // Nobody is rung who is known to be gone; whoever is silent keeps a call for as long.
    this.#done('failed', nameOf(action), Math.min(now - since, SIGN_OF_LIFE_MS));
  }

  #trunksTried(number: E164, present: Present, now: Instant): void {
    const { answered, trunks, since } = present;
    const alive = trunks.filter(({ name }) => answered.has(name));
    const [first] = alive;
    const keepsMs = present.task.action.type === 'dial' ? present.task.action.forMs : 0;
    if (first === undefined) {
      this.#settle('failed', number, 'no carrier answers', Math.min(now - since, SIGN_OF_LIFE_MS), now);
      return this.#next(now);
    }
    if (!this.#start.dial) {
      this.#settle('not-rung', number, `not rung; ${first.name} would carry the call`, keepsMs, now);
      return this.#next(now);
    }
    const known = this.#heard.find((one) => one.number === number);
    if (known !== undefined) {
      this.#settle('works', number, 'somebody has just said that they heard it', keepsMs, now);
      return this.#next(now);
    }
    this.#ring(number, alive, keepsMs, now);
  }

  #ring(number: E164, trunks: readonly TrunkChoice[], keepsMs: number, now: Instant): void {
    const step = this.#present?.task.step ?? 0;
    const since = now;
    let answeredAfter: string | undefined;
    const why = this.#start.ring(number, trunks, {
      news: ({ type, text }, at) => {
        if (this.#ended) return;
        if (type === 'answered') answeredAfter = formatDuration(at - since);
        this.#start.tell({ type: 'note', step, text }, at);
      },
      over: (answer, at) => {
        if (this.#ended) return;
        const hears = answer.type === 'done';
        if (hears) this.#heard.push({ number, at });
        const text = hears
          ? `answered after ${answeredAfter}, and said that they heard it`
          : whyNot(answer, answeredAfter);
        this.#settle(hears ? 'works' : 'failed', number, text, keepsMs, at, since);
        this.#next(at);
      },
    });
    if (why === undefined) return;
    this.#settle('failed', number, why, keepsMs, now);
    this.#next(now);
  }

  // ── what is told ──

  /** The line that says what came of a step, and the end of it. */
  #settle(
    result: Tried['result'],
    who: string,
    text: string,
    keepsMs: number,
    now: Instant,
    since = this.#present?.since ?? now,
  ): void {
    this.#line(result, who, text, since, now);
    if (result === 'failed') this.#why ??= `${who}: ${text}`;
    this.#done(result, who, keepsMs);
  }

  #done(result: Tried['result'], who: string, keepsMs: number): void {
    const task = this.#present?.task;
    if (task !== undefined) this.#tried.push({ task, result, who, keepsMs });
  }

  #line(result: RehearsedStep['result'], who: string, text: string, since: Instant, now: Instant): void {
    const task = this.#present?.task;
    if (task === undefined) return;
    const line = { step: task.step, who, result, text, tookMs: now - since };
    this.#steps.push(line);
    this.#start.tell({ type: 'step', ...line }, now);
  }

  #conclude(broken: string | undefined, now: Instant): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { timer } of this.#present?.asked.values() ?? []) this.#around.unschedule(timer);
    this.#present = undefined;
    const { record, account, by, dial, heard } = this.#start;
    const found = answering(this.#tried);
    const [first] = found;
    const why = broken ?? this.#why ?? (first === undefined ? 'a caller would reach nobody' : undefined);
    const news = this.#heard.map(({ number }) => number);
    const all = [...this.#heard, ...heard.filter(({ number }) => !news.includes(number))];
    this.#start.over(
      {
        number: record.number,
        account: account.name,
        at: this.#startedAt,
        by,
        dialled: dial,
        passed: why === undefined,
        ...(why === undefined ? {} : { why }),
        summary: summaryOf(found),
        ...(first === undefined ? {} : { answeredBy: first.who, answeredAfterMs: first.afterMs }),
        steps: this.#steps,
        heard: all.slice(0, LIMITS.heardTelephonesMax),
      },
      now,
    );
    this.#around.finished(this.id);
  }
}

function nameOf(action: PlanStep): string {
  switch (action.type) {
    case 'ring':
      return action.phones.join(' or ');
    case 'dial':
      return action.number;
    case 'announcement':
      return `announcement ${action.prompt}`;
    case 'voicemail':
      return `voicemail ${action.mailbox}`;
    case 'menu':
      return `menu ${action.menu}`;
  }
}

function whyNot(answer: Answer, answeredAfter: string | undefined): string {
  const why = answer.type === 'refused' ? answer.why : 'failed';
  if (answeredAfter !== undefined) {
    return `answered after ${answeredAfter}, but nobody pressed 1: was it a voicemail of its own?`;
  }
  switch (why) {
    case 'no-answer':
      return 'nobody answered';
    case 'busy':
      return 'it was busy';
    case 'declined':
      return 'the call was declined';
    default:
      return 'the call did not get through';
  }
}

function roundTrip(tookMs: number): string {
  return tookMs < 10 ? `${tookMs.toFixed(1)} ms` : formatDuration(tookMs);
}
