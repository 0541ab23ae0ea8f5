import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../../../test/simulation/world.ts';
import type { Reply } from '../../ports/dns.ts';
import type { DnsRecord } from '../../sip/location/records.ts';
import { createProber } from './prober.ts';
import { Trust } from './trust.ts';

const naptr = (service: string, replacement: string): DnsRecord => {
  return { type: 'NAPTR', order: 10, preference: 10, flags: 's', service, regexp: '', replacement };
};
const srv = (target: string): DnsRecord => ({ type: 'SRV', priority: 0, weight: 1, port: 5060, target });
const a = (address: string): DnsRecord => ({ type: 'A', address });

const WHOLE: Readonly<Record<string, readonly DnsRecord[]>> = {
  'NAPTR voice.example.net': [naptr('SIP+D2U', '_sip._udp.voice.example.net')],
  'SRV _sip._udp.voice.example.net': [srv('sip1.example.net'), srv('sip2.example.net')],
  'A sip1.example.net': [a('192.0.2.1')],
  'A sip2.example.net': [a('192.0.2.2'), a('192.0.2.3')],
};

function probe(
  zone: Readonly<Record<string, readonly DnsRecord[] | string>>,
  scheme: 'sip' | 'sips' = 'sip',
) {
  const ask = async ({ type, name }: { readonly type: string; readonly name: string }): Promise<Reply> => {
    const found = zone[`${type} ${name}`];
    if (typeof found === 'string') return { type: 'failed', reason: found };
    if (found === undefined) return { type: 'none' };
    return { type: 'rows', rows: found.map((record) => ({ name, ttlMs: 1_000, record })) };
  };
  const prober = createProber({
    resolver: { ask },
    random: new SeededRandom(1),
    userAgent: 'test',
    trust: new Trust([]),
    agreement: async () => ({}),
  });
  const target = { type: 'sip-domain', domain: 'voice.example.net', scheme } as const;
  return prober.probe(target, 5_000, new AbortController().signal);
}

describe('a probe of a SIP domain', () => {
  test('passes when NAPTR leads over SRV to an address of every server', async () => {
    const end = await probe(WHOLE);
    assert.equal(end.outcome, 'passed', JSON.stringify(end));
    assert.deepEqual(end.measures, { servers: 2, addresses: 3 });
  });

  test('passes without NAPTR by SRV, and without both by the address of the domain itself', async () => {
    const { 'NAPTR voice.example.net': _, ...withoutNaptr } = WHOLE;
    assert.equal((await probe(withoutNaptr)).outcome, 'passed');
    assert.equal((await probe({ 'A voice.example.net': [a('192.0.2.9')] })).outcome, 'passed');
  });

  test('warns when one of its servers has no address', async () => {
    const end = await probe({ ...WHOLE, 'A sip2.example.net': [] });
    assert.ok(end.outcome === 'warned');
    assert.equal(end.reason, 'sip2.example.net has no address');
  });

  test('warns when a question could not be asked though a server was found', async () => {
    const end = await probe({ ...WHOLE, 'AAAA sip1.example.net': 'answered SERVFAIL' });
    assert.ok(end.outcome === 'warned');
    assert.equal(end.reason, 'answered SERVFAIL');
  });

  test('fails when it leads nowhere, when nobody answers, and when nothing there is encrypted for sips', async () => {
    const nowhere = await probe({ ...WHOLE, 'A sip1.example.net': [], 'A sip2.example.net': [] });
    assert.deepEqual(nowhere, {
      outcome: 'failed',
      reason: 'none of the servers of voice.example.net has an address for us',
    });
    assert.deepEqual(await probe({}), {
      outcome: 'failed',
      reason: 'voice.example.net has no address for us',
    });
    const silent = await probe({
      'NAPTR voice.example.net': 'no answer in 2s',
      'A voice.example.net': 'no answer in 2s',
    });
    assert.deepEqual(silent, { outcome: 'failed', reason: 'no answer in 2s' });
    assert.equal((await probe(WHOLE, 'sips')).outcome, 'failed');
  });
});
