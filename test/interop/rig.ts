// What every interop test stands on: a folder of its own, ports of its own, and an end at which everything that
// it started is stopped, last one first. Ports come from below those that a node relays media over by default and that
// the kernel hands out by itself, and each test file has its own: so tests which run side by side stay clear of each
// other.

import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { Child, type ChildOptions } from './child.ts';

export const HOST = '127.0.0.1';
/** Also this machine: a carrier that a node must tell from its phones by address. */
export const CARRIER_HOST = '127.0.0.2';

export interface Rig {
  /** A folder that is removed at the end. */
  readonly folder: string;
  /** Starts a program that is stopped at the end. When the test has failed, its output is shown. */
  run(name: string, command: string, parameters: readonly string[], options?: ChildOptions): Child;
  /** Called at the end, in reverse order. */
  onEnd(close: () => Promise<void> | void): void;
}

export function createRig(test: TestContext): Rig {
  const folder = mkdtempSync(path.join(tmpdir(), 'ringthrough-interop-'));
  const closers: (() => Promise<void> | void)[] = [];
  const children: Child[] = [];
  test.after(async () => {
    for (const close of closers.reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
    if (test.passed) return;
    for (const child of children) test.diagnostic(`── ${child.name} ──\n${child.output}`);
  });
  return {
    folder,
    run(name, command, parameters, options) {
      const child = Child.start(name, command, parameters, options);
      children.push(child);
      closers.push(() => child.stop());
      return child;
    },
    onEnd: (close) => closers.push(close),
  };
}

/** The first of `count` neighbouring ports that are all free for UDP and TCP on loopback. It is even. */
export async function freePorts(count = 1, host = HOST): Promise<number> {
  block ??= ownBlock();
  const ports = await block;
  for (;;) {
    const first = ports.take(count);
    const all = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(all.map((port) => isFree(port, host)))).every(Boolean)) return first;
  }
}

/** Above 10,080, which is amanda's: `fetch` refuses it, as browsers do (WHATWG Fetch, section 2.9, "bad port"). */
const BLOCKS_FROM = 10_100;
const BLOCKS = 24;
const BLOCK_PORTS = 400;

/** Ports that only this process gives out, in turn. */
class Block {
  readonly #first: number;
  #next = 2;

  constructor(first: number) {
    this.#first = first;
  }

  take(count: number): number {
    if (this.#next + count > BLOCK_PORTS) this.#next = 2;
    const first = this.#first + this.#next;
    this.#next += count + (count % 2);
    return first;
  }
}

let block: Promise<Block> | undefined;

/**
 * The first block whose first port nobody holds. It is held until this process ends, however it ends: so no two test
 * files give out the same port, not even of two test runs.
 */
async function ownBlock(): Promise<Block> {
  for (let index = 0; index < BLOCKS; index += 1) {
    const first = BLOCKS_FROM + index * BLOCK_PORTS;
    const holder = createSocket('udp4').unref();
    const isOurs = await new Promise<boolean>((resolve) => {
      holder.once('error', () => resolve(false)).bind(first, HOST, () => resolve(true));
    });
    if (isOurs) return new Block(first);
    holder.close();
  }
  throw new Error(`all ${BLOCKS} blocks of ports are taken: too many tests run at once`);
}

async function isFree(port: number, host: string): Promise<boolean> {
  const socket = createSocket('udp4');
  const server = createServer();
  const bound = [
    new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false)).bind(port, host, () => resolve(true));
    }),
    new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, host, () => resolve(true));
    }),
  ];
  const free = (await Promise.all(bound)).every(Boolean);
  socket.close();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  return free;
}

/** Asks `probe` every few milliseconds until it gives something; says what was waited for if it never does. */
export async function until<T>(
  what: string,
  withinMs: number,
  probe: () => T | undefined | Promise<T | undefined>,
) {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
