import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PlanStep } from '../ports/records.ts';
import { warnOfLostProbeAccounts, warnOfLostTrunks } from './lost-names.ts';

const over = (trunk: string): PlanStep => ({ type: 'dial', number: '+447700900123', forMs: 30_000, trunk });

describe('a plan over a trunk that the configuration has lost', () => {
  test('is told once for each trunk when the node starts, menus included', () => {
    const told: unknown[] = [];
    const number = { number: '+442079460000', plan: { steps: [over('carrier-a'), over('renamed')] } };
    const menu = {
      name: 'day',
      greeting: 'closed',
      choices: [{ key: '1', steps: [over('inbound-only')] }],
      otherwise: [],
    };
    const accounts = [
      { name: 'acme', numbers: [number], menus: [menu] },
      { name: 'bond', numbers: [{ ...number, number: '+442079460001' }] },
    ];
    const trunks = [
      { name: 'carrier-a', outbound: true },
      { name: 'inbound-only', outbound: false },
    ];
    warnOfLostTrunks(accounts, trunks, { warn: (_, fields) => void told.push(fields) });
    assert.deepEqual(told, [
      { trunk: 'renamed', accounts: 2, such: 'acme' },
      { trunk: 'inbound-only', accounts: 1, such: 'acme' },
    ]);
  });
});

describe('an account of probes that is not there', () => {
  test('is told when the node starts', () => {
    const told: unknown[] = [];
    const log = { warn: (_: string, fields?: object) => void told.push(fields) };
    warnOfLostProbeAccounts([{ name: 'acme' }, { name: 'watch' }], ['watch', 'wacth'], log);
    assert.deepEqual(told, [{ account: 'wacth' }]);
  });
});
