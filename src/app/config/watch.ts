// The `watch` and `status` sections: what this node probes (probes.ts), whose results count beside its own, and which
// components the results feed. Without `status` each probe is a component of its own.

import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import { mustBeKnown } from '../../admin/provisioning/plan.ts';
import { LIMITS } from '../../base/limits.ts';
import type { KnownWatcher } from '../../watch/intake.ts';
import type { Component } from '../../watch/judgement.ts';
import type { WatchSettings } from './config.ts';
import { checkCallProbes } from './customer-probes.ts';
import { readAuthority, resolveProbe } from './probes.ts';
import { asList, type ConfigFile, itemPath, type StatusSection, type WatchSection } from './schema.ts';
import type { TrunkContext } from './trunks.ts';

/** 32 bytes as base64url. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export function resolveWatch(
  { node, watch, status }: Pick<ConfigFile, 'node' | 'watch' | 'status'>,
  nodeName: string,
  context: Omit<TrunkContext, 'country'>,
  findings: Findings,
): WatchSettings | undefined {
  if (watch === undefined) {
    // Of a node that only watches it is told already (roles.ts).
    if (status !== undefined && node?.roles === undefined)
      findings.add(['watch'], 'is missing: components are fed by its probes');
    return undefined;
  }
  const watcher = watch.name ?? nodeName;
  const runs = watch.runs !== 'none';
  if (!runs && watch.watchers === undefined)
    findings.add(['watch', 'watchers'], 'is missing: a node that runs no probes judges by what others found');
  if (!runs && watch.report !== undefined)
    findings.add(['watch', 'report'], 'means nothing on a node that runs no probes');
  const probes = watch.probes.map((probe, index) =>
    resolveProbe(probe, ['watch', 'probes', index], context, findings, runs),
  );
  checkCallProbes(probes, findings);
  const names = watch.probes.map(({ name }) => name);
  unique(names, ['watch', 'probes'], findings);
  const watchers = (watch.watchers ?? []).map(({ name, key }, index) => {
    const path = ['watch', 'watchers', index];
    if (name === watcher) findings.add([...path, 'name'], 'is the name of this watcher itself');
    if (!PUBLIC_KEY.test(key))
      findings.add([...path, 'key'], 'expected the key that the other watcher tells when it starts');
    return { name, publicKey: key };
  });
  unique(
    watchers.map(({ name }) => name),
    ['watch', 'watchers'],
    findings,
  );
  const components =
    status?.components === undefined
      ? ofTheirOwn(names)
      : resolveComponents(status.components, names, findings);
  const report = resolveReport(watch.report, findings);
  const authorities = asList(watch.ca).map((file, index) => {
    return readAuthority(file, itemPath(['watch', 'ca'], watch.ca, index), context, findings);
  });
  const series = resolveSeries(watch, watchers, node?.roles !== undefined, findings);
  return { name: watcher, runs, ...series, probes, watchers, report, components, authorities };
}

/** A node that has telephones has series of its own; one that only watches may be brought those of another. */
function resolveSeries(
  { report, reportSeries = false, seriesOf }: WatchSection,
  watchers: readonly KnownWatcher[],
  onlyWatches: boolean,
  findings: Findings,
): Pick<WatchSettings, 'reportSeries' | 'seriesOf'> {
  const known = watchers.find(({ name }) => name === seriesOf);
  if (reportSeries && onlyWatches)
    findings.add(['watch', 'reportSeries'], 'means nothing on a node that only watches (node.roles)');
  else if (reportSeries && report === undefined)
    findings.add(['watch', 'report'], 'is missing: where the time series are to be brought');
  if (seriesOf !== undefined && !onlyWatches)
    findings.add(
      ['watch', 'seriesOf'],
      'means nothing on a node that has telephones: it has series of its own',
    );
  else if (seriesOf !== undefined && known === undefined)
    mustBeKnown(
      'watcher',
      seriesOf,
      watchers.map(({ name }) => name),
      ['watch', 'seriesOf'],
      findings,
    );
  return { reportSeries, ...(known === undefined ? {} : { seriesOf: known }) };
}

function resolveReport(written: WatchSection['report'], findings: Findings): readonly string[] {
  const nodes = asList(written);
  if (nodes.length > LIMITS.reportNodesMax)
    findings.add(['watch', 'report'], `must not have more than ${LIMITS.reportNodesMax} entries`);
  return nodes.map((text, index) => {
    const path = itemPath(['watch', 'report'], written, index);
    if (nodes.indexOf(text) < index) findings.add(path, 'is there twice');
    const url = URL.parse(text);
    const isNode =
      url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !/[?#@]/.test(text);
    if (!isNode)
      findings.add(path, 'expected where the API of a node is, such as https://status.example.net');
    return url?.origin ?? '';
  });
}

function resolveComponents(
  components: NonNullable<StatusSection['components']>,
  probes: readonly string[],
  findings: Findings,
): readonly Component[] {
  unique(
    components.map(({ name }) => name),
    ['status', 'components'],
    findings,
  );
  return components.map(({ name, group, probes: written }, index) => {
    const names = asList(written);
    for (const [at, probe] of names.entries()) {
      const path = itemPath(['status', 'components', index, 'probes'], written, at);
      mustBeKnown('probe', probe, probes, path, findings);
      if (names.indexOf(probe) < at) findings.add(path, 'is there twice');
    }
    return { name, group, probes: names };
  });
}

function ofTheirOwn(probes: readonly string[]): readonly Component[] {
  return probes.map((name) => ({ name, probes: [name] }));
}

function unique(names: readonly string[], path: Path, findings: Findings): void {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) findings.add([...path, index, 'name'], 'is there twice');
  }
}
