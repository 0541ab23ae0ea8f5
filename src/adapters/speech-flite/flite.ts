// Text to speech by Debian's flite, in its clearest voice for a telephone, which speaks English. A program of its own
// for each text: no shell, the text on its standard input, a file of ours for the sound, and killed when it takes long.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Speech } from '../../ports/speech.ts';

const VOICE = ['-voice', 'slt', '--setf', 'duration_stretch=1.08'];
const REMEDY = 'install it on the machine of the node (apt-get install flite), or upload a WAV file instead';
const WORDS_KEPT = 500;

export interface FliteOptions {
  /** The program. */
  readonly program?: string;
  readonly timeoutMs?: number;
}

export class Flite implements Speech {
  readonly #program: string;
  readonly #timeoutMs: number;
  /** One after another: it takes a whole core. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor({ program = 'flite', timeoutMs = LIMITS.speechMs }: FliteOptions = {}) {
    this.#program = program;
    this.#timeoutMs = timeoutMs;
  }

  async speak(text: string): Promise<Uint8Array> {
    if (this.#waiting >= LIMITS.speechesMax) {
      throw new RingthroughError(
        'LIMIT_REACHED',
        `${LIMITS.speechesMax} other texts are being spoken; try again`,
      );
    }
    this.#waiting++;
    const spoken = this.#last.then(() => this.#speak(text));
    this.#last = spoken.catch(() => undefined);
    try {
      return await spoken;
    } finally {
      this.#waiting--;
    }
  }

  async #speak(text: string): Promise<Uint8Array> {
    const folder = await mkdtemp(join(tmpdir(), 'ringthrough-speech-'));
    try {
      const file = join(folder, 'spoken.wav');
      const words = await this.#run([...VOICE, '-f', '-', '-o', file], plain(text));
      const size = await stat(file).then(
        (found) => found.size,
        () => 0,
      );
      if (size === 0) throw failed(`${this.#program} spoke nothing: ${words}`);
      if (size > LIMITS.soundFileBytesMax) throw failed('what was spoken is too long');
      return new Uint8Array(await readFile(file));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** What it said about it. */
  async #run(args: readonly string[], input: string): Promise<string> {
    const child = spawn(this.#program, args, {
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: this.#timeoutMs,
      killSignal: 'SIGKILL',
    });
    let words = '';
    child.stderr.on('data', (chunk) => {
      if (words.length < WORDS_KEPT) words += String(chunk);
    });
    // Whoever dies before it has read all is told of by its exit.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const ended: unknown[] = await once(child, 'close').catch((cause: unknown) => {
      const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      const why = isMissing ? 'is not installed' : `cannot be run (${String(cause)})`;
      throw new RingthroughError(
        'SPEECH_UNAVAILABLE',
        `${this.#program}, which speaks texts, ${why}: ${REMEDY}`,
        {
          cause,
        },
      );
    });
    const [status, signal] = ended;
    if (signal === 'SIGKILL') {
      throw new RingthroughError(
        'LIMIT_REACHED',
        `the text takes longer to speak than ${this.#timeoutMs} ms`,
      );
    }
    if (status !== 0)
      throw failed(`${this.#program} failed with ${String(status ?? signal)}: ${words.trim()}`);
    return words.trim();
  }
}

function failed(message: string): RingthroughError {
  return new RingthroughError('SPEECH_UNAVAILABLE', message);
}

/** It reads ASCII, and says nothing of the rest: quotes and accents are brought to what it knows. */
function plain(text: string): string {
  const letters = text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"').replace(/[–—]/g, ', ');
  return `${letters.normalize('NFKD').replace(/[^\x20-\x7e\n]/g, '')}\n`;
}
