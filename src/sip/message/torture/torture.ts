// The shape of the torture set: our own messages for each section of RFC 4475 and RFC 5118, as data, each
// with what this implementation must make of it. torture.test.ts runs them all. Where an RFC leaves a
// choice between refusing and tolerating, `about` says which one we took.

import { utf8 } from '../../../base/bytes.ts';
import type { ParseFailure } from '../parse.ts';

export interface TortureMessage {
  /** The RFC's own short name. */
  readonly name: string;
  /** Such as `4475 §3.1.1.1`. */
  readonly section: string;
  readonly about: string;
  readonly bytes: Uint8Array;
  readonly expected: Expected;
}

export type Expected =
  /** parseMessage refuses it; status undefined: it gets no answer. */
  | {
      readonly verdict: 'unparsable';
      readonly code: ParseFailure['code'];
      readonly status: number | undefined;
    }
  /** It parses, and inspectRequest or inspectResponse objects with this reason. */
  | { readonly verdict: 'objectionable'; readonly reason: string }
  /** Nothing to object to; everything given in `reads` reads so. */
  | { readonly verdict: 'sound'; readonly reads: Partial<Reading> };

/** What the accessors say, in normal form. */
export interface Reading {
  /** `INVITE sip:bob@example.com` or `200 OK`. */
  readonly start: string;
  /** User of the Request-URI, unescaped. */
  readonly user: string | undefined;
  /** Scheme of the Request-URI; `other` for what we cannot route. */
  readonly scheme: string;
  /** Host and port of a sip or sips Request-URI. */
  readonly hostPort: string;
  readonly vias: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly fromDisplayName: string | undefined;
  readonly toDisplayName: string | undefined;
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  readonly callId: string;
  /** `1826 REGISTER` */
  readonly cseq: string;
  readonly maxForwards: number | undefined;
  readonly contacts: readonly string[];
  readonly routes: readonly string[];
  /** Users of the Contact URIs, unescaped. */
  readonly contactUsers: readonly (string | undefined)[];
  readonly bodyBytes: number;
  /** `headers.all(name)` for each name. */
  readonly rows: Readonly<Record<string, readonly string[]>>;
}

/** The rows with CRLF after each, an empty row, and the body. */
export function message(rows: readonly string[], body: string | Uint8Array = ''): Uint8Array {
  const head = utf8(`${rows.join('\r\n')}\r\n\r\n`);
  const tail = typeof body === 'string' ? utf8(body) : body;
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

/** An SDP offer of 130 bytes, for the messages that only carry one. */
export const SDP: string = [
  'v=0',
  'o=mhandley 29739 7272939 IN IP4 192.0.2.3',
  's=-',
  'c=IN IP4 192.0.2.4',
  't=0 0',
  'm=audio 49217 RTP/AVP 0 12',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n');
