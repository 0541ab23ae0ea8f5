// The bounds of watching and of the status page. Everybody reads them as LIMITS (limits.ts). Each says what happens at
// the limit.

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.ts';

export const WATCH_LIMITS = {
  /** Probes, components of the status page, and watchers beside this node. More: the configuration is refused. */
  probesMax: 200,
  componentsMax: 100,
  componentProbesMax: 50,
  watchersMax: 16,
  /** From one probe to the next. Outside: the configuration is refused. */
  probeIntervalMinMs: 5 * SECOND_MS,
  probeIntervalMaxMs: MINUTE_MS,
  /** Time for one probe. Outside, or longer than its interval: the configuration is refused. Longer: it failed. */
  probeTimeoutMinMs: 100,
  probeTimeoutMaxMs: 20 * SECOND_MS,
  /** Characters of why a probe failed. More: cut off; from another watcher: the result is refused. */
  probeReasonMax: 200,
  /** Measures that one result carries. More: the result is refused. */
  probeMeasuresMax: 16,
  /** Time for a probe of a call, which takes three seconds when all is well. Shorter: the configuration is refused. */
  callProbeTimeoutMinMs: 5 * SECOND_MS,
  /**
   * Probes of calls, each of which takes four sockets, or seven where strangers call its answering end. More: the
   * configuration is refused.
   */
  callProbesMax: 20,
  /** Time to hang up and to unregister after a probe. Longer: its sockets are closed all the same. */
  probeLeaveMs: 4 * SECOND_MS,
  /** A registrar that registers for no less than this. More: the probe failed. */
  probeExpiresMaxMs: HOUR_MS,
  /** Answers to challenges, and to 423, in one attempt. More: the last response stands. */
  probeFollowUpsMax: 3,
  /** Servers that a probe tries in turn, as a phone would. More: those that come last are not tried. */
  probeServersMax: 4,
  /** Calls that one call of a probe may turn out to be, since anybody may call where it is awaited. More: 486. */
  probeArrivalsMax: 4,
  /** Ranges of addresses from which an answering end is called. More: the configuration is refused. */
  probeSourcesMax: 32,
  /** SIP transactions of an end that listens. More: 503, to the call that is awaited too. */
  probeListenTransactionsMax: 4_096,
  /** SIP transactions of one end of a probe: those of a call or two. More: a stranger who found the socket gets 503. */
  probeTransactionsMax: 32,
  /** Bytes of a page that are read. More: that much is enough to say that it comes. */
  probeBodyBytesMax: 1_048_576,
  /** Certificates of a chain that are looked at for their end. More: those nearest to the server are. */
  probeChainMax: 10,
  /** Servers of a zone that are asked. More: the configuration is refused; found: the others are not asked. */
  probeDnsServersMax: 12,
  /** After so long without an answer a server is asked once more. */
  probeDnsAgainMs: 400,
  /** Records, values and characters that a probe is told to expect. More: the configuration is refused. */
  probeExpectMax: 32,
  probeExpectLengthMax: 512,
  /** How far ahead of ours a watcher's clock may be, and how old its results. Beyond: the result is refused. */
  watcherAheadMaxMs: 5 * SECOND_MS,
  resultAgeMaxMs: 30 * SECOND_MS,
  /** How far a watcher's clock may be from ours before it is told. */
  watcherClockMs: 3 * SECOND_MS,
  /** Time series of what probes find. More: those of what is measured last are not kept, which is told once. */
  probeSeriesMax: 400,
  /** Between two looks at what is shown. Longer: the process stood still, and none of it counts as watched. */
  watchedGapMaxMs: 2 * MINUTE_MS,
  /** Days of a component that are kept; a page shows 90. Older: forgotten. */
  uptimeDaysKept: 100,
  /** From when a node last watched until it watches again. Longer: it begins as one that knows nothing. */
  resumedWithinMs: 5 * MINUTE_MS,
  /** Results, and bytes, of one request with results of another watcher. More: 400, 413. */
  resultsAtOnceMax: 200,
  resultsBytesMax: 262_144,
  /** Nodes that results are brought to. More: the configuration is refused. Time for one request. Longer: it failed. */
  reportNodesMax: 8,
  reportMs: 5 * SECOND_MS,
  /** Samples of time series in one request from another node. More: 400, and refused. */
  seriesReportedMax: 1_500,
  /** Results that wait for one of them. More: the oldest is not brought. */
  resultsWaitingMax: 200,
  /** Incidents, or maintenance, read from the store at once. A higher limit is lowered to it. */
  incidentsPageMax: 200,
  /** Incidents, and maintenance, that are kept. More: the oldest that is over goes. */
  incidentsKeptMax: 1_000,
  /** Incidents open at once. More: another one of an operator is refused; the one of the probes always opens. */
  incidentsOpenMax: 20,
  /** Updates of one incident. More: refused, except that it is resolved. Of these, by itself: the last gives way. */
  incidentUpdatesMax: 200,
  incidentOwnUpdatesMax: 40,
  /** Rows of what an incident affects, and components that one request names. More: refused. */
  incidentAffectedMax: 200,
  /** Characters of a title, of a text, and of a post-mortem. More: refused; of a template filled in: cut off. */
  incidentTitleMax: 120,
  incidentTextMax: 4_000,
  postMortemMax: 20_000,
  /** Characters of what fails, of advice, and of a template. Templates. More: the configuration is refused. */
  incidentFailsMax: 160,
  incidentAdviceMax: 400,
  incidentTemplatesMax: 50,
  /** How long all must have worked before an incident is over. Outside: the configuration is refused. */
  resolveAfterMinMs: 10 * SECOND_MS,
  resolveAfterMaxMs: HOUR_MS,
  /** Maintenance that is scheduled or under way. More: another one is refused. */
  maintenanceOpenMax: 50,
  /** How long it may be, and how far ahead. More: refused. */
  maintenanceLengthMaxMs: 14 * DAY_MS,
  maintenanceAheadMaxMs: 366 * DAY_MS,
  /** Updates of one. More: the oldest goes. Reminders of one. More: the configuration is refused. */
  maintenanceUpdatesMax: 100,
  remindersMax: 8,
  /** How long before it a reminder may be. More: the configuration is refused. */
  reminderMaxMs: 30 * DAY_MS,
  /** E-mails of one reminder. More: those of the accounts that come last by name are not sent, which the log tells. */
  reminderNoticesMax: 20_000,
  /** Changes of states that wait for the store. More: the oldest is left out; what is true now is never. */
  stateChangesWaitingMax: 1_000,
} as const;
