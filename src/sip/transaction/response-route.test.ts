// Where responses go, and what a request says of where it came from.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../../base/net.ts';
import { reconnectFlow, responseFlow, withSource } from './response-route.ts';
import { request, TCP, UDP } from './testing.ts';

const from = (via: string, flow: Flow = UDP) => withSource(request({ via }), flow).headers.get('Via');

describe('the top Via of a request', () => {
  test('gets the source port into rport, and received with it', () => {
    assert.equal(
      from('SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bK1;rport'),
      'SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bK1;rport=49152;received=198.51.100.9',
    );
  });

  test('gets received with rport even where the addresses are equal', () => {
    assert.equal(
      from('SIP/2.0/UDP 198.51.100.9;rport;branch=z9hG4bK1'),
      'SIP/2.0/UDP 198.51.100.9;rport=49152;branch=z9hG4bK1;received=198.51.100.9',
    );
  });

  test('gets received without rport only where the addresses differ', () => {
    assert.equal(
      from('SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK1'),
      'SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK1',
    );
    assert.equal(
      from('SIP/2.0/UDP phone.example;branch=z9hG4bK1'),
      'SIP/2.0/UDP phone.example;branch=z9hG4bK1;received=198.51.100.9',
    );
  });

  test('cannot claim another source', () => {
    assert.equal(
      from('SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK1;received=203.0.113.1;rport=25'),
      'SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK1;received=198.51.100.9;rport=49152',
    );
  });

  test('names an IPv6 source', () => {
    const flow: Flow = { ...UDP, remote: { address: '2001:db8::9', port: 5062 } };
    assert.equal(
      from('SIP/2.0/UDP [2001:db8::9]:5062;branch=z9hG4bK1;rport', flow),
      'SIP/2.0/UDP [2001:db8::9]:5062;branch=z9hG4bK1;rport=5062;received=2001:db8::9',
    );
  });

  test('does not make rows of what else is in its own, lest an answer become many times as long', () => {
    const seen = withSource(
      request({ via: `SIP/2.0/UDP p.example;branch=z9hG4bK1${','.repeat(10_000)}` }),
      UDP,
    );
    assert.equal(seen.headers.count('Via'), 1);
  });

  test('is the only one that changes', () => {
    const seen = withSource(
      request({ via: 'SIP/2.0/UDP p.example;branch=z9hG4bK1, SIP/2.0/UDP phone.example;branch=z9hG4bK2' }),
      UDP,
    );
    assert.deepEqual(seen.headers.values('Via'), [
      'SIP/2.0/UDP p.example;branch=z9hG4bK1;received=198.51.100.9',
      'SIP/2.0/UDP phone.example;branch=z9hG4bK2',
    ]);
  });

  test('stays untouched where there is nothing to add', () => {
    const plain = request({ via: 'SIP/2.0/UDP 198.51.100.9:49152;branch=z9hG4bK1' });
    assert.equal(withSource(plain, UDP), plain);
  });
});

describe('a response over UDP', () => {
  const to = (via: string) => responseFlow(request({ via }), UDP);

  test('goes to the source port where rport is there', () => {
    assert.deepEqual(to('SIP/2.0/UDP 192.168.1.5:5070;branch=z9hG4bK1;rport'), UDP);
  });

  test('goes to the source address and the port of the Via without rport, from the same listener', () => {
    const remote = { address: '198.51.100.9', port: 5070 };
    assert.deepEqual(to('SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bK1'), { ...UDP, remote });
    assert.deepEqual(to('SIP/2.0/UDP carrier.example:5070;branch=z9hG4bK1'), { ...UDP, remote });
  });

  test('goes back to where it came from without rport too, where the Via shows a NAT on the way', () => {
    assert.deepEqual(to('SIP/2.0/UDP 192.168.1.5:5070;branch=z9hG4bK1'), UDP);
  });

  test('goes to port 5060 where the Via names none', () => {
    const remote = { address: '198.51.100.9', port: 5060 };
    assert.deepEqual(to('SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK1'), { ...UDP, remote });
  });

  test('goes nowhere else, whatever maddr and received claim', () => {
    const via = 'SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK1;maddr=203.0.113.1;received=203.0.113.2';
    assert.equal(to(via).remote.address, '198.51.100.9');
  });
});

describe('a response over a stream', () => {
  const words = request({ via: 'SIP/2.0/TCP 192.168.1.5:5070;branch=z9hG4bK1' });

  test('goes back over the connection of its request', () => {
    assert.equal(responseFlow(words, TCP), TCP);
  });

  test('has the port of the Via as its other way', () => {
    assert.deepEqual(reconnectFlow(words, TCP), {
      transport: 'tcp',
      local: TCP.local,
      remote: { address: '198.51.100.9', port: 5070 },
    });
  });

  test('has 5061 as the default port of TLS', () => {
    const secure = request({ via: 'SIP/2.0/TLS 192.168.1.5;branch=z9hG4bK1' });
    assert.equal(reconnectFlow(secure, { ...TCP, transport: 'tls' })?.remote.port, 5061);
  });

  test('reaches over TLS only whoever can prove to be whom the Via names', () => {
    const secure = request({ via: 'SIP/2.0/TLS sip.carrier.example;branch=z9hG4bK1' });
    assert.equal(reconnectFlow(secure, { ...TCP, transport: 'tls' })?.domain, 'sip.carrier.example');
    assert.equal(reconnectFlow(words, TCP)?.domain, undefined);
  });

  test('has no other way over UDP and WebSockets', () => {
    assert.equal(reconnectFlow(words, UDP), undefined);
    assert.equal(reconnectFlow(words, { ...TCP, transport: 'wss' }), undefined);
  });
});
