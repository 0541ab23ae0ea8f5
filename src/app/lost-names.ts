// What is provisioned outlives the configuration, and either may name what the other has not: a plan a trunk that was
// renamed since, `node.probeAccounts` an account that is written otherwise. Calls go on without a word, so whoever has
// restarted the node hears of it at once.

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

export function warnOfLostProbeAccounts(
  accounts: readonly Pick<Account, 'name'>[],
  probeAccounts: readonly string[],
  log: Pick<Log, 'warn'>,
): void {
  const there = new Set(accounts.map(({ name }) => name));
  for (const account of probeAccounts) {
    if (there.has(account)) continue;
    log.warn(
      'node.probeAccounts names an account that is not there: calls of probes count as those of customers',
      {
        account,
      },
    );
  }
}
