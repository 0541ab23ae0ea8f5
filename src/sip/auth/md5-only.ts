// Which clients are offered MD5 alone. RFC 8760 §2.4 wants a client to pick the first challenge it
// understands. Many in the field give up instead when any challenge, or the first, names SHA-256: they
// could never register with a server that offers both. So a client known to be like that by its User-Agent,
// and one that went away from both challenges and came back without credentials, is asked for MD5 only.
//
// Nothing is lost by it: only a server that accepts MD5 anyway does this, and who could forge the evidence
// gains nothing but that.

import { fnv1a } from '../../base/hash.ts';
import type { Instant } from '../../base/time.ts';
import { HOUR_MS, SECOND_MS } from '../../base/time.ts';
import type { SipRequest } from '../message/message.ts';
import { parseUri } from '../message/uri.ts';

/** `product` captures major and minor version; versions from `fixedIn` on choose as they should. */
interface Md5OnlyClient {
  readonly product: RegExp;
  readonly fixedIn?: readonly [major: number, minor: number];
  readonly why: string;
}

const MD5_ONLY_CLIENTS: readonly Md5OnlyClient[] = [
  {
    product: /^baresip v?(\d+)\.(\d+)/i,
    fixedIn: [3, 12],
    why: 'libre ended the registration at any algorithm but MD5 (github.com/baresip/re/pull/1103)',
  },
  {
    product: /^PJSUA v?(\d+)\.(\d+)/i,
    fixedIn: [2, 11],
    why: 'looked at the first challenge only (github.com/pjsip/pjproject/pull/2408)',
  },
  {
    product: /^Asterisk PBX (\d+)\.(\d+)/i,
    fixedIn: [20, 12],
    why: 'looked at the first challenge only (github.com/sipsorcery-org/sipsorcery/issues/525)',
  },
  {
    product: /^FreeSWITCH(?:-mod_sofia\/(\d+)\.(\d+))?/i,
    why: 'looks at the first challenge only (github.com/sipsorcery-org/sipsorcery/issues/525)',
  },
  {
    product: /^SIPp(?:[ /]v?(\d+)\.(\d+))?/i,
    fixedIn: [3, 8],
    why: 'looked at the first challenge only and knew MD5 (github.com/SIPp/sipp/issues/652)',
  },
  {
    product: /^JsSIP /,
    why: 'looks at the first challenge only and knows MD5 (3.13, DigestAuthentication.js)',
  },
  { product: /^SIP\.js\//, why: 'the same (0.21, digest-authentication.js)' },
];

/** True where this User-Agent is known to fail at a SHA-256 challenge. */
export function isKnownMd5Only(userAgent: string | undefined): boolean {
  if (userAgent === undefined) return false;
  for (const { product, fixedIn } of MD5_ONLY_CLIENTS) {
    const match = product.exec(userAgent);
    if (match === null) continue;
    if (fixedIn === undefined || match[1] === undefined) return true;
    const [major, minor] = [Number(match[1]), Number(match[2])];
    return major < fixedIn[0] || (major === fixedIn[0] && minor < fixedIn[1]);
  }
  return false;
}

/** A second request of the same moment is no sign that the client gave up. */
const GIVEN_UP_AFTER_MS = 2 * SECOND_MS;
/** Longer than any phone waits before it registers again. */
const REMEMBERED_MS = 2 * HOUR_MS;

/**
 * Remembers who was asked with both algorithms and has not answered with SHA-256 since. Anybody can say that they are
 * some phone, so this is a table of a fixed size in which a newcomer takes the place of whom its hash falls on: it
 * never grows, and it treats phones that exist as it does invented ones, so that nobody learns which exist.
 */
export class UnansweredChallenges {
  readonly #slots: number;
  /** Of who has the slot; 0 of nobody. */
  #tags = new Uint32Array(0);
  #firstAt = new Float64Array(0);
  #lastAt = new Float64Array(0);

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Notes that the sender of `request` is asked now; true where it was asked before and went away. */
  asked(request: SipRequest, now: Instant): boolean {
    if (this.#tags.length === 0) {
      this.#tags = new Uint32Array(this.#slots);
      this.#firstAt = new Float64Array(this.#slots);
      this.#lastAt = new Float64Array(this.#slots);
    }
    const { slot, tag } = this.#placeOf(request);
    const isKnown = this.#tags[slot] === tag && now - (this.#lastAt[slot] ?? 0) <= REMEMBERED_MS;
    if (!isKnown) {
      this.#tags[slot] = tag;
      this.#firstAt[slot] = now;
    }
    this.#lastAt[slot] = now;
    return now - (this.#firstAt[slot] ?? now) >= GIVEN_UP_AFTER_MS;
  }

  /** The sender answered with SHA-256. */
  answered(request: SipRequest): void {
    const { slot, tag } = this.#placeOf(request);
    if (this.#tags[slot] === tag) this.#tags[slot] = 0;
  }

  #placeOf(request: SipRequest): { readonly slot: number; readonly tag: number } {
    const client = clientOf(request);
    return { slot: fnv1a(client, 0x811c9dc5) % this.#slots, tag: fnv1a(client, 0x01234567) || 1 };
  }
}

/** A phone as a server sees it before it is authenticated: the user it names and the address it sends from. */
function clientOf(request: SipRequest): string {
  const via = request.via;
  return `${claimedUser(request) ?? ''} ${via?.parameters.get('received') ?? via?.host ?? ''}`;
}

/** The user of the From header, not proven. */
export function claimedUser(request: SipRequest): string | undefined {
  const uri = request.from === undefined ? undefined : parseUri(request.from.uri);
  return uri?.ok && (uri.value.scheme === 'sip' || uri.value.scheme === 'sips') ? uri.value.user : undefined;
}
