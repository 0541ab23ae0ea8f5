// Programs under test and their peers, as child processes: what they printed, a wait for a line of it, and an
// end that always comes. Each is killed by its own process id, also when the test run is itself cut short.

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Everything that is still running, killed when this process ends in whatever way it can notice. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
/** A node that drains takes a second signal as the order not to wait for its calls. */
const ASK_AGAIN_MS = 700;
const STOP_MS = 5_000;
/** How long the last output may take to arrive after a program's end. */
const PIPES_MS = 2_000;

export interface ChildOptions {
  /** Lines that tell nothing. */
  readonly noise?: RegExp;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Waiter {
  readonly pattern: RegExp;
  readonly found: (match: RegExpExecArray) => void;
}

export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #noise: RegExp | undefined;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly exited: Promise<ExitStatus>;

  /** Starts a program with no input, in the repository's folder; gathers its lines of output and errors. */
  static start(
    name: string,
    command: string,
    parameters: readonly string[],
    options: ChildOptions = {},
  ): Child {
    // Debian keeps daemons where an ordinary user's PATH does not reach.
    const { PATH = '', ...others } = process.env;
    const env = { ...others, PATH: `${PATH}:/usr/sbin` };
    const child = spawn(command, parameters, { cwd: REPOSITORY, env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new Child(name, child, options);
  }

  private constructor(name: string, child: ChildProcess, options: ChildOptions) {
    this.name = name;
    this.#noise = options.noise;
    this.#process = child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#hear(line));
    }
    this.exited = new Promise((resolve) => {
      child.on('error', (error) => this.#hear(`could not be started: ${error.message}`));
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        running.delete(child);
        resolve({ code, signal });
      };
      child.on('close', end);
      // A worker that outlives its program may hold the pipes open: `close` would never come, nor the end of the file.
      child.on('exit', (code, signal) => {
        setTimeout(() => {
          end(code, signal);
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, PIPES_MS).unref();
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** The first line that matches, printed already or to come. Fails with the whole output. */
  async line(pattern: RegExp, withinMs: number): Promise<RegExpExecArray> {
    for (const line of this.#lines) {
      const match = pattern.exec(line);
      if (match) return match;
    }
    const found = Promise.withResolvers<RegExpExecArray>();
    const waiter = { pattern, found: found.resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => found.reject(this.#failure(`printed nothing like ${pattern}`)), withinMs);
    const ended = this.exited.then(() => found.reject(this.#failure(`ended without printing ${pattern}`)));
    try {
      return await Promise.race([found.promise, ended.then(() => found.promise)]);
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** Its exit status, which must come in time. */
  async end(withinMs: number): Promise<ExitStatus> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(this.#failure(`did not end in ${withinMs} ms`)), withinMs);
    try {
      return await Promise.race([this.exited, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Asks it to end, asks again, and kills it when it does not. Safe when it has ended already. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const timers = [
      setTimeout(() => this.signal('SIGTERM'), ASK_AGAIN_MS),
      setTimeout(() => this.signal('SIGKILL'), STOP_MS),
    ];
    await this.exited;
    for (const timer of timers) clearTimeout(timer);
  }

  #hear(line: string): void {
    if (this.#noise?.test(line)) return;
    this.#lines.push(line);
    for (const { pattern, found } of this.#waiters) {
      const match = pattern.exec(line);
      if (match) found(match);
    }
  }

  #failure(what: string): Error {
    return new Error(`${this.name} ${what}; its output was:\n${this.output}`);
  }
}
