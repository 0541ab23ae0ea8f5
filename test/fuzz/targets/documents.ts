// The configuration and the provisioning file: whatever stands in them is taken, or refused with every mistake told
// and where it is; nothing else is ever thrown.

import { parseConfig } from '../../../src/app/config/load.ts';
import { RingthroughError } from '../../../src/base/errors.ts';
import { Stage } from '../../admin-stage.ts';
import { CONFIGURATION, drawDocument, PROVISIONING } from '../document-grammar.ts';
import { expect, type Input, type Target } from '../target.ts';

/** YAML is read slowly, and JSON that is refused mistake by mistake; in time that goes with its size all the same. */
export const documentStallMs = (input: Input): number =>
  50 + 0.05 * input.reduce((sum, { length }) => sum + length, 0);

export const configTarget: Target = {
  name: 'config',
  weight: 1,
  stallMs: documentStallMs,
  draw: (random) => [drawDocument(CONFIGURATION, random)],
  attempt: ([bytes = new Uint8Array(0)], lap) => {
    const text = Buffer.from(bytes).toString('utf8');
    try {
      lap(() => parseConfig(text, { file: 'f', folder: '/', readSecret: () => 'secret' }));
    } catch (error) {
      checkRefusal(error, 'CONFIG_INVALID');
    }
    return 1;
  },
};

export const provisioningTarget: Target = {
  name: 'provisioning',
  weight: 1,
  stallMs: documentStallMs,
  draw: (random) => [drawDocument(PROVISIONING, random)],
  attempt: async ([bytes = new Uint8Array(0)], lap) => {
    const text = Buffer.from(bytes).toString('utf8');
    const stage = new Stage();
    try {
      await lap(() => stage.admin.provision(text, { dryRun: false }));
      await stage.admin.accounts();
      const again = await stage.admin.provision(text, { dryRun: true });
      expect(again.changes.length === 0, 'what was provisioned would change something again');
    } catch (error) {
      checkRefusal(error, 'PROVISION_INVALID');
    }
    return 1;
  },
};

function checkRefusal(error: unknown, code: string): void {
  if (!(error instanceof RingthroughError)) throw error;
  expect(error.code === code || error.code === 'LIMIT_REACHED', () => `refused as ${error.code}`);
  expect(error.message.length > 0, 'a refusal says nothing');
  for (const { reason, line } of error.mistakes) {
    expect(reason.length > 0 && (line === undefined || line >= 1), 'a mistake has a reason and a line');
  }
}
