// What DNS answers in the fuzzer's world: mostly what leads to a carrier, sometimes what no server should say.
// Whoever runs the zone of a Contact or Request-URI is a stranger like any other.

import type { Reply } from '../../../src/ports/dns.ts';
import type { DnsRecord, DnsRow, Question } from '../../../src/sip/location/records.ts';
import type { SeededRandom } from '../../simulation/world.ts';

/** A trunk's, which needs DNS to be found. */
export const CARRIER_NAME = 'carrier-b.example';

const ADDRESSES = ['198.51.100.2', '198.51.100.1', '2001:db8::2'];
const ODD_ADDRESSES = ['', '999.1.1.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '::', '127.0.0.1', 'a b'];
const NAMES = [CARRIER_NAME, `_sip._udp.${CARRIER_NAME}`, `_sip._tcp.${CARRIER_NAME}`, `a.${CARRIER_NAME}`];
const ODD_NAMES = ['', '.', '..', 'x'.repeat(300), `${CARRIER_NAME}.`, '192.0.2.7', 'é.example', 'a\r\nb'];
const SERVICES = ['SIP+D2U', 'SIP+D2T', 'SIPS+D2T', 'sip+d2u', 'E2U+sip', ''];
const TTLS_MS = [60_000, 300_000, 1_000, 0, -1, 1e15, Number.NaN];

export function drawReply(question: Question, random: SeededRandom): Reply {
  return random.weighted<() => Reply>([
    [8, () => ({ type: 'rows', rows: rows(question, random) })],
    [1, () => ({ type: 'none', ...(random.chance(0.5) && { ttlMs: random.pick(TTLS_MS) }) })],
    [1, () => ({ type: 'failed', reason: 'nobody answered' })],
  ])();
}

function rows(question: Question, random: SeededRandom): readonly DnsRow[] {
  const count = random.chance(0.05) ? random.pick([0, 100, 1_000]) : random.between(1, 3);
  return Array.from({ length: count }, () => ({
    name: random.chance(0.9) ? question.name : random.pick([...NAMES, ...ODD_NAMES]),
    ttlMs: random.chance(0.8) ? 60_000 : random.pick(TTLS_MS),
    record: record(question, random),
  }));
}

function record({ type }: Question, random: SeededRandom): DnsRecord {
  const name = random.pick(random.chance(0.9) ? NAMES : ODD_NAMES);
  if (random.chance(0.1)) return { type: 'CNAME', target: name };
  switch (type) {
    case 'NAPTR':
      return {
        type,
        order: random.between(0, 65_535),
        preference: random.between(0, 65_535),
        flags: random.pick(['s', 'S', 'a', 'u', '']),
        service: random.pick(SERVICES),
        regexp: random.pick(['', '', '!^.*$!sip:a@b!']),
        replacement: name,
      };
    case 'SRV':
      return {
        type,
        priority: random.between(0, 3),
        weight: random.pick([0, 1, 65_535]),
        port: random.pick([5_060, 5_080, 0, 65_535]),
        target: name,
      };
    case 'A':
    case 'AAAA':
      return { type, address: random.pick(random.chance(0.9) ? ADDRESSES : ODD_ADDRESSES) };
  }
}
