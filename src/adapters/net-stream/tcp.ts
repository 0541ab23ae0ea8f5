// SIP over TCP alone: what is accepted or connected may carry at once, and any connection to an address and port
// is as good as another, because nothing is known of who is there.

import { connect } from 'node:net';
import { formatEndpoint } from '../../base/net.ts';
import type { SignallingTransport } from '../../ports/signalling.ts';
import { openStream, PROBE_DELAY_MS, type StreamKind, type StreamOptions } from './stream.ts';

/** Throws RingthroughError LISTEN_FAILED. */
export function openTcp(options: StreamOptions): Promise<SignallingTransport> {
  return openStream(options, TCP);
}

const TCP: StreamKind = {
  transport: 'tcp',
  accept: (socket, _remote, done) => done({ socket }),
  open: ({ remote }, localAddress) => ({
    socket: connect({
      host: remote.address,
      port: remote.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_DELAY_MS,
      ...(localAddress === undefined ? {} : { localAddress }),
    }),
    readyOn: 'connect',
  }),
  shareName: ({ remote }) => formatEndpoint(remote),
  acceptedShareNames: ({ remote }) => [formatEndpoint(remote)],
  counters: () => ({}),
  close: () => undefined,
};
