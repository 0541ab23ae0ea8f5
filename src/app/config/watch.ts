// The `watch` and `status` sections: what this node probes, whose results count beside its own, and which components
// the results feed. Without `status` each probe is a component of its own.

import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import { durationMs } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { ProbeTarget } from '../../ports/probes.ts';
import type { Component } from '../../watch/judgement.ts';
import { parseHost } from './addresses.ts';
import type { WatchSettings } from './config.ts';
import { asList, type ConfigFile, itemPath, type StatusSection, type WatchSection } from './schema.ts';

type ProbeSection = WatchSection['probes'][number];

const INTERVAL_MS = 5 * SECOND_MS;
/** Of the interval, up to so many seconds. */
const TIMEOUT_SHARE = 0.6;
const TIMEOUT_MS = 5 * SECOND_MS;
const SIP_PORTS = { udp: 5060, tcp: 5060, tls: 5061 } as const;
/** 32 bytes as base64url. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export function resolveWatch(
  { watch, status }: Pick<ConfigFile, 'watch' | 'status'>,
  nodeName: string,
  findings: Findings,
): WatchSettings | undefined {
  if (watch === undefined) {
    if (status !== undefined) findings.add(['watch'], 'is missing: components are fed by its probes');
    return undefined;
  }
  const watcher = watch.name ?? nodeName;
  const probes = watch.probes.map((probe, index) =>
    resolveProbe(probe, ['watch', 'probes', index], findings),
  );
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
  const components = status === undefined ? ofTheirOwn(names) : resolveComponents(status, names, findings);
  return { name: watcher, probes, watchers, report: resolveReport(watch.report, findings), components };
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

function resolveProbe(probe: ProbeSection, path: Path, findings: Findings): WatchSettings['probes'][number] {
  const intervalMs = probe.interval === undefined ? INTERVAL_MS : durationMs(probe.interval);
  if (intervalMs < LIMITS.probeIntervalMinMs || intervalMs > LIMITS.probeIntervalMaxMs)
    findings.add([...path, 'interval'], 'must lie between 5s and 60s');
  const usualMs = Math.min(TIMEOUT_MS, TIMEOUT_SHARE * intervalMs);
  const timeoutMs = probe.timeout === undefined ? usualMs : durationMs(probe.timeout);
  const timeoutMaxMs = Math.min(intervalMs, LIMITS.probeTimeoutMaxMs);
  if (timeoutMs < LIMITS.probeTimeoutMinMs || timeoutMs > timeoutMaxMs)
    findings.add(
      [...path, 'timeout'],
      `must lie between 100ms and ${timeoutMaxMs / SECOND_MS}s, and not be longer than the interval`,
    );
  const target = findings.take(path, targetOf(probe), { type: 'tcp', host: '', port: 0 });
  return { name: probe.name, target, intervalMs, timeoutMs };
}

function targetOf({ sipOptions, http, tcp }: ProbeSection): Result<ProbeTarget, string> {
  const wanted = 'needs exactly one of sipOptions, http and tcp';
  if ([sipOptions, http, tcp].filter((one) => one !== undefined).length !== 1) return err(wanted);
  if (sipOptions !== undefined) return sipTarget(sipOptions);
  if (http !== undefined) return httpTarget(http);
  const host = parseHost(tcp ?? '');
  if (!host.ok || host.value.port === undefined)
    return err('expected host:port in tcp, such as www.example.net:443');
  return ok({ type: 'tcp', host: host.value.host, port: host.value.port });
}

/** `udp:sip.example.net:5060` */
function sipTarget(text: string): Result<ProbeTarget, string> {
  const wanted = 'expected transport:host:port in sipOptions, such as udp:sip.example.net:5060';
  const [, transport, rest] = /^(udp|tcp|tls):(.*)$/.exec(text) ?? [];
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') return err(wanted);
  const host = parseHost(rest ?? '');
  if (!host.ok) return err(wanted);
  const { port = SIP_PORTS[transport] } = host.value;
  return ok({ type: 'sip-options', transport, host: host.value.host, port });
}

function httpTarget(text: string): Result<ProbeTarget, string> {
  const url = URL.parse(text);
  const isPage = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return isPage
    ? ok({ type: 'http', url: url.href })
    : err('expected the address of a page in http, such as https://www.example.net/');
}

function resolveComponents(
  { components }: StatusSection,
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
      if (!probes.includes(probe)) findings.add(path, `there is no probe "${probe}" in watch.probes`);
      else if (names.indexOf(probe) < at) findings.add(path, 'is there twice');
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
