// The certificate that a TLS server shows: trusted, for the name that is wanted, valid, and for how long. The first of
// its chain to end counts, for that is when connections begin to fail.
//
//   www.example.net:443          by the rules of the web (RFC 9525): *.example.net speaks for it
//   sips:voice.example.net       by those of SIP (RFC 5922): only voice.example.net does
//
// The connection is made whoever answers, so that what is wrong can be told by name: "certificate has expired" is what
// OpenSSL says of an intermediate as well.

import { checkServerIdentity as byTheWeb, type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { LIMITS } from '../../base/limits.ts';
import { DAY_MS, type Instant } from '../../base/time.ts';
import { type CertificateTarget, type Found, reasonOf } from '../../ports/probes.ts';
import { type Around, connected, sipIdentity } from './tcp.ts';

type Certificate = DetailedPeerCertificate;

export async function probeCertificate(
  target: CertificateTarget,
  around: Around,
  signal: AbortSignal,
): Promise<Found> {
  const { host, port, name, isSip, warnMs } = target;
  const asking = { host, port, transport: 'tls', servername: name, unverified: true } as const;
  const socket = await connected({ ...asking, checkServerIdentity: () => undefined }, around, signal);
  try {
    if (!(socket instanceof TLSSocket)) throw new Error('no TLS was spoken');
    const own = socket.getPeerCertificate(true);
    const chain = chainOf(own);
    if (!socket.authorized) throw new Error(whyNot(String(socket.authorizationError), chain, Date.now()));
    const misnamed = (isSip ? sipIdentity : byTheWeb)(name, own);
    if (misnamed !== undefined) throw misnamed;
    return left(chain, own, warnMs);
  } finally {
    socket.destroy();
  }
}

function left(chain: readonly Certificate[], own: Certificate, warnMs: number): Found {
  const first = chain.reduce((a, b) => (endOf(b) < endOf(a) ? b : a), own);
  const leftMs = endOf(first) - Date.now();
  const days = Math.floor((10 * leftMs) / DAY_MS) / 10;
  const measures = { daysLeft: days };
  if (leftMs > warnMs) return { measures };
  if (leftMs > 0)
    return { measures, warning: `the certificate ${named(first)} ends on ${dayOf(first)}, in ${days} days` };
  const warning = `it comes with the certificate ${named(first)}, which ended on ${dayOf(first)}: not all can trust it`;
  return { measures, warning };
}

/** Each with who issued it after it, as they came. The root is left out: it counts because it is known. */
function chainOf(own: Certificate): readonly Certificate[] {
  const chain = [own];
  let at = own.issuerCertificate;
  while (chain.length <= LIMITS.probeChainMax && at !== undefined && at.issuerCertificate !== at) {
    chain.push(at);
    at = at.issuerCertificate;
  }
  return chain;
}

function whyNot(code: string, chain: readonly Certificate[], now: Instant): string {
  const last = chain.at(-1);
  const over = chain.find((each) => endOf(each) <= now);
  if (code === 'CERT_HAS_EXPIRED' && over !== undefined)
    return `the certificate ${named(over)} has expired: it ended on ${dayOf(over)}`;
  const early = chain.find(({ valid_from }) => Date.parse(valid_from) > now);
  if (code === 'CERT_NOT_YET_VALID' && early !== undefined)
    return `the certificate ${named(early)} is not yet valid: it begins on ${isoDay(early.valid_from)}`;
  const reason = reasonOf(Object.assign(new Error(code), { code }));
  const issuer = last?.issuer.CN;
  return issuer === undefined ? reason : `${reason} (issued by ${issuer})`;
}

function endOf({ valid_to }: Certificate): Instant {
  return Date.parse(valid_to);
}

function dayOf({ valid_to }: Certificate): string {
  return isoDay(valid_to);
}

function isoDay(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}

function named({ subject, subjectaltname }: Certificate): string {
  return `of ${[subject?.CN].flat()[0] ?? subjectaltname ?? 'the server'}`;
}
