// Collects what is wrong with a document while its meaning is worked out, so that a person hears of every
// mistake at once. The working-out goes on with a stand-in value; nobody uses its outcome if anything was found.

import type { Result } from '../../base/result.ts';
import { type Finding, formatPath, type Path } from './document.ts';

export class Findings {
  readonly all: Finding[] = [];

  /** The same mistake found twice, by two ways that lead to it, is one mistake. */
  add(path: Path, reason: string): void {
    const known = this.all.some((one) => one.reason === reason && formatPath(one.path) === formatPath(path));
    if (!known) this.all.push({ path, reason });
  }

  /** The value, or the stand-in once the reason is noted. */
  take<T>(path: Path, result: Result<T, string>, standIn: T): T {
    if (result.ok) return result.value;
    this.add(path, result.error);
    return standIn;
  }
}
