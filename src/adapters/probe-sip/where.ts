// Where the servers are, as a phone finds them (RFC 3263): DNS is asked anew each time, and they come in the order in
// which they are to be tried, by priority and weight. What the transports' names and ports mean is worked out in
// sip/location/.

import { LIMITS } from '../../base/limits.ts';
import type { Destination } from '../../base/net.ts';
import type { Resolver } from '../../ports/dns.ts';
import type { Random } from '../../ports/random.ts';
import { locate } from '../../sip/location/locate.ts';
import { orderServers } from '../../sip/location/order.ts';
import { type Answer, type Question, questionKey, readAnswer } from '../../sip/location/records.ts';
import type { Ability, Family, Target } from '../../sip/location/target.ts';

export interface ServerAddress extends Destination {
  /** What its certificate must speak for (RFC 5922 §7.2): the name that was asked for. */
  readonly domain: string;
  /** As DNS calls it. */
  readonly name: string;
}

/** Why a phone goes on to the next server (RFC 3263 §4.3): one cannot be reached, does not answer, or says 503. */
export class Unserved extends Error {}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];
/** The dearest first. */
const ABILITIES: readonly Ability[] = [
  { transport: 'udp', families: FAMILIES },
  { transport: 'tcp', families: FAMILIES },
  { transport: 'tls', families: FAMILIES },
];

/** Rejects with why there is none. */
export async function serversOf(
  target: Target,
  resolver: Resolver,
  random: Random,
): Promise<readonly ServerAddress[]> {
  const answers = new Map<string, Answer>();
  // Each round answers what the one before asked for; beyond them it runs in a circle.
  for (let round = 0; round <= LIMITS.dnsAliasesMax; round++) {
    const location = locate(target, ABILITIES, (question) => answers.get(questionKey(question)));
    if (location.type === 'nowhere') throw new Error(location.trouble ?? location.reason);
    if (location.type === 'found') {
      const servers = orderServers(location.servers, () => random.fraction());
      return servers.flatMap(({ transport, name, port, addresses }) =>
        addresses.map((address) => ({ transport, address, port, domain: target.host, name })),
      );
    }
    const asked = await Promise.all(location.questions.map((question) => answerTo(question, resolver)));
    for (const [index, question] of location.questions.entries()) {
      const answer = asked[index];
      if (answer !== undefined) answers.set(questionKey(question), answer);
    }
  }
  throw new Error(`DNS leads nowhere for ${target.host}`);
}

async function answerTo(question: Question, resolver: Resolver): Promise<Answer> {
  const until = Number.POSITIVE_INFINITY;
  const reply = await resolver.ask(question);
  if (reply.type === 'failed')
    return { type: 'failed', until, trouble: `DNS: ${question.name}: ${reply.reason}` };
  if (reply.type === 'none') return { type: 'none', until };
  const reading = readAnswer(question, reply.rows);
  if (reading.type === 'none') return { type: 'none', until };
  return reading.type === 'records'
    ? { type: 'records', until, records: reading.records }
    : { type: 'alias', until, name: reading.name };
}
