import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { text, utf8 } from '../../src/base/bytes.ts';
import type { Flow } from '../../src/base/net.ts';
import { type Host, Network, type Weather } from './network.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';

const FAIR: Weather = { lossRate: 0, duplicateRate: 0, latencyMs: [10, 10], lateRate: 0, icmpRate: 1 };

/** Two hosts with a program on each that writes down what it lives. */
function pair(weather: Weather, ports: readonly string[] = ['udp:5060', 'tcp:5060']) {
  const world = new World(1);
  const network = new Network(world, new Trace(world), weather);
  const log: string[] = [];
  const start = (address: string, name: string): Host => {
    const host = network.host(address);
    host.listen(ports, {
      received: (batch) => {
        for (const { bytes } of batch) log.push(`${name} got ${text(bytes)}`);
      },
      failed: (_flow, reason) => log.push(`${name} failed: ${reason}`),
      closed: () => log.push(`${name} closed`),
    });
    return host;
  };
  return { world, network, log, a: start('192.0.2.1', 'a'), b: start('192.0.2.2', 'b') };
}

function flow(transport: 'udp' | 'tcp', port = 5060): Flow {
  return {
    transport,
    local: { address: '192.0.2.1', port: 5060 },
    remote: { address: '192.0.2.2', port },
  };
}

function sendNumbers(host: Host, transport: 'udp' | 'tcp', count: number): void {
  for (let i = 0; i < count; i++) host.send(flow(transport), utf8(String(i)));
}

describe('the simulated network', () => {
  test('datagrams are lost, doubled and overtaken as the weather has it', () => {
    const { world, log, a } = pair({ ...FAIR, lossRate: 0.2, duplicateRate: 0.1, latencyMs: [5, 50] });
    sendNumbers(a, 'udp', 1_000);
    world.runUntil(world.now + 1_000);
    const distinct = new Set(log).size;
    assert.ok(distinct > 740 && distinct < 860, `${distinct} of 1000 arrived`);
    assert.ok(log.length > distinct + 40, `${log.length - distinct} were doubled`);
    assert.notDeepEqual(
      log,
      [...log].sort((x, y) => Number(x.slice(6)) - Number(y.slice(6))),
    );
  });

  test('a connection keeps its order and loses nothing in the same weather', () => {
    const { world, log, a } = pair({ ...FAIR, lossRate: 0.2, duplicateRate: 0.1, latencyMs: [5, 50] });
    sendNumbers(a, 'tcp', 200);
    world.runUntil(world.now + 5_000);
    assert.deepEqual(
      log,
      Array.from({ length: 200 }, (_, i) => `b got ${i}`),
    );
  });

  test('nobody listens: UDP hears of it from the other system, TCP is refused', () => {
    const { world, log, a } = pair(FAIR);
    a.send(flow('udp', 9), utf8('x'));
    a.send(flow('tcp', 9), utf8('x'));
    world.runUntil(world.now + 100);
    assert.deepEqual(log, ['a failed: port unreachable', 'a failed: the connection was refused']);
  });

  test('a dead host says nothing: UDP never learns it, a connection is not made in 2 s', () => {
    const { world, log, a, b } = pair(FAIR);
    b.vanish();
    sendNumbers(a, 'udp', 1);
    sendNumbers(a, 'tcp', 1);
    world.runUntil(world.now + 1_999);
    assert.deepEqual(log, []);
    world.runUntil(world.now + 1);
    assert.deepEqual(log, ['a failed: the connection timed out']);
  });

  test('kill -9 closes the connections of the dead program', () => {
    const { world, log, a, b } = pair(FAIR);
    sendNumbers(a, 'tcp', 1);
    world.runUntil(world.now + 100);
    b.kill();
    world.runUntil(world.now + 100);
    assert.deepEqual(log, ['b got 0', 'a closed']);
  });

  test('an established connection to a host that vanished fails in its own time', () => {
    const { world, log, a, b } = pair(FAIR);
    sendNumbers(a, 'tcp', 1);
    world.runUntil(world.now + 100);
    b.vanish();
    sendNumbers(a, 'tcp', 1);
    world.runUntil(world.now + 11_000);
    assert.deepEqual(log, ['b got 0']);
    world.runUntil(world.now + 5_000);
    assert.deepEqual(log, ['b got 0', 'a failed: the peer is silent', 'a closed']);
  });

  test('a short partition swallows datagrams and only delays a connection', () => {
    const { world, network, log, a } = pair(FAIR);
    sendNumbers(a, 'tcp', 1);
    world.runUntil(world.now + 100);
    network.partition('192.0.2.1', '192.0.2.2', 3_000);
    a.send(flow('tcp'), utf8('by stream'));
    a.send(flow('udp'), utf8('by datagram'));
    world.runUntil(world.now + 5_000);
    assert.deepEqual(log, ['b got 0', 'b got by stream']);
  });

  test('the answer to what came over a connection goes back over it', () => {
    const world = new World(1);
    const network = new Network(world, new Trace(world), FAIR);
    const got: string[] = [];
    const ignore = { failed: () => undefined, closed: () => undefined };
    const server = network.host('192.0.2.2');
    server.listen(['tcp:5060'], {
      ...ignore,
      received: (batch) => {
        for (const packet of batch) server.send(packet.flow, packet.bytes);
      },
    });
    const client = network.host('192.0.2.1');
    client.listen([], {
      ...ignore,
      received: (batch) => {
        for (const packet of batch) got.push(`${text(packet.bytes)} over ${packet.flow.connectionId}`);
      },
    });
    client.send(flow('tcp'), utf8('ping'));
    world.runUntil(world.now + 100);
    assert.deepEqual(got, ['ping over c1']);
  });
});
