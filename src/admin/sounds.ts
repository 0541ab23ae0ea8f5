// What people bring to be heard: sounds of an account for its announcements and menus, greetings of its mailboxes, as
// WAV files or as texts that are spoken here. And what callers left in mailboxes, for an operator: who listens to it or
// deletes it stands in the audit.
//
//   file or text ─▶ samples of 8 kHz ─▶ recording ─ durable ─▶ row of the account, with its audit ─▶ told

import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { SECOND_MS } from '../base/time.ts';
import { recordingsOf } from '../mailboxes/owned.ts';
import type { NodeControl } from '../node/views.ts';
import type { RecordingId, Recordings } from '../ports/recordings.ts';
import type { Account, AccountSound, VoicemailMessage } from '../ports/records.ts';
import type { Speech } from '../ports/speech.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { decideGreeting } from '../routing/selfcare.ts';
import { encodeG711 } from '../rtp/g711.ts';
import { readWav, SAMPLE_RATE_HZ, type SoundFile, telephoneSamples, writeWav } from '../rtp/wav.ts';
import { messagesOf } from './attempts.ts';
import { type Audit, authorBy } from './audit.ts';
import type { Change, Changes } from './changes.ts';
import { accountIn, existing, invalid } from './demands.ts';
import { tellingWrites } from './telling.ts';

/** A WAV file, or what to say. */
export type SoundInput = Uint8Array | { readonly text: string };

export interface SoundView {
  readonly account: string;
  readonly name: string;
  readonly lengthMs: number;
  /** What it says, where it was spoken here. */
  readonly text?: string;
}

export interface SoundsOptions {
  readonly changes: Changes;
  readonly audit: Audit;
  readonly store: Store;
  readonly node: NodeControl;
  readonly recordings: Recordings;
  readonly speech: Speech;
}

interface Kept {
  readonly recording: RecordingId;
  readonly lengthMs: number;
  readonly text?: string;
}

const LENGTH_MIN_MS = 100;
/** Of full scale, the highest peak of what is spoken here: as loud as the prompts that ship. */
const PEAK = 16_384;
const LOUDER = 4;
/** Silence before it, in which the phone's audio path and NAT open, and after it. */
const BEFORE_MS = 400;
const AFTER_MS = 500;

export class Sounds {
  readonly #options: SoundsOptions;
  #underWay = 0;

  constructor(options: SoundsOptions) {
    this.#options = options;
  }

  async list(account: string): Promise<readonly SoundView[]> {
    return (accountIn(await this.#options.changes.directory(), account).sounds ?? []).map((sound) => {
      return viewOf(account, sound);
    });
  }

