// The certificate that a TLS server shows: trusted, for the name that is wanted, valid, and for how long. The first of
// its chain to end counts, for that is when connections begin to fail.
//
//   www.example.net:443          by the rules of the web (RFC 9525): *.example.net speaks for it
//   sips:voice.example.net       by those of SIP (RFC 5922): only voice.example.net does

import { type DetailedPeerCertificate, type PeerCertificate, TLSSocket } from 'node:tls';
import { LIMITS } from '../../base/limits.ts';
import { DAY_MS } from '../../base/time.ts';
import type { CertificateTarget, Found } from '../../ports/probes.ts';
import { certificateDomains, speaksFor } from '../../sip/certificate/identity.ts';
import { type Around, connected } from './tcp.ts';

export async function probeCertificate(
  target: CertificateTarget,
  around: Around,
  signal: AbortSignal,
): Promise<Found> {
  const { host, port, name, isSip, warnMs } = target;
  const identity = isSip ? { servername: name, checkServerIdentity: sipIdentity } : { servername: name };
  const socket = await connected({ host, port, transport: 'tls', ...identity }, around, signal);
  try {
    if (!(socket instanceof TLSSocket)) throw new Error('no TLS was spoken');
    const first = firstToEnd(socket.getPeerCertificate(true));
    const leftMs = Date.parse(first.valid_to) - Date.now();
    const days = Math.floor((10 * leftMs) / DAY_MS) / 10;
    const measures = { daysLeft: days };
    if (leftMs > warnMs) return { measures };
    const until = new Date(first.valid_to).toISOString().slice(0, 10);
    return { measures, warning: `the certificate of ${subjectOf(first)} ends on ${until}, in ${days} days` };
  } finally {
    socket.destroy();
  }
}

function sipIdentity(name: string, { subjectaltname }: PeerCertificate): Error | undefined {
  const domains = certificateDomains(subjectaltname);
  if (speaksFor(domains, name)) return undefined;
  return new Error(
    `the certificate speaks for ${domains.join(', ') || 'nobody'}, not for ${name} (RFC 5922)`,
  );
}

/** The root is left out: it counts because it is known, whatever it says of itself. */
function firstToEnd(own: DetailedPeerCertificate): DetailedPeerCertificate {
  let first = own;
  let at = own.issuerCertificate;
  for (
    let depth = 0;
    depth < LIMITS.probeChainMax && at !== undefined && at.issuerCertificate !== at;
    depth++
  ) {
    if (Date.parse(at.valid_to) < Date.parse(first.valid_to)) first = at;
    at = at.issuerCertificate;
  }
  return first;
}

function subjectOf({ subject, subjectaltname }: DetailedPeerCertificate): string {
  return [subject?.CN].flat()[0] ?? subjectaltname ?? 'the server';
}
