// How incidents and maintenance are told in most of their tests: two components, the usual times, no advice, reminders
// three days and an hour before maintenance. A test that is about something else spreads these rules and says what is
// otherwise.

import { HOUR_MS, MINUTE_MS } from '../src/base/time.ts';
import type { Rules } from '../src/incidents/known.ts';

export const RULES: Rules = {
  components: [{ name: 'Calls' }, { name: 'Website' }],
  resolveAfterMs: 5 * MINUTE_MS,
  degradedAfterMs: 2 * MINUTE_MS,
  advice: '',
  templates: [],
  remindersMs: [72 * HOUR_MS, HOUR_MS],
  timeZone: 'UTC',
};
