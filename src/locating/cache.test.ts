import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { Reply } from '../ports/dns.ts';
import { DnsCache } from './cache.ts';

const A = { type: 'A', name: 'sip.example.net' } as const;
const records = [{ type: 'A', address: '192.0.2.1' }] as const;
const FAILED: Reply = { type: 'failed', reason: 'nobody answered' };

function found(ttlMs: number, name: string = A.name): Reply {
  return { type: 'rows', rows: records.map((record) => ({ name, ttlMs, record })) };
}

describe('what DNS answered', () => {
  test('holds for its TTL, and not a moment longer', () => {
    const cache = new DnsCache();
    cache.replied(A, found(MINUTE_MS), 1_000);
    assert.deepEqual(cache.fresh(A, 1_000 + MINUTE_MS - 1), {
      type: 'records',
      records,
      until: 1_000 + MINUTE_MS,
    });
    assert.equal(cache.fresh(A, 1_000 + MINUTE_MS), undefined);
  });

  test('holds no less than the least and no more than the most', () => {
    const cache = new DnsCache();
    cache.replied(A, found(0), 0);
    assert.equal(cache.fresh(A, 1)?.until, LIMITS.dnsTtlMinMs);
    cache.replied(A, found(1e12), 0);
    assert.equal(cache.fresh(A, 1)?.until, LIMITS.dnsTtlMaxMs);
  });

  test('that there is nothing holds as long as its SOA says, within bounds', () => {
    const cache = new DnsCache();
    cache.replied(A, { type: 'none', ttlMs: MINUTE_MS }, 0);
    assert.deepEqual(cache.fresh(A, MINUTE_MS - 1), { type: 'none', until: MINUTE_MS });
    assert.equal(cache.known(A, MINUTE_MS), undefined);
    cache.replied(A, { type: 'none', ttlMs: HOUR_MS }, 0);
    assert.equal(cache.fresh(A, 1)?.until, LIMITS.dnsNegativeMaxMs);
    cache.replied(A, { type: 'none' }, 0);
    assert.equal(cache.fresh(A, 1)?.until, LIMITS.dnsRetryMs);
  });

  test('is used on when DNS fails, with the trouble told, and is asked for again soon', () => {
    const cache = new DnsCache();
    cache.replied(A, found(MINUTE_MS), 0);
    assert.equal(cache.known(A, MINUTE_MS)?.type, 'records');
    cache.replied(A, FAILED, MINUTE_MS);
    const stale = cache.fresh(A, MINUTE_MS);
    assert.deepEqual(stale, {
      type: 'records',
      records,
      until: MINUTE_MS + LIMITS.dnsRetryMs,
      trouble: 'sip.example.net A: nobody answered',
    });
    cache.replied(A, found(MINUTE_MS), 2 * MINUTE_MS);
    assert.equal(cache.fresh(A, 2 * MINUTE_MS)?.type, 'records');
    assert.ok(!('trouble' in (cache.fresh(A, 2 * MINUTE_MS) ?? {})));
  });

  test('is not used on for ever', () => {
    const cache = new DnsCache();
    cache.replied(A, found(MINUTE_MS), 0);
    const late = MINUTE_MS + LIMITS.dnsStaleMs;
    assert.equal(cache.known(A, late - 1)?.type, 'records');
    cache.replied(A, FAILED, late);
    assert.equal(cache.fresh(A, late)?.type, 'failed');
  });

  test('is forgotten when its owner says that it is gone', () => {
    const cache = new DnsCache();
    cache.replied(A, found(MINUTE_MS), 0);
    cache.replied(A, { type: 'none' }, MINUTE_MS);
    cache.replied(A, FAILED, MINUTE_MS + LIMITS.dnsRetryMs);
    assert.equal(cache.fresh(A, MINUTE_MS + LIMITS.dnsRetryMs)?.type, 'failed');
  });

  test('is forgotten when there is too much of it, what was used last at the end', () => {
    const cache = new DnsCache();
    cache.replied(A, found(HOUR_MS), 0);
    for (let i = 0; i < LIMITS.dnsAnswersMax; i++) {
      if (i === 5) cache.fresh(A, 1);
      const name = `n${i}.example`;
      cache.replied({ type: 'A', name }, found(HOUR_MS, name), 0);
    }
    assert.equal(cache.size, LIMITS.dnsAnswersMax);
    assert.equal(cache.fresh(A, 1)?.type, 'records');
    assert.equal(cache.fresh({ type: 'A', name: 'n0.example' }, 1), undefined);
  });
});
