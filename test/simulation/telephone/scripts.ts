// How people answer what the node says, by what they want of it: cue and deed, as a person would who has done it once
// before. Who knows it by heart types ahead.

import { SERVICES, type Slot, type Want, type Wish } from './errand.ts';
import { CONTROL_ID, MOBILE, NEW_MOBILE } from './office.ts';

export type Deed =
  /** `asks`: its last key asks for what the person wants. */
  | { readonly type: 'type'; readonly keys: string; readonly asks?: boolean }
  | {
      readonly type: 'speak';
      readonly says: 'words' | 'nothing' | 'noise';
      readonly forMs: number;
      /** Then a key is pressed, or it is hung up; absent: the person waits. */
      readonly ends?: string;
    }
  | { readonly type: 'hang-up' };

/** What is acknowledged, for whom it matters. */
export type Told =
  | { readonly type: 'message' }
  | {
      readonly type: 'divert';
      readonly number: string;
      readonly slots: readonly Slot[];
      readonly to: string;
    }
  | { readonly type: 'other' };

export interface Script {
  /** The answer to what is heard; undefined: the person goes on listening. */
  deed(heard: string): Deed | undefined;
  /** What says that it is done. */
  readonly done: ReadonlySet<string>;
  readonly acknowledges: Told;
  /** What was dialled asks for it. */
  readonly asksAtOnce?: boolean;
  /** All keys in a row, for whoever knows them. */
  readonly ahead: string;
}

const BEEP = 'tone 1000';

export function scriptOf(want: Want, numbers: readonly string[]): Script {
  switch (want.type) {
    case 'leave-message':
      return leaving(want.says, want.forMs);
    case 'divert':
      return diverting(want.secrets, want.wish, numbers);
    case 'listen':
      return listening(want.pin, want.does);
    case 'feature-code':
      return coding(SERVICES[want.service], want.to, numbers);
    case 'menu':
      return choosing(want.key, want.forMs);
    case 'consent':
      return {
        ...SILENT,
        deed: (heard) =>
          heard === 'confirm-choices' && want.key !== undefined
            ? { type: 'type', keys: want.key }
            : undefined,
      };
    case 'any-keys':
      return SILENT;
  }
}

const SILENT: Script = {
  deed: () => undefined,
  done: new Set(),
  acknowledges: { type: 'other' },
  ahead: '',
};

function leaving(says: 'words' | 'nothing' | 'noise', forMs: number): Script {
  // By what it lasts, so that the seed need not say it apart.
  const ends = { ends: ['hang-up', '#', ''][forMs % 3] ?? '' };
  return {
    ...SILENT,
    done: new Set(['message-kept']),
    acknowledges: { type: 'message' },
    ahead: '#',
    deed: (heard) => (heard === BEEP ? { type: 'speak', says, forMs, ...ends } : undefined),
  };
}

function coding(slots: readonly Slot[], to: string | undefined, numbers: readonly string[]): Script {
  return {
    ...SILENT,
    asksAtOnce: true,
    done: new Set([to === undefined ? 'not-diverted' : 'divert-set']),
    acknowledges: { type: 'divert', number: numbers[0] ?? '', slots, to: to ?? 'plan' },
  };
}

function choosing(key: string | undefined, forMs: number): Script {
  const { deed, ...voicemail } = leaving('words', forMs);
  return {
    ...voicemail,
    ahead: key ?? '',
    deed: (heard) => {
      if (heard === 'welcome') return key === undefined ? undefined : { type: 'type', keys: key };
      return deed(heard);
    },
  };
}

const WISH_KEYS: Readonly<Record<Wish['to'], string>> = {
  'known mobile': '1',
  'new mobile': '4',
  mailbox: '5',
  plan: '6',
};

function diverting(secrets: readonly string[], wish: Wish, numbers: readonly string[]): Script {
  let tries = 0;
  let isAsked = false;
  const secret = (): string => secrets[Math.min(tries++, secrets.length - 1)] ?? '';
  const numberKey = String(wish.number + 1);
  const wished = { type: 'type', keys: WISH_KEYS[wish.to], asks: wish.to !== 'new mobile' } as const;
  const typed = (keys: string): Deed => ({ type: 'type', keys });
  const deeds: Readonly<Record<string, () => Deed | undefined>> = {
    'control-welcome': () => typed(`${CONTROL_ID}#`),
    'enter-pin-or-code': () => typed(`${secret()}#`),
    'choose-number': () => typed(numberKey),
    'calls-to': () => (isAsked ? undefined : wished),
    // Whoever did not want that has mistyped, and gives up.
    'enter-mobile': () =>
      wish.to === 'new mobile' ? typed(`${NEW_MOBILE.replace('+44', '0')}#`) : { type: 'hang-up' },
    'you-entered': () => ({ type: 'type', keys: '1', asks: true }),
    'not-a-choice': () => {
      isAsked = false;
      return undefined;
    },
    done: () => typed('0'),
    'not-changed': () => ({ type: 'hang-up' }),
    'mobile-not-confirmed': () => ({ type: 'hang-up' }),
  };
  const ahead = `${CONTROL_ID}#${secrets[0] ?? ''}#${numberKey}${wish.to === 'new mobile' ? '' : wished.keys}`;
  return {
    done: new Set(['done']),
    acknowledges: {
      type: 'divert',
      number: numbers[wish.number] ?? '',
      slots: SERVICES['21'],
      to: targetOf(wish.to),
    },
    ahead,
    deed: (heard) => {
      const deed = deeds[heard]?.();
      if (deed === wished) isAsked = true;
      return deed;
    },
  };
}

function targetOf(to: Wish['to']): string {
  if (to === 'known mobile') return MOBILE;
  return to === 'new mobile' ? NEW_MOBILE : to;
}

const MESSAGE_KEYS = { save: '2', delete: '3', next: '#', greeting: '9' } as const;

function listening(pin: string, does: keyof typeof MESSAGE_KEYS): Script {
  let greets = does === 'greeting';
  const typed = (keys: string): Deed => ({ type: 'type', keys });
  const greeting = (otherwise: string): Deed => {
    const isNow = greets;
    greets = false;
    return typed(isNow ? '9' : otherwise);
  };
  const deeds: Readonly<Record<string, () => Deed>> = {
    'enter-mailbox-pin': () => typed(`${pin}#`),
    'message-choices': () => (does === 'greeting' ? greeting('#') : typed(MESSAGE_KEYS[does])),
    'mailbox-choices': () => greeting('0'),
    [BEEP]: () => ({ type: 'speak', says: 'words', forMs: 3_000, ends: '#' }),
    'greeting-choices': () => typed('1'),
  };
  return { ...SILENT, ahead: `${pin}#`, deed: (heard) => deeds[heard]?.() };
}
