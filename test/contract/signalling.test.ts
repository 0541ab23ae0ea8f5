import { openTcp } from '../../src/adapters/net-tcp/tcp.ts';
import { openUdp } from '../../src/adapters/net-udp/udp.ts';
import { createSystemClock } from '../../src/adapters/system-clock/system-clock.ts';
import { type SignallingCase, signallingContract } from './signalling.contract.ts';

const ipv4 = { address: '127.0.0.1', foreignAddress: '192.0.2.1' };
const ipv6 = { address: '::1', foreignAddress: '2001:db8::1' };
const clock = createSystemClock();

const udp: Pick<SignallingCase, 'tellsRefusal' | 'open'> = {
  tellsRefusal: false,
  open: (address, port, handler) => openUdp({ address, port, handler }),
};
const tcp: Pick<SignallingCase, 'tellsRefusal' | 'open'> = {
  tellsRefusal: true,
  open: (address, port, handler) => openTcp({ address, port, handler, clock }),
};

signallingContract({ name: 'UDP and IPv4', ...ipv4, ...udp });
signallingContract({ name: 'UDP and IPv6', ...ipv6, ...udp });
signallingContract({ name: 'TCP and IPv4', ...ipv4, ...tcp });
signallingContract({ name: 'TCP and IPv6', ...ipv6, ...tcp });
