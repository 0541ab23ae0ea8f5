// Programs of the bench inside its namespaces: each is told what to do, one order after another, and reports. A member
// whose bench is gone ends by itself; one that throws fails the order it was given.
//
//   bench ──{ order, details }──▶ member
//   bench ◀──{ report } or { failure }── member

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Arena, Place } from './arena.ts';
import { type Rank, ranked } from './priorities.ts';

/** What a member can be asked: by name of the order, what it is given and what it gives back. */
export type Orders = Readonly<Record<string, (details: never) => Promise<unknown>>>;

type DetailsOf<F> = F extends (details: infer D) => Promise<unknown> ? D : never;
type ReportOf<F> = F extends (details: never) => Promise<infer R> ? R : never;

interface Answer {
  readonly report?: unknown;
  readonly failure?: string;
}

const ENDS_WITHIN_MS = 8_000;

export class Member<O extends Orders> {
  readonly #process: ChildProcess;
  readonly #name: string;
  #waiting: PromiseWithResolvers<unknown> | undefined;

  /** `file` is a program beside this one, which calls `serve`; what it leaves behind, it leaves in `folder`. */
  static start<O extends Orders>(
    arena: Arena,
    where: { readonly place: Place; readonly rank: Rank; readonly folder: string },
    file: string,
  ): Member<O> {
    const { place, rank, folder } = where;
    const program = path.join(import.meta.dirname, file);
    const [command, ...parameters] = arena.within(place, ...ranked(rank, process.execPath, program));
    return new Member<O>(
      place,
      spawn(command, parameters, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: { ...process.env, TMPDIR: folder },
      }),
    );
  }

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#process = child;
    child.on('message', (message) => {
      const { report, failure } = message as Answer;
      if (failure === undefined) this.#waiting?.resolve(report);
      else this.#waiting?.reject(new Error(`${name}: ${failure}`));
    });
    child.on('exit', (code) => this.#waiting?.reject(new Error(`${name} ended with ${code}`)));
  }

  /** One at a time. */
  async order<Name extends keyof O & string>(
    name: Name,
    details: DetailsOf<O[Name]>,
  ): Promise<ReportOf<O[Name]>> {
    if (this.#process.exitCode !== null) throw new Error(`${this.#name} has ended`);
    this.#waiting = Promise.withResolvers();
    this.#process.send({ name, details });
    try {
      return (await this.#waiting.promise) as ReportOf<O[Name]>;
    } finally {
      this.#waiting = undefined;
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    const patience = setTimeout(() => this.#process.kill('SIGKILL'), ENDS_WITHIN_MS);
    if (this.#process.connected) this.#process.disconnect();
    await ended;
    clearTimeout(patience);
  }
}

/** Called by a member's program: does what it is told until the bench lets go of it, then `close`. */
export function serve(orders: Orders, close: () => Promise<void>): void {
  process.on('message', (message) => {
    const { name, details } = message as { readonly name: string; readonly details: unknown };
    const act = orders[name] as ((details: unknown) => Promise<unknown>) | undefined;
    void answerOf(async () => {
      if (act === undefined) throw new Error(`nobody knows the order ${name}`);
      return act(details);
    }).then((answer) => process.send?.(answer));
  });
  process.on('disconnect', () => void close().finally(() => process.exit()));
}

async function answerOf(act: () => Promise<unknown>): Promise<Answer> {
  try {
    return { report: await act() };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
