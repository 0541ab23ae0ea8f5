// How ready two numbers are, for the tests of the API and of the CLI.

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
