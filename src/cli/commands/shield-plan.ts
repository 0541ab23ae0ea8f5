// `ringthrough shield plan`: the ruleset that a node would load into the kernel, for whoever wants to read it first or
// has to explain it to a colleague who owns the firewall.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

export function addShieldPlan(shield: Command, context: CliContext): void {
  shield
    .command('plan')
    .description('print the ruleset that a node would load into the kernel, and load nothing')
    .option('--config <file>', 'the configuration (RINGTHROUGH_CONFIG)')
    .addHelpText('after', '\nTo have nft check it: ringthrough shield plan | nft -c -f -')
    .action(async ({ config }: { config?: string }) => {
      const configPath = config ?? context.environment.configFile;
      context.out(await context.shieldPlan(configPath === undefined ? {} : { configPath }));
    });
}
