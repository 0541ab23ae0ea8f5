import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Destination, Flow } from '../base/net.ts';
import { Dialog } from '../sip/dialog/dialog.ts';
import type { Target } from '../sip/location/target.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import { Listeners, type NodeListener } from './listeners.ts';

const at = (address: string, port = 5060) => ({ address, port });
const PUBLIC: NodeListener = { transport: 'udp', local: at('0.0.0.0'), advertised: at('203.0.113.7') };
const LOOPBACK: NodeListener = {
  transport: 'udp',
  local: at('127.0.0.1', 5070),
  advertised: at('127.0.0.1', 5070),
};
const IPV6: NodeListener = { transport: 'udp', local: at('2001:db8::7'), advertised: at('2001:db8::7') };
const TCP: NodeListener = { transport: 'tcp', local: at('203.0.113.7'), advertised: at('203.0.113.7') };
const WS: NodeListener = { transport: 'ws', local: at('127.0.0.1', 8088), advertised: at('127.0.0.1', 8088) };
const WSS: NodeListener = { transport: 'wss', local: at('0.0.0.0', 443), advertised: at('203.0.113.7', 443) };
const listeners = new Listeners([PUBLIC, LOOPBACK, IPV6, TCP, WS, WSS]);

const udp: Flow = { transport: 'udp', local: PUBLIC.local, remote: at('198.51.100.1') };
const tcp: Flow = { transport: 'tcp', local: TCP.local, remote: at('192.0.2.12'), connectionId: 'c1' };

/** A dialog whose peer gave this Contact, and these Record-Route values. */
function dialog(contact: string, ...routes: readonly string[]): Dialog {
  const invite = new SipRequest(
    'INVITE',
    'sip:x@example.com',
    Headers.of([
      ['From', '<sip:a@example.com>;tag=a'],
      ['To', '<sip:b@example.com>'],
      ['Call-ID', 'c'],
      ['CSeq', '1 INVITE'],
      ['Contact', contact],
      ...routes.map((route) => ['Record-Route', route] as const),
    ]),
  );
  return Dialog.asUas(invite, 'b', '<sip:us@203.0.113.7>');
}

describe('what peers are told of where we are', () => {
  test('the advertised address, where a wildcard is bound', () => {
    assert.equal(listeners.contact(udp), '<sip:ringthrough@203.0.113.7:5060>');
    assert.deepEqual(listeners.advertised(udp), at('203.0.113.7'));
  });

  test('the transport, where it is not UDP; brackets, where it is IPv6', () => {
    assert.equal(listeners.contact(tcp), '<sip:ringthrough@203.0.113.7:5060;transport=tcp>');
    const flow: Flow = { transport: 'udp', local: IPV6.local, remote: at('2001:db8::9') };
    assert.equal(listeners.contact(flow), '<sip:ringthrough@[2001:db8::7]:5060>');
  });

  test('over WebSockets the transport is ws, with TLS and without', () => {
    const browser = { remote: at('192.0.2.12', 50_000), connectionId: 'c1' };
    const plain = listeners.contact({ transport: 'ws', local: WS.local, ...browser });
    const secure = listeners.contact({ transport: 'wss', local: WSS.local, ...browser });
    assert.equal(plain, '<sip:ringthrough@127.0.0.1:8088;transport=ws>');
    assert.equal(secure, '<sip:ringthrough@203.0.113.7:443;transport=ws>');
  });

  test('for a flow from a listener that there is not, the first of its transport', () => {
    assert.deepEqual(listeners.advertised({ ...udp, local: at('10.9.9.9') }), PUBLIC.advertised);
  });
});

describe('the way to a peer that we have no flow to', () => {
  test('from a listener of its transport and address family', () => {
    assert.deepEqual(listeners.flowTo('udp', at('198.51.100.1')), udp);
    assert.equal(listeners.flowTo('udp', at('2001:db8::9'))?.local, IPV6.local);
    assert.equal(listeners.flowTo('tcp', at('198.51.100.1'))?.local, TCP.local);
  });

  test('to loopback from loopback, and from nowhere else', () => {
    assert.equal(listeners.flowTo('udp', at('127.0.0.1', 5090))?.local, LOOPBACK.local);
  });

  test('is none where nobody listens that way', () => {
    assert.equal(listeners.flowTo('tcp', at('2001:db8::9')), undefined);
    assert.equal(listeners.flowTo('ws', at('198.51.100.1')), undefined);
  });
});

