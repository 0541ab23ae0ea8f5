// How a node goes down: first it takes no new calls while those that are go on (drain), then it ends what is
// left with BYE (stop), then everything that was opened is closed, newest first.

import { messageOf } from '../base/errors.ts';
import { SECOND_MS } from '../base/time.ts';
import type { SipNode } from '../node/node.ts';
import type { Log } from '../ports/log.ts';
import type { EventLoop } from './event-loop.ts';

export interface RunningNode {
  /** The exit code, once everything is closed. */
  readonly stopped: Promise<number>;
  /** No new calls; ends when the last one has. */
  drain(): void;
  /** Ends all calls with BYE, and the node. */
  stop(): Promise<void>;
  /** Reads anew what may change while the node runs: certificates. */
  reload(): void;
}

/** How long peers have to answer our BYEs. */
const FAREWELL_MS = 2 * SECOND_MS;
const LOOK_MS = 50;

export class Shutdown implements RunningNode {
  readonly stopped: Promise<number>;
  readonly #log: Log;
  readonly #owned: { readonly what: string; readonly close: () => void | Promise<void> }[] = [];
  readonly #reloads: (() => Promise<void>)[] = [];
  #core: { readonly node: SipNode; readonly loop: EventLoop } | undefined;
  #draining: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #resolve: (code: number) => void = () => undefined;

  constructor(log: Log) {
    this.#log = log;
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  owns(what: string, close: () => void | Promise<void>): void {
    this.#owned.push({ what, close });
  }

  drains(node: SipNode, loop: EventLoop): void {
    this.#core = { node, loop };
  }

  reloads(reload: () => Promise<void>): void {
    this.#reloads.push(reload);
  }

  reload(): void {
    for (const reload of this.#reloads) void reload();
  }

  drain(): void {
    const core = this.#core;
    if (this.#draining !== undefined) return;
    // Nothing is waited for where there are no calls to end.
    if (core === undefined) return void this.stop();
    core.node.drain();
    this.#log.info('draining: no new calls; a second signal ends the present ones', {
      calls: core.node.calls().length,
    });
    this.#draining = setInterval(() => {
      if (core.node.calls().length === 0) void this.stop();
    }, LOOK_MS);
  }

  stop(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  /** Closes what is owned, without a farewell. */
  async close(): Promise<void> {
    for (const { what, close } of this.#owned.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.warn(`closing the ${what} failed`, {
          reason: messageOf(error),
        });
      }
    }
  }

  async #stop(): Promise<void> {
    clearInterval(this.#draining);
    const core = this.#core;
    if (core !== undefined) {
      core.loop.turn((node, now) => node.stop(now));
      await this.#farewell(core.node);
    }
    await this.close();
    this.#resolve(0);
  }

  /** Until the BYEs and unregistrations are answered, or for as long as that may take. */
  async #farewell(node: SipNode): Promise<void> {
    const until = performance.now() + FAREWELL_MS;
    while (node.farewells > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
