// Whose table is it? Each says so in a comment: the layout of its sets, and the process that it is of. The process of
// a node that crashed is gone, or its number is another process's that began at another time; its table is adopted. A
// process in another namespace cannot be looked for: its table is its own for as long as it says that it lives.
//
//   set alive { … comment "a7b6f0e6d7ef 4711 83920 4026531836"; elements = { ip timeout 30s expires 24s } }
//                          layout       pid  began  namespace

import { readFileSync, readlinkSync } from 'node:fs';
import { runNft } from './nft.ts';
import type { TableName } from './ruleset.ts';

export interface Owned {
  readonly layout: string;
  readonly pid: number;
  /** Another process that lives, or may live where we cannot see it. */
  readonly isAnothers: boolean;
}

export interface Processes {
  /** What tells a process from all others that had its number; undefined: there is none. */
  began(pid: number): string | undefined;
  readonly namespace: string;
  readonly self: number;
}

/** How the owner's line ends for this process. */
export function ownerLine({ self, began, namespace }: Processes): string {
  return `${self} ${began(self)} ${namespace}`;
}

/** Undefined: there is no such table, or none of ours. */
export async function ownerOf({ family, name }: TableName, processes: Processes): Promise<Owned | undefined> {
  const listed = await runNft(['list', 'set', family, name, 'alive']);
  return listed.ok ? readOwner(listed.value, processes) : undefined;
}

/** As `nft list set` prints the set. */
export function readOwner(listed: string, processes: Processes): Owned | undefined {
  const [, layout = '', pidText = '', began, namespace] =
    /comment "([0-9a-f]+) (\d+) (\S+) (\S+)"/.exec(listed) ?? [];
  if (namespace === undefined) return undefined;
  const pid = Number(pidText);
  const says = /\bexpires\b/.test(listed);
  const isSelf = pid === processes.self && began === processes.began(pid);
  const lives = namespace === processes.namespace ? processes.began(pid) === began : says;
  return { layout, pid, isAnothers: lives && !isSelf };
}

/** Those of this machine, as /proc tells. */
export function systemProcesses(): Processes {
  return { began, namespace: namespaceNumber(), self: process.pid };
}

function began(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name that may hold anything, in parentheses; the start is the 22nd (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function namespaceNumber(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