describe('the way of a request within a dialog (RFC 3261 §12.2.1.1)', () => {
  /** DNS knows one name, with two servers. */
  const find = ({ host, port = 5060, transport = 'udp' }: Target): readonly Destination[] => {
    if (/^[0-9.]+$|:/.test(host)) return [{ transport, address: host, port }];
    if (host !== 'pool.example') return [];
    return ['198.51.100.55', '198.51.100.1'].map((address) => ({ transport, address, port }));
  };
  const flowFor = (of: Dialog, flow: Flow, peer: 'phone' | 'trunk') =>
    listeners.flowsFor(of, flow, peer, find)[0];
  const next = (contact: string, ...routes: readonly string[]) =>
    flowFor(dialog(contact, ...routes), udp, 'trunk').remote;

  test('a phone’s is its flow, whatever its Contact says', () => {
    const flow = flowFor(dialog('<sip:a@198.51.100.77>'), udp, 'phone');
    assert.equal(flow, udp);
  });

  test('a stream’s is its connection', () => {
    assert.equal(flowFor(dialog('<sip:a@198.51.100.77>'), tcp, 'trunk'), tcp);
  });

  test('a carrier’s is its Contact, or the first of its route set', () => {
    assert.deepEqual(next('<sip:a@198.51.100.77:5062>'), at('198.51.100.77', 5062));
    assert.deepEqual(next('<sip:a@198.51.100.77>', '<sip:198.51.100.88;lr>'), at('198.51.100.88'));
  });

  test('a carrier’s is where it came from when its Contact is unknown to DNS, of another scheme or private', () => {
    for (const contact of [
      '<sip:a@carrier.example>',
      '<tel:+442079460000>',
      '<sip:a@10.0.0.1>',
      '<sip:a@[fe80::1]>',
    ])
      assert.deepEqual(next(contact), udp.remote);
  });

  test('a carrier’s is where its name leads, to each of its servers in turn', () => {
    assert.deepEqual(next('<sip:a@pool.example:5062>'), at('198.51.100.55', 5062));
    const flows = listeners.flowsFor(dialog('<sip:a@pool.example>'), udp, 'trunk', find);
    assert.deepEqual(flows, [{ ...udp, remote: at('198.51.100.55') }, udp]);
  });

  test('a certificate must be for the name that was asked for', () => {
    const tls: NodeListener = {
      transport: 'tls',
      local: at('203.0.113.7', 5061),
      advertised: at('203.0.113.7'),
    };
    const secure = new Listeners([tls]);
    assert.equal(secure.flowTo('tls', at('198.51.100.1', 5061), 'pool.example')?.domain, 'pool.example');
    assert.equal(listeners.flowTo('tcp', at('198.51.100.1'), 'pool.example')?.domain, undefined);
  });

  test('a private Contact is good among private addresses', () => {
    const inside: Flow = { ...udp, remote: at('10.0.0.1') };
    const flow = flowFor(dialog('<sip:a@10.0.0.2>'), inside, 'trunk');
    assert.deepEqual(flow.remote, at('10.0.0.2'));
  });

  test('another transport or address family is taken where we listen that way', () => {
    const other = flowFor(dialog('<sip:a@198.51.100.77;transport=tcp>'), udp, 'trunk');
    assert.deepEqual(other, { transport: 'tcp', local: TCP.local, remote: at('198.51.100.77') });
    assert.equal(flowFor(dialog('<sip:a@[2001:db8::9]>'), udp, 'trunk').local, IPV6.local);
    assert.equal(flowFor(dialog('<sip:a@198.51.100.77;transport=ws>'), udp, 'trunk'), udp);
  });
});
