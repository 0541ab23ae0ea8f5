// Probes as they are written, each made into what is asked, how often, and for how long an answer is waited for. The
// table has a row for each kind of probe; what is wrong within one is told at its path.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import { durationMs } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Result } from '../../base/result.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { ProbeTarget } from '../../ports/probes.ts';
import type { WatchSettings } from './config.ts';
import { callTarget, registerTarget } from './customer-probes.ts';
import { certificateTarget, dnsTarget, httpTarget, sipTarget, tcpTarget } from './plain-probes.ts';
import type { ProbeContext } from './probe-context.ts';
import type { ProbeKind, ProbeSection } from './probe-schema.ts';
import { codeOf } from './secrets.ts';
import type { TrunkContext } from './trunks.ts';

type Parse<Kind extends ProbeKind> = (
  written: NonNullable<ProbeSection[Kind]>,
  context: ProbeContext,
) => Result<ProbeTarget, string>;

const KINDS: { readonly [Kind in ProbeKind]: Parse<Kind> } = {
  sipOptions: sipTarget,
  http: httpTarget,
  tcp: tcpTarget,
  dns: dnsTarget,
  certificate: certificateTarget,
  register: registerTarget,
  call: callTarget,
};
const NAMES = Object.keys(KINDS) as readonly ProbeKind[];

const INTERVAL_MS = 5 * SECOND_MS;
/** Of the interval, up to so many seconds. */
const TIMEOUT_SHARE = 0.6;
const TIMEOUT_MS = 5 * SECOND_MS;
/** A call costs money and takes its time. */
const CALL_INTERVAL_MS = 30 * SECOND_MS;
const CALL_TIMEOUT_MS = 15 * SECOND_MS;
const STAND_IN: ProbeTarget = { type: 'tcp', host: '', port: 0 };

export function resolveProbe(
  probe: ProbeSection,
  path: Path,
  context: Omit<TrunkContext, 'country'>,
  findings: Findings,
  isRun = true,
): WatchSettings['probes'][number] {
  const [everyMs, patienceMs, timeoutMinMs] =
    probe.call === undefined
      ? [INTERVAL_MS, TIMEOUT_MS, LIMITS.probeTimeoutMinMs]
      : [CALL_INTERVAL_MS, CALL_TIMEOUT_MS, LIMITS.callProbeTimeoutMinMs];
  const intervalMs = probe.interval === undefined ? everyMs : durationMs(probe.interval);
  if (intervalMs < LIMITS.probeIntervalMinMs || intervalMs > LIMITS.probeIntervalMaxMs)
    findings.add([...path, 'interval'], 'must lie between 5s and 60s');
  const usualMs = Math.min(patienceMs, TIMEOUT_SHARE * intervalMs);
  const timeoutMs = probe.timeout === undefined ? usualMs : durationMs(probe.timeout);
  const timeoutMaxMs = Math.min(intervalMs, LIMITS.probeTimeoutMaxMs);
  const timeoutMin = timeoutMinMs < SECOND_MS ? `${timeoutMinMs}ms` : `${timeoutMinMs / SECOND_MS}s`;
  if (timeoutMs < timeoutMinMs || timeoutMs > timeoutMaxMs)
    findings.add(
      [...path, 'timeout'],
      `must lie between ${timeoutMin} and ${timeoutMaxMs / SECOND_MS}s, and not be longer than the interval`,
    );
  const slowAfterMs = probe.slowAfter === undefined ? undefined : durationMs(probe.slowAfter);
  if (slowAfterMs !== undefined && slowAfterMs >= timeoutMs)
    findings.add([...path, 'slowAfter'], 'must be shorter than the timeout');
  const timing = {
    name: probe.name,
    intervalMs,
    timeoutMs,
    ...(slowAfterMs === undefined ? {} : { slowAfterMs }),
  };
  const kinds = NAMES.filter((kind) => probe[kind] !== undefined);
  const [kind] = kinds;
  // Whoever does not run it need not know what is asked, or with which password.
  if (kind === undefined && !isRun) return { ...timing, target: STAND_IN };
  if (kind === undefined || kinds.length > 1) {
    findings.add(path, `needs exactly one of ${NAMES.slice(0, -1).join(', ')} and ${NAMES.at(-1)}`);
    return { ...timing, target: STAND_IN };
  }
  const at = [...path, kind];
  const target = findings.take(at, targetOf(kind, probe, { ...context, path: at, findings }), STAND_IN);
  return { ...timing, target };
}

function targetOf<Kind extends ProbeKind>(kind: Kind, probe: ProbeSection, context: ProbeContext) {
  return KINDS[kind](probe[kind] as NonNullable<ProbeSection[Kind]>, context);
}

/** PEM of an authority that probes trust. */
export function readAuthority(
  file: string,
  path: Path,
  { folder }: Pick<TrunkContext, 'folder'>,
  findings: Findings,
): string {
  const found = resolve(folder, file);
  try {
    return readFileSync(found, 'utf8');
  } catch (cause) {
    findings.add(path, `${found} cannot be read (${codeOf(cause)})`);
    return '';
  }
}