  /** As a WAV file. */
  async get(account: string, name: string): Promise<Uint8Array> {
    const owner = accountIn(await this.#options.changes.directory(), account);
    return this.#read(existing(soundOf(owner, name), `sound "${name}" of account "${account}"`).recording);
  }

  /** Replaces the sound of that name, or adds it. */
  async set(account: string, name: string, input: SoundInput, by: string): Promise<SoundView> {
    return this.#keeping(account, input, (stored, kept) => {
      const owner = accountIn(stored, account);
      const { sounds = [] } = owner;
      const known = soundOf(owner, name);
      if (known === undefined && sounds.length >= LIMITS.soundsMax) {
        throw new RingthroughError('LIMIT_REACHED', `an account has at most ${LIMITS.soundsMax} sounds`);
      }
      const sound: AccountSound = { name, ...kept };
      const after =
        known === undefined ? [...sounds, sound] : sounds.map((one) => (one === known ? sound : one));
      const source = kept.text === undefined ? 'from a file' : `says "${kept.text}"`;
      const what = `sound ${name} ${known === undefined ? 'added' : 'replaced'}: ${seconds(kept)}, ${source}`;
      return this.#change({ ...owner, sounds: after }, what, by, viewOf(account, sound));
    });
  }

  /** CONFLICT while a plan or a menu says it. */
  remove(account: string, name: string, by: string): Promise<void> {
    return this.#options.changes.make((stored) => {
      const owner = accountIn(stored, account);
      const known = existing(soundOf(owner, name), `sound "${name}" of account "${account}"`);
      const user = userOf(owner, name);
      if (user !== undefined) {
        throw new RingthroughError('CONFLICT', `${user} says the sound "${name}"; change that first`);
      }
      const { sounds = [], ...others } = owner;
      const left = sounds.filter((sound) => sound !== known);
      const after = left.length === 0 ? others : { ...others, sounds: left };
      return this.#change(after, `sound ${name} removed`, by, undefined);
    });
  }

  /** A mailbox's own greeting as a WAV file. NOT_FOUND where it has the one that ships. */
  async greeting(account: string, mailbox: string): Promise<Uint8Array> {
    const owner = accountIn(await this.#options.changes.directory(), account);
    const { greeting } = mailboxOf(owner, mailbox);
    return this.#read(existing(greeting, `greeting of its own at the mailbox ${account}/${mailbox}`));
  }

  async setGreeting(account: string, mailbox: string, input: SoundInput, by: string): Promise<void> {
    mailboxOf(accountIn(await this.#options.changes.directory(), account), mailbox);
    await this.#keeping(account, input, (stored, kept) => {
      const owner = accountIn(stored, account);
      mailboxOf(owner, mailbox);
      const decided = decideGreeting(owner, mailbox, kept.recording);
      if (!decided.ok) throw new RingthroughError('NOT_FOUND', `there is no mailbox ${account}/${mailbox}`);
      const what = `${decided.value.what}: ${seconds(kept)}`;
      return this.#change(decided.value.account, what, by, undefined);
    });
  }

  /** The one that ships is heard again. */
  clearGreeting(account: string, mailbox: string, by: string): Promise<void> {
    return this.#options.changes.make((stored): Change<void> => {
      const owner = accountIn(stored, account);
      const { greeting } = mailboxOf(owner, mailbox);
      const decided = decideGreeting(owner, mailbox, undefined);
      if (greeting === undefined || !decided.ok) return { writes: [], after: new Map(), told: undefined };
      return this.#change(decided.value.account, decided.value.what, by, undefined);
    });
  }

  /** Messages of one account, or of all; of one mailbox, or of all. */
  async messages(account?: string, mailbox?: string): Promise<readonly VoicemailMessage[]> {
    const { changes, store } = this.#options;
    return messagesOf({ account, mailbox }, { store, directory: await changes.directory() });
  }

  /** What a caller left, as a WAV file. That somebody listens is written first. */
  async message(id: string, by: string): Promise<Uint8Array> {
    const { store, audit, recordings } = this.#options;
    const message = await this.#messageOf(id);
    const recorded = existing(await recordings.read(message.recording), `recording of message ${id}`);
    const what = `the message of ${message.caller} in the mailbox ${message.mailbox} was listened to`;
    await store.write([audit.row(message.account, authorBy(by), what)]);
    return writeWav(recorded);
  }

  /** By the same way as on the telephone. */
  async deleteMessage(id: string, by: string): Promise<void> {
    const { changes, node, audit } = this.#options;
    const message = await this.#messageOf(id);
    const what = `the message of ${message.caller} in the mailbox ${message.mailbox} was deleted`;
    const row = audit.row(message.account, authorBy(by), what);
    const owner = (await changes.directory()).account(message.account);
    const telling = tellingWrites(
      [row],
      () => owner,
      () => owner,
    );
    const answer = await node.deleteMessage(id, [row, ...telling]);
    if (answer.type !== 'refused') return;
    if (answer.why === 'unknown') throw new RingthroughError('NOT_FOUND', `there is no message ${id}`);
    if (answer.why === 'busy')
      throw new RingthroughError('CONFLICT', `message ${id} is being deleted by somebody else`);
    throw new RingthroughError('STORE_FAILED', `the message ${id} could not be deleted`);
  }

  async #messageOf(id: string): Promise<VoicemailMessage> {
    const messages = await this.#options.store.messages();
    return existing(
      messages.find((message) => message.id === id),
      `message ${id}`,
    );
  }

  async #read(recording: RecordingId): Promise<Uint8Array> {
    return writeWav(existing(await this.#options.recordings.read(recording), `recording ${recording}`));
  }

  #change<T>(after: Account, what: string, by: string, told: T): Change<T> {
    const { audit } = this.#options;
    const account: StoreWrite = { type: 'account', account: after };
    const writes = [account, audit.row(after.name, authorBy(by), what)];
    return { writes, after: new Map([[after.name, after]]), told };
  }

  /** The recording is durable before its row is, and goes again where there is no row of it. */
  async #keeping<T>(
    account: string,
    input: SoundInput,
    decide: (stored: Parameters<Parameters<Changes['make']>[0]>[0], kept: Kept) => Change<T>,
  ): Promise<T> {
    const { changes, recordings } = this.#options;
    accountIn(await changes.directory(), account);
    const kept = await this.#keep(input);
    try {
      return await changes.make((stored) => decide(stored, kept));
    } catch (error) {
      const now = (await changes.directory()).account(account);
      const isNamed = now !== undefined && recordingsOf(now).includes(kept.recording);
      if (!isNamed) await recordings.erase(kept.recording).catch(() => undefined);
      throw error;
    }
  }

  async #keep(input: SoundInput): Promise<Kept> {
    if (this.#underWay >= LIMITS.soundsAtOnceMax) {
      throw new RingthroughError(
        'LIMIT_REACHED',
        `${LIMITS.soundsAtOnceMax} other sounds are being taken in`,
      );
    }
    this.#underWay++;
    try {
      if (input instanceof Uint8Array) return await this.#record(fileIn(input), paced);
      const spoken = fileIn(await this.#options.speech.speak(input.text));
      return { ...(await this.#record(spoken, prepared)), text: input.text };
    } finally {
      this.#underWay--;
    }
  }

  async #record(file: SoundFile, samples: (file: SoundFile) => AsyncIterable<Int16Array>): Promise<Kept> {
    const { recordings, audit } = this.#options;
    const recording = audit.newId();
    const writer = recordings.create(recording, 'PCMA');
    let count = 0;
    try {
      for await (const part of samples(file)) {
        count += part.length;
        writer.append(encodeG711('PCMA', part));
      }
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    await writer.finish();
    return { recording, lengthMs: Math.round((count * SECOND_MS) / SAMPLE_RATE_HZ) };
  }
}

function fileIn(bytes: Uint8Array): SoundFile {
  const refused = (reason: string) => invalid([{ path: ['sound'], reason }]);
  if (bytes.length > LIMITS.soundFileBytesMax) {
    throw refused(`is larger than ${LIMITS.soundFileBytesMax} bytes`);
  }
  const file = readWav(bytes);
  if (!file.ok) throw refused(file.error);
  const { lengthMs } = file.value;
  if (lengthMs > LIMITS.soundMaxMs) throw refused(`is longer than ${LIMITS.soundMaxMs / SECOND_MS} s`);
  if (lengthMs < LENGTH_MIN_MS) throw refused('has nothing in it');
  return file.value;
}

/** A second at a time, between which calls have their turn. */
async function* paced(file: SoundFile): AsyncGenerator<Int16Array> {
  for (const part of telephoneSamples(file)) {
    yield part;
    await new Promise(setImmediate);
  }
}

/** What was spoken here, as loud as the prompts are, with silence around it. */
async function* prepared(file: SoundFile): AsyncGenerator<Int16Array> {
  const parts: Int16Array[] = [];
  let peak = 1;
  for await (const part of paced(file)) {
    parts.push(part);
    for (const sample of part) peak = Math.max(peak, Math.abs(sample));
  }
  const gain = Math.min(LOUDER, PEAK / peak);
  yield new Int16Array((BEFORE_MS * SAMPLE_RATE_HZ) / SECOND_MS);
  for (const part of parts) yield part.map((sample) => sample * gain);
  yield new Int16Array((AFTER_MS * SAMPLE_RATE_HZ) / SECOND_MS);
}

function soundOf({ sounds = [] }: Account, name: string): AccountSound | undefined {
  return sounds.find((sound) => sound.name === name);
}

function mailboxOf(owner: Account, mailbox: string) {
  return existing(
    owner.mailboxes?.find(({ name }) => name === mailbox),
    `mailbox ${owner.name}/${mailbox}`,
  );
}

/** What of the account says this sound. */
function userOf({ numbers, menus = [] }: Account, name: string): string | undefined {
  const says = (steps: readonly { readonly type: string; readonly prompt?: string }[]) =>
    steps.some((step) => step.type === 'announcement' && step.prompt === name);
  const number = numbers.find(({ plan }) => says(plan.steps));
  if (number !== undefined) return `the plan of ${number.number}`;
  const menu = menus.find(({ greeting, choices, otherwise }) => {
    return greeting === name || says(otherwise) || choices.some(({ steps }) => says(steps));
  });
  return menu === undefined ? undefined : `the menu ${menu.name}`;
}

function viewOf(account: string, { name, lengthMs, text }: AccountSound): SoundView {
  return { account, name, lengthMs, ...(text !== undefined && { text }) };
}

function seconds({ lengthMs }: Kept): string {
  return `${Math.max(1, Math.round(lengthMs / SECOND_MS))} s`;
}
