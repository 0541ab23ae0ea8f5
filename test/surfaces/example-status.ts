// What the example desk says of the service, and what it is asked.

import type { PublishingView, StatusDesk } from '../../src/admin/status.ts';
import type { UptimeDesk } from '../../src/admin/uptime.ts';
import { NOW } from './example-admin.ts';

export function exampleStatus(report: StatusDesk['report'] = () => undefined): StatusDesk {
  const failed = { watcher: 'paris', probe: 'main', at: NOW, sequence: 7, outcome: 'failed' } as const;
  return {
    knows: () => true,
    report,
    status: () => ({
      at: NOW,
      state: 'major-outage',
      shown: 'major-outage',
      watcher: { name: 'london', publicKey: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      components: [
        {
          name: 'Outbound calls',
          group: 'Telephone',
          state: 'major-outage',
          since: NOW - 60_000,
          shown: 'major-outage',
          shownSince: NOW - 60_000,
          probes: [
            {
              name: 'main',
              verdict: 'failed',
              watchers: [
                {
                  watcher: 'london',
                  opinion: 'failing',
                  last: { ...failed, watcher: 'london', reason: 'SIP 503 Busy' },
                },
                { watcher: 'paris', opinion: 'failing', last: { ...failed, reason: 'no answer within 3 s' } },
                { watcher: 'oslo', opinion: 'silent' },
              ],
            },
          ],
        },
        {
          name: 'Website',
          state: 'operational',
          since: NOW - 3_600_000,
          shown: 'maintenance',
          shownSince: NOW - 600_000,
          probes: [
            {
              name: 'web',
              verdict: 'passed',
              watchers: [
                {
                  watcher: 'london',
                  opinion: 'passing',
                  last: {
                    ...failed,
                    watcher: 'london',
                    probe: 'web',
                    outcome: 'passed',
                    latencyMs: 12.4,
                    measures: { daysLeft: 12 },
                  },
                },
              ],
            },
          ],
        },
      ],
      clocks: [{ watcher: 'oslo', behindMs: 41_300 }],
      refused: [{ watcher: 'oslo', why: 'too-old', count: 3 }],
    }),
  };
}

export const EXAMPLE_PAGE: PublishingView = {
  url: 'http://127.0.0.1:8091/',
  renderedAt: NOW - 12_000,
  renderMs: 12,
  renders: 7,
  failures: 1,
  targets: [
    { name: 'folder /srv/status', succeededAt: NOW - 12_000, pushes: 7, failures: 0 },
    { name: 's3 status', pushes: 0, failures: 3, failing: 'HTTP 403' },
  ],
};

const NONE = {
  operational: 0,
  degraded: 0,
  maintenance: 0,
  unknown: 0,
  'partial-outage': 0,
  'major-outage': 0,
};

export const exampleUptime: UptimeDesk = () => ({
  at: NOW,
  components: [
    {
      name: 'Outbound calls',
      group: 'Telephone',
      uptime: { day: 0.5, week: 0.999_989, quarter: 0.999_99 },
      days: [
        {
          day: '2026-11-24',
          ms: { ...NONE, operational: 43_000_000, unknown: 60_000, 'major-outage': 12_000 },
        },
      ],
    },
    { name: 'Website', uptime: { week: 1, quarter: 1 }, days: [] },
  ],
});
