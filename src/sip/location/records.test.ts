import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import { type DnsRow, readAnswer } from './records.ts';

const A = { type: 'A', name: 'sip.example.net' } as const;
const address = (name: string, ip: string, ttlMs = 60_000): DnsRow => ({
  name,
  ttlMs,
  record: { type: 'A', address: ip },
});
const alias = (name: string, target: string, ttlMs = 60_000): DnsRow => ({
  name,
  ttlMs,
  record: { type: 'CNAME', target },
});

describe('reading an answer of DNS', () => {
  test('the least TTL of what led to the records is theirs', () => {
    const rows = [
      alias('SIP.example.net', 'b.example.'),
      address('B.example.', '192.0.2.1', 9_000),
      address('b.example', '192.0.2.2'),
    ];
    assert.deepEqual(readAnswer(A, rows), {
      type: 'records',
      ttlMs: 9_000,
      records: [
        { type: 'A', address: '192.0.2.1' },
        { type: 'A', address: '192.0.2.2' },
      ],
    });
  });

  test('rows for other names and of other types are passed over', () => {
    const rows: DnsRow[] = [
      address('evil.example', '203.0.113.66'),
      { name: 'sip.example.net', ttlMs: 1, record: { type: 'AAAA', address: '2001:db8::1' } },
    ];
    assert.deepEqual(readAnswer(A, rows), { type: 'none' });
  });

  test('an alias that leads out of the answer is told, one that leads in a circle or too far is followed no further', () => {
    assert.deepEqual(readAnswer(A, [alias('sip.example.net', 'b.example', 5_000)]), {
      type: 'alias',
      name: 'b.example',
      ttlMs: 5_000,
    });
    const circle = [alias('sip.example.net', 'b.example'), alias('b.example', 'sip.example.net')];
    assert.notEqual(readAnswer(A, circle).type, 'records');
    const chain = Array.from({ length: 200 }, (_, i) =>
      alias(i === 0 ? 'sip.example.net' : `n${i}.example`, `n${i + 1}.example`),
    );
    assert.equal(readAnswer(A, [...chain, address('n200.example', '192.0.2.1')]).type, 'alias');
    assert.deepEqual(readAnswer(A, [alias('sip.example.net', '.')]), { type: 'none' });
  });

  test('of thousands of records the first few are taken', () => {
    const rows = Array.from({ length: 5_000 }, (_, i) =>
      address('sip.example.net', `10.0.${i >> 8}.${i & 255}`),
    );
    const reading = readAnswer(A, rows);
    assert.ok(reading.type === 'records' && reading.records.length === LIMITS.dnsRowsMax);
  });
});
