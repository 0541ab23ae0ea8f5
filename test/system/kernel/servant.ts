// A program that is given orders and answers each with one line of JSON. It is started within a network namespace and
// killed, by its own process id, at the end at the latest.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Done, Given } from './serving.ts';

const running = new Set<{ kill(): void }>();
process.on('exit', () => {
  for (const servant of running) servant.kill();
});

export class Servant<Order> {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  readonly #log: string[] = [];
  #given = 0;
  readonly exited: Promise<void>;

  /** `through`: a program that starts it, with parameters of its own. */
  constructor(namespace: string, script: string, through: readonly string[] = []) {
    const parameters = ['netns', 'exec', namespace, ...through, process.execPath, script];
    this.#child = spawn('ip', parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(this);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, answer, error } = JSON.parse(line) as Done;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#log.push(line));
    this.exited = new Promise((resolve) => {
      this.#child.on('close', () => {
        running.delete(this);
        for (const { reject } of this.#waiting.values()) {
          reject(new Error(`${script} has ended:\n${this.#log.join('\n')}`));
        }
        resolve();
      });
    });
  }

  /** What it wrote to stderr so far. */
  get log(): string {
    return this.#log.join('\n');
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Orders are begun in the order in which they are given; a long one does not hold up the next. */
  ask<T = unknown>(order: Order): Promise<T> {
    const given: Given<Order> = { id: ++this.#given, order };
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(given.id, { resolve: (answer) => resolve(answer as T), reject });
      this.#child.stdin.write(`${JSON.stringify(given)}\n`);
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Lets it end by itself. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.exited;
  }
}
