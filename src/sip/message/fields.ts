// The header fields that we know by name: their usual spelling, their compact form (RFC 3261 §7.3.3 and the
// registry of IANA), and a way to recognise them in bytes without making a string. Names that are not in
// here work all the same; they are only decoded before they are compared.

import { AssertionFailure } from '../../base/assert.ts';
import { TOKEN } from './grammar.ts';

/** A header field's name. Known ones exist once, so that they can be compared by identity. */
export interface Field {
  /** Usual spelling, long form; as written for unknown names. */
  readonly name: string;
  /** Lower-case long form. */
  readonly key: string;
  readonly known: boolean;
}

const KNOWN_NAMES: readonly (readonly [name: string, compact?: string])[] = [
  ['Accept'],
  ['Accept-Contact', 'a'],
  ['Accept-Encoding'],
  ['Accept-Language'],
  ['Alert-Info'],
  ['Allow'],
  ['Allow-Events', 'u'],
  ['Answer-Mode'],
  ['Authentication-Info'],
  ['Authorization'],
  ['Call-ID', 'i'],
  ['Call-Info'],
  ['Contact', 'm'],
  ['Content-Disposition'],
  ['Content-Encoding', 'e'],
  ['Content-Language'],
  ['Content-Length', 'l'],
  ['Content-Type', 'c'],
  ['CSeq'],
  ['Date'],
  ['Diversion'],
  ['Error-Info'],
  ['Event', 'o'],
  ['Expires'],
  ['Flow-Timer'],
  ['From', 'f'],
  ['Geolocation'],
  ['History-Info'],
  ['Identity', 'y'],
  ['In-Reply-To'],
  ['Join'],
  ['Max-Breadth'],
  ['Max-Forwards'],
  ['MIME-Version'],
  ['Min-Expires'],
  ['Min-SE'],
  ['Organization'],
  ['P-Access-Network-Info'],
  ['P-Asserted-Identity'],
  ['P-Associated-URI'],
  ['P-Called-Party-ID'],
  ['P-Charging-Vector'],
  ['P-Early-Media'],
  ['P-Preferred-Identity'],
  ['Path'],
  ['Priority'],
  ['Privacy'],
  ['Proxy-Authenticate'],
  ['Proxy-Authorization'],
  ['Proxy-Require'],
  ['RAck'],
  ['Reason'],
  ['Record-Route'],
  ['Refer-To', 'r'],
  ['Referred-By', 'b'],
  ['Reject-Contact', 'j'],
  ['Remote-Party-ID'],
  ['Replaces'],
  ['Reply-To'],
  ['Request-Disposition', 'd'],
  ['Require'],
  ['Retry-After'],
  ['Route'],
  ['RSeq'],
  ['Server'],
  ['Service-Route'],
  ['Session-Expires', 'x'],
  ['SIP-ETag'],
  ['SIP-If-Match'],
  ['Subject', 's'],
  ['Subscription-State'],
  ['Supported', 'k'],
  ['Target-Dialog'],
  ['Timestamp'],
  ['To', 't'],
  ['Unsupported'],
  ['User-Agent'],
  ['User-to-User'],
  ['Via', 'v'],
  ['Warning'],
  ['WWW-Authenticate'],
];

const BY_TEXT = new Map<string, Field>();
/** Spelling on the wire (lower case) → field; long and compact forms. */
const SPELLINGS: Spelling[] = [];

for (const [name, compact] of KNOWN_NAMES) {
  const field: Field = { name, key: name.toLowerCase(), known: true };
  BY_TEXT.set(name, field);
  for (const spelling of compact === undefined ? [field.key] : [field.key, compact]) {
    BY_TEXT.set(spelling, field);
    SPELLINGS.push({ spelling, field });
  }
}

/** The field of a name in any case, long or compact. */
export function fieldOf(name: string): Field {
  const exact = BY_TEXT.get(name);
  if (exact !== undefined) return exact;
  const key = name.toLowerCase();
  return BY_TEXT.get(key) ?? { name, key, known: false };
}

// A perfect hash over length, first, middle and last character of all spellings. The table's size is found
// when the module loads, so adding a name needs no thought (and two names that this cannot tell apart stop
// the program at once). `| 0x20` makes letters lower-case, and makes no letter or `-` of any other token
// character.
interface Spelling {
  readonly spelling: string;
  readonly field: Field;
}

const HASH_TABLE = buildTable();

function buildTable(): readonly (Spelling | undefined)[] {
  for (let size = 256; size <= 65_536; size *= 2) {
    const table = new Array<Spelling | undefined>(size).fill(undefined);
    const fits = SPELLINGS.every((entry) => {
      const text = entry.spelling;
      const end = text.length - 1;
      const slot = hash(
        text.length,
        text.charCodeAt(0),
        text.charCodeAt(text.length >> 1),
        text.charCodeAt(end),
      );
      const free = table[slot & (size - 1)] === undefined;
      table[slot & (size - 1)] = entry;
      return free;
    });
    if (fits) return table;
  }
  throw new AssertionFailure('two header names have the same hash: use one more character of them');
}

function hash(length: number, first: number, middle: number, last: number): number {
  return length + (first | 0x20) * 31 + (middle | 0x20) * 961 + (last | 0x20) * 29_791;
}

/** The position after the token that begins at `start`. */
export function endOfToken(bytes: Uint8Array, start: number): number {
  let at = start;
  while (TOKEN[bytes[at] ?? 0] === 1) at++;
  return at;
}

/** The known field whose name stands from `start` to `end`; undefined for all others. The bytes are a token. */
export function knownField(bytes: Uint8Array, start: number, end: number): Field | undefined {
  const length = end - start;
  const slot = hash(length, bytes[start] ?? 0, bytes[start + (length >> 1)] ?? 0, bytes[end - 1] ?? 0);
  const entry = HASH_TABLE[slot & (HASH_TABLE.length - 1)];
  if (entry === undefined || entry.spelling.length !== length) return undefined;
  for (let at = 0; at < length; at++) {
    if (((bytes[start + at] ?? 0) | 0x20) !== entry.spelling.charCodeAt(at)) return undefined;
  }
  return entry.field;
}
