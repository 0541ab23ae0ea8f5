// Probes as they are written, each made into what is asked, how often, and for how long an answer is waited for. The
// table has a row for each kind of probe; what is wrong within one is told at its path.

import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import { durationMs } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { ProbeTarget } from '../../ports/probes.ts';
import { parseHost } from './addresses.ts';
import type { WatchSettings } from './config.ts';
import type { ProbeKind, ProbeSection } from './probe-schema.ts';
import type { TrunkContext } from './trunks.ts';

/** What a kind may need to be understood. Secrets are read by `readSecret`. */
export interface ProbeContext extends Omit<TrunkContext, 'country'> {
  /** Of what is written of the kind: `watch.probes[0].tcp`. */
  readonly path: Path;
  /** For what is wrong deeper within it; the stand-in that is given then is used by nobody. */
  readonly findings: Findings;
}

type Parse<Kind extends ProbeKind> = (
  written: NonNullable<ProbeSection[Kind]>,
  context: ProbeContext,
) => Result<ProbeTarget, string>;

const KINDS: { readonly [Kind in ProbeKind]: Parse<Kind> } = {
  sipOptions: sipTarget,
  http: httpTarget,
  tcp: tcpTarget,
};
const NAMES = Object.keys(KINDS) as readonly ProbeKind[];

const INTERVAL_MS = 5 * SECOND_MS;
/** Of the interval, up to so many seconds. */
const TIMEOUT_SHARE = 0.6;
const TIMEOUT_MS = 5 * SECOND_MS;
const SIP_PORTS = { udp: 5060, tcp: 5060, tls: 5061 } as const;
const STAND_IN: ProbeTarget = { type: 'tcp', host: '', port: 0 };

export function resolveProbe(
  probe: ProbeSection,
  path: Path,
  context: Omit<TrunkContext, 'country'>,
  findings: Findings,
): WatchSettings['probes'][number] {
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
  const kinds = NAMES.filter((kind) => probe[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    findings.add(path, `needs exactly one of ${NAMES.slice(0, -1).join(', ')} and ${NAMES.at(-1)}`);
    return { name: probe.name, target: STAND_IN, intervalMs, timeoutMs };
  }
  const at = [...path, kind];
  const target = findings.take(at, targetOf(kind, probe, { ...context, path: at, findings }), STAND_IN);
  return { name: probe.name, target, intervalMs, timeoutMs };
}

function targetOf<Kind extends ProbeKind>(kind: Kind, probe: ProbeSection, context: ProbeContext) {
  return KINDS[kind](probe[kind] as NonNullable<ProbeSection[Kind]>, context);
}

/** `smtp.example.net:587` */
function tcpTarget(text: string): Result<ProbeTarget, string> {
  const host = parseHost(text);
  return host.ok && host.value.port !== undefined
    ? ok({ type: 'tcp', host: host.value.host, port: host.value.port })
    : err('expected host:port, such as www.example.net:443');
}

/** `udp:sip.example.net:5060` */
function sipTarget(text: string): Result<ProbeTarget, string> {
  const wanted = 'expected transport:host:port, such as udp:sip.example.net:5060';
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
    : err('expected the address of a page, such as https://www.example.net/');
}
