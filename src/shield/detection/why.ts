// Why this posture, in a sentence for somebody who was just woken: what comes, how much of it, and what is normal.

import { assertNever } from '../../base/assert.ts';
import type { Lane } from '../../ports/shield.ts';
import type { Finding, Judgement } from './judge.ts';
import type { Group } from './second.ts';

/** Made when the node starts: it takes 20 ms, and an attack is no time for that. */
const WHOLE = new Intl.NumberFormat('en-GB');

const LANE_WORDS: Readonly<Record<Lane, string>> = {
  emergency: 'emergency callers',
  carrier: 'carriers',
  known: 'known phones',
  refused: 'the refused',
  newcomer: 'strangers',
};

const GROUP_WORDS: Readonly<Record<Group, string>> = {
  REGISTER: 'REGISTERs',
  INVITE: 'INVITEs',
  OPTIONS: 'OPTIONS',
  others: 'other requests',
  responses: 'responses',
  garbage: 'packets of garbage',
  connects: 'connection attempts',
};

/** Undefined where nothing speaks for anything. */
export function whyPosture({ unusual, hostile, provedShare }: Judgement): string | undefined {
  const finding = (hostile?.evidence ?? 0) >= (unusual?.evidence ?? 0) / 2 ? hostile : unusual;
  if (finding === undefined) return undefined;
  const proof = finding.subject.what === 'beyond-budgets' ? undefined : provedShare;
  return [words(finding), ...(proof === undefined ? [] : [proofWords(proof)])].join('; ');
}

function words({ subject, count, normal }: Finding): string {
  const usual = normal === undefined ? '' : `, normally ${amount(normal)}`;
  switch (subject.what) {
    case 'kind':
      return `${LANE_WORDS[subject.lane]} send ${amount(count)} ${GROUP_WORDS[subject.group]} a second${usual}`;
    case 'sources':
      return `strangers come from ${amount(count)} addresses in a second${usual}`;
    case 'wrong-passwords':
      return `${amount(count)} wrong passwords a second${usual}`;
    case 'unproven':
      return `strangers who prove nothing send ${amount(count)} packets a second${usual}`;
    case 'beyond-budgets':
      return `known flows send ${amount(count)} packets a second beyond their budgets${usual}`;
    case 'late':
      return `the node itself is ${Math.round(count)} ms late`;
    default:
      return assertNever(subject);
  }
}

function proofWords(share: number): string {
  return `${Math.round(share * 100)} % of challenges are answered rightly`;
}

function amount(count: number): string {
  return count > 0 && count < 10 ? count.toFixed(1) : WHOLE.format(Math.round(count));
}
