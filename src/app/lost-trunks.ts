// Plans outlive the configuration: one may name a trunk that was renamed or taken away since. Every call passes over
// such a step, so whoever has restarted the node hears of it at once, and not from a caller.

import type { Log } from '../ports/log.ts';
import type { Account, TrunkSettings } from '../ports/records.ts';

export function warnOfLostTrunks(
  accounts: readonly Pick<Account, 'name' | 'numbers' | 'menus'>[],
  trunks: readonly Pick<TrunkSettings, 'name' | 'outbound'>[],
  log: Pick<Log, 'warn'>,
): void {
  const there = new Set(trunks.filter(({ outbound }) => outbound).map(({ name }) => name));
  const lost = new Map<string, Set<string>>();
  for (const { name: account, numbers, menus = [] } of accounts) {
    const choices = menus.flatMap((menu) => [
      ...menu.choices.flatMap(({ steps }) => steps),
      ...menu.otherwise,
    ]);
    for (const step of [...numbers.flatMap(({ plan }) => plan.steps), ...choices]) {
      if (step.type !== 'dial' || step.trunk === undefined || there.has(step.trunk)) continue;
      lost.set(step.trunk, (lost.get(step.trunk) ?? new Set()).add(account));
    }
  }
  for (const [trunk, owners] of lost) {
    const [first] = owners;
    log.warn(
      'plans dial over a trunk that is no outbound one of the configuration: calls pass over that step',
      {
        trunk,
        accounts: owners.size,
        such: first,
      },
    );
  }
}
