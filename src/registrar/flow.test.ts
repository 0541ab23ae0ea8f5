import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow, TransportName } from '../base/net.ts';
import type { Binding } from '../ports/records.ts';
import { otherWayTo } from './flow.ts';

const LOCAL = { address: '203.0.113.1', port: 5060 };

function binding(transport: TransportName, contact: string): Binding {
  const flow: Flow = {
    transport,
    local: LOCAL,
    remote: { address: '192.0.2.7', port: 51_000 },
    connectionId: 'c1',
  };
  return {
    user: 'reception',
    contact,
    parameters: '',
    flow,
    path: [],
    callId: 'boot1',
    cseq: 1,
    q: 1000,
    userAgent: '',
    registeredAt: 0,
    expiresAt: 60_000,
  };
}

describe('the way to a phone whose connection is gone', () => {
  test('is a new one to its Contact, where that is the address it came from', () => {
    const way = otherWayTo(binding('tcp', 'sip:reception@192.0.2.7:5062'));
    assert.deepEqual(way, {
      flow: { transport: 'tcp', local: LOCAL, remote: { address: '192.0.2.7', port: 5062 } },
      mayLead: true,
    });
  });

  test('is none to any other address', () => {
    assert.equal(otherWayTo(binding('tcp', 'sip:reception@198.51.100.66:5062')).mayLead, false);
  });

  test('is none to a browser; the next one that comes from its port is not taken for it', () => {
    for (const transport of ['ws', 'wss'] as const) {
      const gone = binding(transport, 'sip:reception@192.0.2.7;transport=ws');
      assert.deepEqual(otherWayTo(gone), { flow: gone.flow, mayLead: false });
    }
  });
});
