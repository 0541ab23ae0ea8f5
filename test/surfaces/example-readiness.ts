// How ready two numbers are, and how a plan is rehearsed, for the tests of the API and of the CLI.

import type { RehearsalLine } from '../../src/admin/plan-rehearsal.ts';
import type { ReadinessPage } from '../../src/admin/readiness.ts';
import type { Instant } from '../../src/base/time.ts';
import type { Finding } from '../../src/readiness/readiness.ts';

/** One number that is ready but for its PIN, and one that is not ready at all. */
export function readinessAt(at: Instant): ReadinessPage {
  return {
    at,
    numbers: [
      {
        number: '+442079460000',
        account: 'acme',
        score: 90,
        findings: [
          ...finding('survives-site', 'passed', 'when the phones are gone, callers reach +447700900123'),
          ...finding('mobile-confirmed', 'passed', 'somebody confirmed it today'),
          ...finding('no-loop', 'passed', 'its calls do not come back to it'),
          ...finding('two-carriers', 'passed', 'calls can leave through carrier-a and carrier-b'),
          ...finding('control-pin', 'failed', 'there is no PIN', 'ringthrough control pin acme'),
          ...finding('contacts', 'passed', '1 contact is told of changes'),
          ...finding('rehearsed', 'passed', 'it was rehearsed today'),
        ],
      },
      {
        number: '+442079460001',
        account: 'acme',
        score: 40,
        findings: [
          ...finding('survives-site', 'failed', 'callers find phones only', 'end its plan in a mobile'),
          ...finding('mobile-confirmed', 'not-applicable', 'its calls are sent to no outside telephone'),
          ...finding('no-loop', 'passed', 'its calls do not come back to it'),
          ...finding('two-carriers', 'passed', 'calls can leave through carrier-a and carrier-b'),
          ...finding('control-pin', 'failed', 'there is no PIN', 'ringthrough control pin acme'),
          ...finding('contacts', 'passed', '1 contact is told of changes'),
          ...finding('rehearsed', 'failed', 'never rehearsed', 'ringthrough rehearse +442079460001'),
        ],
      },
    ],
  };
}

function finding(check: Finding['check'], result: Finding['result'], text: string, todo?: string) {
  return [{ check, result, text, ...(todo === undefined ? {} : { todo }) }];
}

/** Reception is there, the mobile is not rung. */
export function rehearsalAt(at: Instant): readonly RehearsalLine[] {
  const phone = { step: 1, who: 'reception', result: 'works', text: 'reception answers in 3.4 ms' } as const;
  const mobile = { step: 2, who: '+447700900123', result: 'not-rung', text: 'it was not rung' } as const;
  const steps = [
    { ...phone, tookMs: 3.4 },
    { ...mobile, tookMs: 12 },
  ];
  return [
    { type: 'note', time: at, step: 1, text: 'rings reception for 20 s' },
    { type: 'step', time: at + 4, ...phone, tookMs: 3.4 },
    { type: 'step', time: at + 16, ...mobile, tookMs: 12 },
    {
      type: 'end',
      time: at + 20,
      rehearsal: {
        ...{ number: '+442079460000', account: 'acme', at, by: 'cli', dialled: false, passed: true },
        summary: 'A caller is put through at once to reception, else after 20 s to +447700900123.',
        ...{ answeredBy: 'reception', answeredAfterMs: 0, steps, heard: [] },
      },
    },
  ];
}
