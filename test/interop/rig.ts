// What every interop test stands on: a folder of its own, ports of its own, and an end at which everything that
// it started is stopped, last one first. Ports come from below the range that the kernel hands out by itself, so
// that tests which run side by side, and their outgoing sockets, stay clear of each other.

import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

export const HOST = '127.0.0.1';

export interface Rig {
  /** A folder that is removed at the end. */
  readonly folder: string;
  /** Called at the end, in reverse order. */
  onEnd(close: () => Promise<void> | void): void;
}

export function createRig(test: TestContext): Rig {
  const folder = mkdtempSync(path.join(tmpdir(), 'ringthrough-interop-'));
  const closers: (() => Promise<void> | void)[] = [];
  test.after(async () => {
    for (const close of closers.reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, onEnd: (close) => closers.push(close) };
}

/** The first of `count` neighbouring ports that are all free for UDP and TCP on loopback. */
export async function freePorts(count = 1): Promise<number> {
  for (;;) {
    const first = 10_000 + 2 * Math.floor(Math.random() * 10_000);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const server = createServer();
  const bound = [
    new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false)).bind(port, HOST, () => resolve(true));
    }),
    new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, HOST, () => resolve(true));
    }),
  ];
  const free = (await Promise.all(bound)).every(Boolean);
  socket.close();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  return free;
}

/** Waits until `probe` gives something, asking every few milliseconds; says what was waited for if it never does. */
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
