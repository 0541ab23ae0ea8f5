import { openTcp } from '../../src/adapters/net-stream/tcp.ts';
import { openTls } from '../../src/adapters/net-stream/tls.ts';
import { openUdp } from '../../src/adapters/net-udp/udp.ts';
import { openWs } from '../../src/adapters/net-ws/ws.ts';
import { createSystemClock } from '../../src/adapters/system-clock/system-clock.ts';
import { Authority, fixedCertificates } from '../authority.ts';
import { type SignallingCase, signallingContract } from './signalling.contract.ts';
import { WebSocketClient } from './web-socket-client.ts';

const ipv4 = { address: '127.0.0.1', foreignAddress: '192.0.2.1' };
const ipv6 = { address: '::1', foreignAddress: '2001:db8::1' };
const clock = createSystemClock();

const udp: Pick<SignallingCase, 'tellsRefusal' | 'open'> = {
  tellsRefusal: false,
  open: (address, port, handler) => openUdp({ address, port, handler }),
};
const tcp: Pick<SignallingCase, 'tellsRefusal' | 'open' | 'openLimited'> = {
  tellsRefusal: true,
  open: (address, port, handler) => openTcp({ address, port, handler, clock }),
  openLimited: (address, handler, limits) => openTcp({ address, port: 0, handler, clock, limits }),
};
const ws: Pick<SignallingCase, 'tellsRefusal' | 'open' | 'openLimited' | 'client'> = {
  tellsRefusal: false,
  open: (address, port, handler) => openWs({ address, port, origins: [], handler, clock }),
  openLimited: (address, handler, limits) =>
    openWs({ address, port: 0, origins: [], handler, clock, limits }),
  client: (address, handler) => new WebSocketClient('ws', address, handler),
};
const material = await (await Authority.create()).material('127.0.0.1', '::1');
const certificates = fixedCertificates(material);
const tls: Pick<SignallingCase, 'tellsRefusal' | 'open' | 'openLimited'> = {
  tellsRefusal: true,
  openLimited: (address, handler, limits) =>
    openTls({ address, port: 0, handler, clock, limits, certificates, clientCertificates: 'ask' }),
  open: (address, port, handler) =>
    openTls({ address, port, handler, clock, certificates, clientCertificates: 'ask' }),
};
const wss: typeof ws = {
  tellsRefusal: false,
  open: (address, port, handler) => {
    const options = { address, port, origins: [], handler, clock };
    return openWs({ ...options, tls: { certificates, clientCertificates: 'off' } });
  },
  openLimited: (address, handler, limits) => {
    const options = { address, port: 0, origins: [], handler, clock, limits };
    return openWs({ ...options, tls: { certificates, clientCertificates: 'off' } });
  },
  client: (address, handler) =>
    new WebSocketClient('wss', address, handler, { ca: [...material.serverAuthorities] }),
};

signallingContract({ name: 'UDP and IPv4', ...ipv4, ...udp });
signallingContract({ name: 'UDP and IPv6', ...ipv6, ...udp });
signallingContract({ name: 'TCP and IPv4', ...ipv4, ...tcp });
signallingContract({ name: 'TCP and IPv6', ...ipv6, ...tcp });
signallingContract({ name: 'WebSockets and IPv4', ...ipv4, ...ws });
signallingContract({ name: 'WebSockets and IPv6', ...ipv6, ...ws });
signallingContract({ name: 'TLS and IPv4', ...ipv4, ...tls });
signallingContract({ name: 'TLS and IPv6', ...ipv6, ...tls });
signallingContract({ name: 'WebSockets over TLS and IPv4', ...ipv4, ...wss });
signallingContract({ name: 'WebSockets over TLS and IPv6', ...ipv6, ...wss });
