// What the node says, by language: WAV files that ship with it, and an operator's own laid over them. Whatever is wrong
// with an operator's file costs that file: it is said at the start, and the one that ships is played.
//
//   assets/prompts/en/goodbye.wav      what scripts/make-prompts.sh makes
//   <media.prompts>/cy/goodbye.wav     an operator's: another language, or another voice

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Log } from '../../ports/log.ts';
import { allSamples, readWav } from '../../rtp/wav.ts';

/** The language that ships, whole. */
const SHIPPED = 'en';
const LANGUAGE = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i;
const FILE = '.wav';
/** As many names are told as a person reads. */
const NAMES_TOLD = 12;

/** Samples of 8000 Hz, 16 bit, by name. */
type OfLanguage = ReadonlyMap<string, Int16Array>;

export class Prompts {
  /** By language, in lower case. */
  readonly #languages: ReadonlyMap<string, OfLanguage>;
  readonly #language: string;

  constructor(languages: ReadonlyMap<string, OfLanguage>, language: string = SHIPPED) {
    this.#languages = languages;
    this.#language = language.toLowerCase();
  }

  /** All that can be said, in whichever language. */
  get names(): readonly string[] {
    return [...new Set([...this.#languages.values()].flatMap((prompts) => [...prompts.keys()]))];
  }

  /**
   * In the language (RFC 4647 §3.4: `de-AT`, then `de`), else in the node's, else in English; a caller had rather hear a
   * language that they do not know than nothing.
   */
  find(name: string, language?: string): Int16Array | undefined {
    const wanted = [language?.toLowerCase(), this.#language, SHIPPED].flatMap((one) => ranges(one));
    for (const one of [...wanted, ...this.#languages.keys()]) {
      const samples = this.#languages.get(one)?.get(name);
      if (samples !== undefined) return samples;
    }
    return undefined;
  }
}

export interface PromptOptions {
  /** A folder with one folder for each language. */
  readonly shipped: string;
  /** Another one, whose files are played instead. */
  readonly own?: string | undefined;
  /** Spoken to whoever has no language of their own. */
  readonly language: string;
  readonly log: Log;
}

/**
 * Throws CONFIG_INVALID where a file that ships cannot be played, CONFIG_UNREADABLE where a folder cannot be read. What
 * is wrong with the operator's files goes to the log.
 */
export async function openPrompts({ shipped, own, language, log }: PromptOptions): Promise<Prompts> {
  const english = await loadPrompts(join(shipped, SHIPPED));
  const languages = new Map<string, Map<string, Int16Array>>([[SHIPPED, new Map(english)]]);
  const owned = own === undefined ? [] : await ownPrompts(own, log);
  for (const [name, prompts] of owned) {
    const before = languages.get(name) ?? new Map();
    languages.set(name, new Map([...before, ...prompts]));
  }
  const prompts = new Prompts(languages, language);
  for (const [name] of owned) tellMissing(name, languages, [...english.keys()], log);
  if (!ranges(language.toLowerCase()).some((one) => languages.has(one))) {
    const there = [...languages.keys()].join(', ');
    const remedy = `put files into ${own ?? 'a folder that media.prompts names'}${own ? `/${language}` : ''}`;
    log.warn('there are no prompts in media.language: callers hear English', { language, there, remedy });
  }
  return prompts;
}

/**
 * All `<name>.wav` of a folder, by name. Throws CONFIG_INVALID with one mistake for each file that cannot be
 * played, and CONFIG_UNREADABLE when the folder cannot be read.
 */
export async function loadPrompts(folder: string): Promise<OfLanguage> {
  const { prompts, mistakes } = await load(folder, new Room());
  if (mistakes.length > 0) {
    const [{ path, reason } = { path: folder, reason: '' }] = mistakes;
    throw new RingthroughError('CONFIG_INVALID', `prompt ${path}: ${reason}`, { mistakes });
  }
  return prompts;
}

/** What all prompts of an operator take in memory, and may. */
class Room {
  #bytes = 0;

  takes(samples: Int16Array): boolean {
    this.#bytes += samples.byteLength;
    return this.#bytes <= LIMITS.promptsBytesMax;
  }
}

interface Loaded {
  readonly prompts: OfLanguage;
  readonly mistakes: readonly { readonly path: string; readonly reason: string }[];
}

async function load(folder: string, room: Room): Promise<Loaded> {
  const prompts = new Map<string, Int16Array>();
  const mistakes: { path: string; reason: string }[] = [];
  for (const file of (await readable(folder, () => readdir(folder))).sort()) {
    if (!file.endsWith(FILE)) continue;
    const path = join(folder, file);
    const samples = await loadPrompt(path);
    if (!samples.ok) mistakes.push({ path, reason: samples.error });
    else if (room.takes(samples.value)) prompts.set(file.slice(0, -FILE.length), samples.value);
    else mistakes.push({ path, reason: `is too much: all prompts have ${LIMITS.promptsBytesMax} bytes` });
  }
  return { prompts, mistakes };
}

async function ownPrompts(folder: string, log: Log): Promise<readonly (readonly [string, OfLanguage])[]> {
  const room = new Room();
  const owned: (readonly [string, OfLanguage])[] = [];
  for (const entry of await readable(folder, () => readdir(folder, { withFileTypes: true }))) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory() || !LANGUAGE.test(entry.name)) {
      if (entry.name.endsWith(FILE) || entry.isDirectory())
        log.warn('this is no prompt of any language', { path, remedy: `files stand in ${folder}/en/ or so` });
      continue;
    }
    const { prompts, mistakes } = await load(path, room);
    for (const { path: file, reason } of mistakes)
      log.warn('a prompt cannot be played: the one that ships is, where there is one', { file, reason });
    owned.push([entry.name.toLowerCase(), prompts]);
  }
  return owned;
}

/** A language of the operator's in which not everything can be said: callers hear another one in between. */
function tellMissing(
  language: string,
  languages: ReadonlyMap<string, OfLanguage>,
  needed: readonly string[],
  log: Log,
): void {
  const known = ranges(language).flatMap((one) => languages.get(one) ?? []);
  const missing = needed.filter((name) => !known.some((prompts) => prompts.has(name)));
  if (missing.length === 0) return;
  const names = missing.slice(0, NAMES_TOLD).join(' ');
  const remedy = 'put the files there; prompts.txt of the English ones says what each says';
  log.warn('prompts are missing in a language: callers hear them in media.language, or in English', {
    language,
    missing: missing.length,
    names: missing.length > NAMES_TOLD ? `${names} …` : names,
    remedy,
  });
}

/** `de-at`: `de-at`, `de`. */
function ranges(language: string | undefined): readonly string[] {
  if (language === undefined) return [];
  const parts = language.split('-');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
}

async function loadPrompt(path: string): Promise<Result<Int16Array, string>> {
  try {
    const { size } = await stat(path);
    if (size > LIMITS.soundFileBytesMax) return err(`is larger than ${LIMITS.soundFileBytesMax} bytes`);
    const file = readWav(await readFile(path));
    if (!file.ok) return file;
    if (file.value.lengthMs > LIMITS.soundMaxMs) return err(`is longer than ${LIMITS.soundMaxMs / 1_000} s`);
    return ok(allSamples(file.value));
  } catch (cause) {
    return err(`cannot be read: ${String(cause)}`);
  }
}

async function readable<T>(folder: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const message = `the prompts in ${folder} cannot be read: ${String(cause)}`;
    throw new RingthroughError('CONFIG_UNREADABLE', message, { cause });
  }
}
