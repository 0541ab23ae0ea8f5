// Somebody on the telephone with the node: hears what is said, waits as long as people do, and types, speaks or hangs
// up. What was lived is kept, to be judged: what was heard, and what was acknowledged.

import type { Instant } from '../../../src/base/time.ts';
import type { Key } from '../../../src/ports/media.ts';
import type { Conversation } from '../conversation.ts';
import type { SeededRandom, World } from '../world.ts';
import type { Errand } from './errand.ts';
import { type Deed, type Script, scriptOf } from './scripts.ts';

/** What the node said it had done. */
export interface Acknowledged {
  readonly what: Script['acknowledges'];
  /** When it was asked for, and when the caller heard that it is done. */
  readonly askedAt: Instant;
  readonly at: Instant;
}

/** What says that nothing came of it. */
const REFUSED: ReadonlySet<string> = new Set([
  'not-changed',
  'destination-not-allowed',
  'divert-loops',
  'number-not-understood',
  'mobile-busy',
  'mobile-not-confirmed',
  'wrong-pin',
  'use-a-code',
  'went-wrong',
  'message-not-kept',
  'nothing-heard',
]);
const SYLLABLE_MS = 200;

export class Person {
  readonly caller: string;
  readonly errand: Errand;
  readonly conversation: Conversation;
  readonly answeredAt: Instant;
  readonly acknowledged: Acknowledged[] = [];
  /** Names of prompts, tones and recordings, in order. */
  readonly heard: { readonly what: string; readonly at: Instant }[] = [];
  /** What was typed, as far as the person knows. */
  readonly typed: { readonly keys: string; readonly at: Instant }[] = [];
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #script: Script;
  readonly #press: (key: Key) => void;
  /** How long words were said after the beep, all in all. */
  spokeMs = 0;
  #isBusy = false;
  #askedAt: Instant | undefined;

  constructor(conversation: Conversation, caller: string, errand: Errand, numbers: readonly string[]) {
    const { world } = conversation.agent;
    this.conversation = conversation;
    this.caller = caller;
    this.errand = errand;
    this.#world = world;
    this.answeredAt = world.now;
    this.#random = world.random.fork(`person ${caller}`);
    this.#script = scriptOf(errand.want, numbers);
    this.#press = (key) => press(conversation, errand.keys, key);
    if (this.#script.asksAtOnce === true) this.#askedAt = world.now;
    const { party } = conversation;
    party.speaking = false;
    party.hears = (what) => this.#hears(what);
    this.#after(errand.hangsUpMs, () => conversation.hangUp());
    if (errand.hurries) this.#busyWith({ type: 'type', keys: this.#script.ahead, asks: true });
    if (errand.want.type === 'any-keys') this.#pressAnything();
  }

  #hears(what: string): void {
    const name = what.replace(/^prompt /, '');
    const at = this.#world.now;
    this.heard.push({ what: name, at });
    if (this.#script.done.has(name) && this.#askedAt !== undefined) {
      this.acknowledged.push({ what: this.#script.acknowledges, askedAt: this.#askedAt, at });
      this.#askedAt = undefined;
    }
    if (REFUSED.has(name)) this.#askedAt = undefined;
    if (this.#isBusy) return;
    const deed = this.#script.deed(name);
    if (deed !== undefined) this.#busyWith(deed);
  }

  /** Does it after a moment, and attends to nothing else until it is done. */
  #busyWith(deed: Deed): void {
    this.#isBusy = true;
    this.#after(this.#random.between(...this.errand.reactsMs), () => {
      switch (deed.type) {
        case 'type':
          return this.#type(deed.keys, deed.asks === true);
        case 'speak':
          return this.#speak(deed);
        case 'hang-up':
          return this.conversation.hangUp();
      }
    });
  }

  #type(keys: string, asks: boolean): void {
    const [first, ...rest] = keys;
    if (first === undefined) {
      this.#isBusy = false;
      return;
    }
    this.typed.push({ keys: first, at: this.#world.now });
    if (asks && rest.length === 0) this.#askedAt = this.#world.now;
    this.#press(first as Key);
    if (rest.length === 0) this.#isBusy = false;
    else this.#after(this.#random.between(...this.errand.gapMs), () => this.#type(rest.join(''), asks));
  }

  /** Words are one stretch of speech; noise is many short ones. */
  #speak({ says, forMs, ends }: Deed & { readonly type: 'speak' }): void {
    const { party } = this.conversation;
    const until = this.#world.now + forMs;
    if (says === 'words') this.#countSpeech(until);
    this.#askedAt = this.#world.now;
    this.#isBusy = false;
    const turn = (): void => {
      if (this.#world.now >= until) {
        party.speaking = false;
        if (ends === 'hang-up') this.conversation.hangUp();
        else if (ends !== undefined) this.#type(ends, false);
        return;
      }
      party.speaking = says === 'words' || (says === 'noise' && !party.speaking);
      this.#after(says === 'noise' ? this.#random.between(50, 600) : forMs, turn);
    };
    turn();
  }

  #countSpeech(until: Instant): void {
    this.#after(SYLLABLE_MS, () => {
      if (this.#world.now > until) return;
      this.spokeMs += SYLLABLE_MS;
      this.#countSpeech(until);
    });
  }

  #pressAnything(): void {
    this.#after(this.#random.between(30, 3_000), () => {
      this.#press(this.#random.pick([...'0123456789*#']) as Key);
      this.conversation.party.speaking = this.#random.chance(0.3);
      this.#pressAnything();
    });
  }

  #after(delayMs: number, action: () => void): void {
    this.#world.after(delayMs, () => {
      if (!this.conversation.over) action();
    });
  }
}

function press(conversation: Conversation, how: Errand['keys'], key: Key): void {
  if (how !== 'info') conversation.agent.plane.press(conversation.party, key);
  if (how !== 'media') conversation.info(key);
}
