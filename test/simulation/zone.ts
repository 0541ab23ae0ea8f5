// DNS as stories and the simulation have it: names and what they lead to, written as in a zone file, and a server
// that answers, says that it cannot, or says nothing at all.
//
//   new Zone({ 'SRV _sip._udp.carrier.example': ['10 5 5060 a.carrier.example'], 'A a.carrier.example': ['192.0.2.1'] })

import assert from 'node:assert/strict';
import { MINUTE_MS } from '../../src/base/time.ts';
import type { Reply } from '../../src/ports/dns.ts';
import { type DnsRecord, type Question, questionKey } from '../../src/sip/location/records.ts';

export type Records = Readonly<Record<string, readonly string[]>>;

export class Zone {
  state: 'answers' | 'fails' | 'hangs' = 'answers';
  ttlMs = MINUTE_MS;
  records: Records;
  /** Every question since the beginning. */
  readonly asked: string[] = [];

  constructor(records: Records = {}) {
    this.records = records;
  }

  /** `undefined`: nothing comes back. */
  ask(question: Question): Reply | undefined {
    const key = questionKey(question);
    this.asked.push(key);
    if (this.state === 'hangs') return undefined;
    if (this.state === 'fails') return { type: 'failed', reason: 'answered SERVFAIL' };
    const texts = this.records[key] ?? [];
    if (texts.length === 0) return { type: 'none', ttlMs: this.ttlMs };
    const { name } = question;
    return {
      type: 'rows',
      rows: texts.map((text) => ({ name, ttlMs: this.ttlMs, record: recordOf(question.type, text) })),
    };
  }
}

function recordOf(type: Question['type'], text: string): DnsRecord {
  const words = text.split(' ');
  if (type === 'A' || type === 'AAAA') return { type, address: text };
  if (type === 'SRV') {
    const [priority, weight, port, target = ''] = words;
    return { type, priority: Number(priority), weight: Number(weight), port: Number(port), target };
  }
  const [order, preference, service = '', replacement = ''] = words;
  assert.ok(replacement, `order preference service replacement: ${text}`);
  return {
    type,
    order: Number(order),
    preference: Number(preference),
    flags: 's',
    service,
    regexp: '',
    replacement,
  };
}
