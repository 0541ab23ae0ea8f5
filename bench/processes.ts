// What programs cost, read from /proc: CPU seconds of a process with its threads and children, and its memory.
// Memory is counted as the proportional set size, in which a page that four processes share counts a quarter
// for each, so that a program of one process and a program of eight can be compared.

import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel towards programs, on every machine that Linux runs on today. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 1_000;

export interface CpuSeconds {
  readonly user: number;
  readonly system: number;
}

export interface Cost {
  readonly cpu: CpuSeconds;
  readonly memoryPeakBytes: number;
}

/** Counts from when it is made. `stop` must be called. */
export class Meter {
  readonly #pid: number;
  readonly #start: CpuSeconds;
  readonly #timer: NodeJS.Timeout;
  #memoryPeakBytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#start = cpuOf(pid);
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop(): Cost {
    clearInterval(this.#timer);
    this.#sample();
    const end = cpuOf(this.#pid);
    const cpu = { user: end.user - this.#start.user, system: end.system - this.#start.system };
    return { cpu, memoryPeakBytes: this.#memoryPeakBytes };
  }

  #sample(): void {
    const bytes = familyOf(this.#pid).reduce((sum, pid) => sum + memoryOf(pid), 0);
    this.#memoryPeakBytes = Math.max(this.#memoryPeakBytes, bytes);
  }
}

function cpuOf(pid: number): CpuSeconds {
  const members = familyOf(pid).map(statOf);
  const sum = (field: 'user' | 'system') => members.reduce((total, stat) => total + stat[field], 0);
  return { user: sum('user') / TICKS_PER_SECOND, system: sum('system') / TICKS_PER_SECOND };
}

/** A process and what it forked. */
function familyOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), parent: statOf(Number(name)).parent }];
      } catch {
        return [];
      }
    });
  const members = [pid];
  for (const member of members) {
    members.push(...parents.filter(({ parent }) => parent === member).map((each) => each.pid));
  }
  return members;
}

/** proc_pid_stat(5); the second field is a name in parentheses, which may hold anything. */
function statOf(pid: number) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), user: Number(fields[11]), system: Number(fields[12]) };
}

/** Nothing, of a process that is gone by now. */
function memoryOf(pid: number): number {
  let text = '';
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  } catch {
    return 0;
  }
  return Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1_024;
}
