// Everything that leads from a SIP domain to its servers (RFC 3263): NAPTR, SRV, and an address of each server that
// they name. Fails where a phone would find nobody; warns where it would have to do without one of them.

import { LIMITS } from '../../base/limits.ts';
import type { Resolver } from '../../ports/dns.ts';
import type { Found, ProbeTarget } from '../../ports/probes.ts';
import { locate } from '../../sip/location/locate.ts';
import {
  type Answer,
  normalName,
  type Question,
  questionKey,
  readAnswer,
} from '../../sip/location/records.ts';
import type { Ability } from '../../sip/location/target.ts';

type SipDomain = Extract<ProbeTarget, { readonly type: 'sip-domain' }>;

/** What phones speak. */
const ABILITIES: readonly Ability[] = (['udp', 'tcp', 'tls'] as const).map((transport) => {
  return { transport, families: ['ipv4', 'ipv6'] };
});
const STILL_HOLDS = Number.POSITIVE_INFINITY;

export async function probeSipDomain(
  { domain, scheme }: SipDomain,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<Found> {
  const answers = new Map<string, Answer>();
  const target = { scheme, host: domain };
  const lookup = (question: Question) => answers.get(questionKey(question));
  for (;;) {
    const location = locate(target, ABILITIES, lookup);
    signal.throwIfAborted();
    if (location.type === 'ask') {
      const replies = location.questions.map(async (question) => {
        answers.set(questionKey(question), await answerTo(question, resolver));
      });
      await Promise.all(replies);
      continue;
    }
    const { trouble } = location;
    if (location.type === 'nowhere') throw new Error(trouble ?? location.reason);
    const found = new Set(location.servers.map(({ name }) => name));
    const lost = [...serversNamed(answers)].slice(0, LIMITS.serversMax).filter((name) => !found.has(name));
    const warnings = [
      ...lost.map((name) => `${name} has no address`),
      ...(trouble === undefined ? [] : [trouble]),
    ];
    const addresses = location.servers.reduce((sum, server) => sum + server.addresses.length, 0);
    const measures = { servers: found.size, addresses };
    return warnings.length === 0 ? { measures } : { measures, warning: warnings.join('; ') };
  }
}

async function answerTo(question: Question, resolver: Resolver): Promise<Answer> {
  const reply = await resolver.ask(question);
  const until = STILL_HOLDS;
  if (reply.type === 'failed') return { type: 'failed', trouble: reply.reason, until };
  return { ...readAnswer(question, reply.type === 'rows' ? reply.rows : []), until };
}

/** By any SRV record that was looked at, but for those that say that there is none. */
function serversNamed(answers: ReadonlyMap<string, Answer>): ReadonlySet<string> {
  const records = [...answers.values()].flatMap((answer) =>
    answer.type === 'records' ? answer.records : [],
  );
  const names = records.flatMap((record) => (record.type === 'SRV' ? [normalName(record.target)] : []));
  return new Set(names.filter((name) => name !== ''));
}
