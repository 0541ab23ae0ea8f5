// What of the messages is kept, and where copies of them go. A collector is told who calls whom, so nothing about
// it is guessed: it is there only when it is written down.

import { resolve } from 'node:path';
import type { Findings } from '../../admin/documents/findings.ts';
import { durationMs } from '../../admin/documents/section.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { HOUR_MS } from '../../base/time.ts';
import { parseEndpoint } from './addresses.ts';
import type { Config } from './config.ts';
import type { TraceSection } from './schema.ts';
import type { TrunkContext } from './trunks.ts';

const KEEP_MS = HOUR_MS;
const CAPTURE_ID = 1;
const PATH = ['trace', 'hep'];

export function resolveTrace(
  section: TraceSection,
  context: Omit<TrunkContext, 'country'>,
  findings: Findings,
): Config['trace'] {
  const keepMs = section.keep === undefined ? KEEP_MS : durationMs(section.keep);
  const { hep } = section;
  if (hep === undefined) return { keepMs };
  const standIn = { address: '', port: 0 };
  const collector = findings.take([...PATH, 'collector'], collectorOf(hep.collector), standIn);
  const password = passwordOf(hep, context, findings);
  return {
    keepMs,
    hep: {
      collector,
      captureId: hep.captureId ?? CAPTURE_ID,
      ...(password === undefined ? {} : { password }),
    },
  };
}

/** `udp:192.0.2.9:9060`. A literal, so that no lookup ever stands in the way of signalling. */
function collectorOf(text: string): Result<{ address: string; port: number }, string> {
  const wanted = 'expected udp:address:port, such as udp:127.0.0.1:9060 or udp:[::1]:9060';
  const [, rest] = /^udp:(.*)$/.exec(text) ?? [];
  if (rest === undefined) return err(wanted);
  const endpoint = parseEndpoint(rest);
  if (!endpoint.ok) return err(`${endpoint.error}; ${wanted}`);
  return endpoint.value.port === 0 ? err(wanted) : ok(endpoint.value);
}

function passwordOf(
  { password, passwordFile }: NonNullable<TraceSection['hep']>,
  context: Omit<TrunkContext, 'country'>,
  findings: Findings,
): string | undefined {
  if (passwordFile === undefined) return password;
  const path = [...PATH, 'passwordFile'];
  if (password !== undefined) findings.add(path, 'stands beside password; keep one of them');
  const file = resolve(context.folder, passwordFile);
  try {
    return context.readSecret(file).replace(/\r?\n$/, '');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    findings.add(path, `${file} cannot be read (${code})`);
    return undefined;
  }
}
