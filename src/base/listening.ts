// What to tell a person whose node cannot listen where it was told to: one line with the address, the cause
// and the setting to change. Shared by the signalling transports and the HTTP server.

import { RingthroughError } from './errors.ts';
import { type Endpoint, formatEndpoint } from './net.ts';

/** `protocol` and `setting` as the configuration writes them: `udp` and `sip.listen`. */
export function listenFailure(
  protocol: string,
  endpoint: Endpoint,
  setting: string,
  cause: unknown,
): RingthroughError {
  const where = `${protocol} ${formatEndpoint(endpoint)}`;
  return new RingthroughError('LISTEN_FAILED', `${where} ${explain(codeOf(cause), setting)}`, { cause });
}

function explain(code: string, setting: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `is in use by another program; choose another in ${setting}`;
    case 'EACCES':
    case 'EPERM':
      return `may not be opened by this user; choose a port from 1024 up in ${setting}`;
    case 'EADDRNOTAVAIL':
      return `is not an address of this machine; choose one that is in ${setting}`;
    case 'EAFNOSUPPORT':
      return `is of a family that this machine does not speak; choose another in ${setting}`;
    default:
      return `cannot be listened on (${code}); choose another in ${setting}`;
  }
}

function codeOf(cause: unknown): string {
  if (cause instanceof Error) {
    return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  }
  return String(cause);
}
