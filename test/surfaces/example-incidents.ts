// Incidents and maintenance for tests of the surfaces: real decisions over a store in memory, in a service whose
// outbound calls have been out for a minute.

import { MemoryStore } from '../../src/adapters/store-memory/store.ts';
import { Audit } from '../../src/admin/audit.ts';
import { type IncidentDesk, Incidents, MaintenancePlans } from '../../src/admin/incidents.ts';
import { observed } from '../../src/incidents/incidents.ts';
import { knownFrom, type Rules, type Step } from '../../src/incidents/known.ts';
import type { StoreWrite } from '../../src/ports/store.ts';
import { NOW } from './example-admin.ts';

export const RULES: Rules = {
  components: [{ name: 'Outbound calls', fails: 'calls from your phones may fail' }, { name: 'Website' }],
  resolveAfterMs: 300_000,
  degradedAfterMs: 120_000,
  advice: 'Dial 020 7946 0111 to divert your numbers.',
  templates: [{ name: 'carrier', text: '{components}: a carrier has failed, since {since}. {advice}' }],
  remindersMs: [259_200_000, 3_600_000],
  timeZone: 'Europe/London',
};

export function exampleIncidents() {
  const store = new MemoryStore();
  const clock = { now: () => NOW };
  const failed = { component: 'Outbound calls', from: 'operational', to: 'major-outage' } as const;
  const nothing = knownFrom({ incidents: [], maintenance: [], ids: [] }, RULES, NOW - 3_600_000);
  const begun = observed(nothing, [{ ...failed, at: NOW - 60_000 }], RULES, NOW - 60_000);
  let { known } = begun;
  const written = store.write(writesOf(begun));
  const desk: IncidentDesk = {
    rules: RULES,
    change: async (decide) => {
      await written;
      const { step, also } = await decide(known, NOW);
      await store.write([...writesOf(step), ...also]);
      known = step.known;
    },
  };
  let seed = 0;
  const random = {
    bytes: (count: number) => Uint8Array.from({ length: count }, () => seed++ & 0xff),
    fraction: () => 0,
  };
  const options = { desk, store, audit: new Audit({ clock, random }) };
  return {
    store,
    incidents: new Incidents(options),
    maintenance: new MaintenancePlans({ ...options, hasAccounts: true }),
  };
}

function writesOf({ incidents, maintenance }: Step): readonly StoreWrite[] {
  return [
    ...incidents.map((incident) => ({ type: 'incident' as const, incident })),
    ...maintenance.map((one) => ({ type: 'maintenance' as const, maintenance: one })),
  ];
}
