import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Flow, flowKey } from './net.ts';

const TLS: Flow = {
  transport: 'tls',
  local: { address: '203.0.113.7', port: 5061 },
  remote: { address: '198.51.100.7', port: 5061 },
};

test('flows to one address for different domains are different flows', () => {
  const first = flowKey({ ...TLS, domain: 'sip.carrier-a.example' });
  assert.notEqual(first, flowKey({ ...TLS, domain: 'sip.carrier-b.example' }));
  assert.notEqual(first, flowKey(TLS));
  assert.equal(first, flowKey({ ...TLS, domain: 'SIP.carrier-a.EXAMPLE' }));
});

test('a connection is one flow, whatever its certificates said', () => {
  const plain = flowKey({ ...TLS, connectionId: 'c1' });
  const verified = {
    ...TLS,
    connectionId: 'c1',
    domain: 'sip.carrier-a.example',
    peerDomains: ['x.example'],
  };
  assert.equal(plain, flowKey(verified));
});
