import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cli } from '../../../test/surfaces/cli.ts';

test('shield plan prints the ruleset of the configuration that is given, or of the environment’s', async () => {
  const asked: (string | undefined)[] = [];
  const shieldPlan = async ({ configPath }: { configPath?: string }) => {
    asked.push(configPath);
    return 'table inet ringthrough_a {\n}\n';
  };
  const environment = { configFile: 'usual.yaml' };
  const { code, out } = await cli({ shieldPlan, environment }).run('shield', 'plan', '--config', 'a.yaml');
  assert.deepEqual({ code, out }, { code: 0, out: 'table inet ringthrough_a {\n}\n' });
  await cli({ shieldPlan, environment }).run('shield', 'plan');
  assert.deepEqual(asked, ['a.yaml', 'usual.yaml']);
});
