// From an INVITE and who sent it to where it goes. Pure: the directory and the time go in, a route or a refusal
// comes out. A refusal with a verdict is spoken to the caller; one with a status is answered at once.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { type Caller, callerFromTrunk, diversions, wantsPrivacy } from '../calls/identity.ts';
import type { CallRoute } from '../calls/route.ts';
import type { Account, Phone, TrunkSettings } from '../ports/records.ts';
import { instanceOfGruu } from '../registrar/device.ts';
import { emergencyNumber, isEmergency, normaliseNumber } from '../routing/destinations.ts';
import type { Directory } from '../routing/directory.ts';
import { stepsOf } from '../routing/plan.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { parseUri, uriUser } from '../sip/message/uri.ts';
import type { ControlSettings } from './options.ts';
import { codeRoute, controlRoute } from './placing-services.ts';

export type Placing =
  | {
      readonly type: 'route';
      readonly route: CallRoute;
      readonly caller: Caller;
      readonly callerOutside?: Caller;
    }
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly reason: string;
      /** Where a number of ours was called: whose, and by whom. */
      readonly attempt?: Attempt;
    };

/** A call that may not have begun, as far as the ledger tells of it. */
export type Attempt = Pick<Placing & { type: 'route' }, 'route' | 'caller'>;

const PHONE_RINGS_MS = 60_000;
const DIAL_RINGS_MS = 180_000;

/** Stands for whoever would own a number that nobody has. */
const NOBODY: Account = {
  name: '',
  phones: [],
  numbers: [],
  hours: [],
  limits: {
    callsMax: 0,
    divertedCallsMax: 0,
    phonesMax: 0,
    bindingsPerPhoneMax: 0,
    destinationsAllowed: [],
    destinationsDenied: [],
  },
};

/** A call from a carrier: only to our numbers. */
export function placeFromTrunk(
  invite: SipRequest,
  trunk: TrunkSettings,
  directory: Directory,
  now: Instant,
  control?: ControlSettings,
): Placing {
  const called = calledNumber(invite, trunk.country, directory, control);
  const caller = callerFromTrunk(invite, (text) => normaliseNumber(text, trunk.country));
  const service = called === undefined ? undefined : controlRoute(called, 'in', control);
  if (service !== undefined) return { type: 'route', caller, route: service };
  const owner = called === undefined ? undefined : directory.number(called);
  if (called === undefined || owner === undefined) {
    const written = called ?? writtenUser(invite.uri) ?? 'nobody';
    return {
      type: 'route',
      caller,
      route: refused('in', NOBODY, written, 'not-found', `${written} is not a number here`),
    };
  }
  const { steps, divert } = stepsOf(owner.number, now);
  const route: CallRoute = {
    direction: 'in',
    account: owner.account,
    called,
    number: owner.number,
    steps,
    ...(divert === undefined ? {} : { divert }),
    emergency: false,
  };
  const { count, loop } = diversions(invite, called);
  if (loop || count > LIMITS.diversionsMax) {
    const reason = `the call was already diverted ${loop ? `from ${called}` : `${count} times`}`;
    return { type: 'refused', status: 482, reason, attempt: { route, caller } };
  }
  return { type: 'route', route, caller };
}

export interface PlacingSettings {
  /** ISO 3166, in whose national format phones dial. */
  readonly country: string;
  readonly domain: string;
  readonly control?: ControlSettings;
}

/** A call from a phone of ours: emergency first, then our phones and numbers, then out over a trunk. */
export function placeFromPhone(
  invite: SipRequest,
  from: { readonly account: Account; readonly phone: Phone },
  directory: Directory,
  { country, domain, control }: PlacingSettings,
  now: Instant,
): Placing {
  const { account, phone } = from;
  const dialled = writtenUser(invite.uri);
  if (dialled === undefined)
    return { type: 'refused', status: 484, reason: 'nobody is named in the Request-URI' };
  const outside = outsideCaller(from, invite);
  const base = { account, emergency: false };
  const emergency = emergencyNumber(dialled);
  if (emergency !== undefined) {
    const steps = [{ type: 'dial', number: emergency, forMs: DIAL_RINGS_MS } as const];
    // The emergency services must see who calls, whatever the phone asked for (RFC 6443 §10).
    const caller = { ...outside, private: false };
    return {
      type: 'route',
      caller,
      route: { ...base, direction: 'out', called: emergency, steps, emergency: true },
    };
  }
  const inside = insideCaller(phone);
  const toPhone = placeToPhone(dialled, instanceOfGruu(invite.uri, domain), from, directory);
  if (toPhone !== undefined) return toPhone;
  const code = codeRoute(dialled, from, control);
  if (code !== undefined) return { type: 'route', caller: inside, route: code };
  const number = normaliseNumber(dialled, country);
  if (number === undefined) {
    return {
      type: 'route',
      caller: inside,
      route: refused('internal', account, dialled, 'not-found', `${dialled} is neither a phone nor a number`),
    };
  }
  const service = controlRoute(number, 'internal', control);
  if (service !== undefined) return { type: 'route', caller: outside, route: service };
  const owner = directory.number(number);
  if (owner !== undefined) {
    const { steps, divert } = stepsOf(owner.number, now);
    const route: CallRoute = {
      ...base,
      direction: 'internal',
      account: owner.account,
      called: number,
      number: owner.number,
      steps,
      ...(divert === undefined ? {} : { divert }),
    };
    const caller = owner.account === account ? inside : outside;
    return { type: 'route', route, caller, callerOutside: outside };
  }
  const steps = [{ type: 'dial', number, forMs: DIAL_RINGS_MS } as const];
  return { type: 'route', caller: outside, route: { ...base, direction: 'out', called: number, steps } };
}

/** To another phone of the account, or to one device of it; `undefined` where it is no phone of theirs. */
function placeToPhone(
  dialled: string,
  instance: string | undefined,
  { account, phone }: { readonly account: Account; readonly phone: Phone },
  directory: Directory,
): Placing | undefined {
  const target = directory.phone(dialled);
  const own = target !== undefined && target.account === account;
  // `gr` alone is a temporary GRUU (RFC 5627 §3.1.2), and we never gave one.
  if (instance === '' || (instance !== undefined && !own)) {
    return { type: 'refused', status: 404, reason: 'No Such GRUU' };
  }
  if (!own) return undefined;
  return {
    type: 'route',
    caller: insideCaller(phone),
    route: {
      account,
      emergency: false,
      direction: 'internal',
      called: dialled,
      steps: [{ type: 'ring', phones: [dialled], order: 'together', forMs: PHONE_RINGS_MS }],
      ...(instance === undefined ? {} : { instance }),
    },
  };
}

function insideCaller({ user, displayName }: Phone): Caller {
  return { id: user, displayName, private: false };
}

/** The same route, but the caller only hears that all lines are busy. */
export function fullAccount(route: CallRoute): CallRoute {
  const { name, limits } = route.account;
  return { ...route, refusal: { verdict: 'busy', text: `${name} already has its ${limits.callsMax} calls` } };
}

function refused(
  direction: CallRoute['direction'],
  account: Account,
  called: string,
  verdict: 'not-found',
  text: string,
): CallRoute {
  return {
    direction,
    account,
    called,
    steps: [],
    emergency: false,
    refusal: { verdict, text },
  };
}

/** As others see a phone: its own caller id, else its account's first number. */
function outsideCaller({ account, phone }: { account: Account; phone: Phone }, invite: SipRequest): Caller {
  const id = phone.callerId ?? account.numbers[0]?.number;
  return { id, displayName: phone.displayName, private: wantsPrivacy(invite) || id === undefined };
}

/**
 * The number that a carrier's call is for: in the Request-URI; where we are registered with the carrier that may
 * be our Contact, and then it is in P-Called-Party-ID (RFC 7315 §4.2) or To. The first that is ours; else the first.
 */
function calledNumber(
  invite: SipRequest,
  country: string,
  directory: Directory,
  control: ControlSettings | undefined,
): string | undefined {
  let first: string | undefined;
  for (const place of [invite.uri, invite.headers.get('P-Called-Party-ID'), invite.to?.uri]) {
    const user = place === undefined ? undefined : uriUser(place.replace(/^[^<]*<|>.*$/g, ''));
    const number = user === undefined ? undefined : normaliseNumber(user.split(';')[0] ?? '', country);
    const isOurs = number !== undefined && directory.number(number) !== undefined;
    if (isOurs || (number !== undefined && control?.numbers.includes(number) === true)) return number;
    first ??= number;
  }
  return first;
}

/** Is it for an emergency number, whoever asks and whatever becomes of it? */
export function isForEmergency({ uri }: Pick<SipRequest, 'uri'>): boolean {
  return isEmergency(writtenUser(uri) ?? '') || /^urn:service:sos/i.test(uri);
}

function writtenUser(uri: string): string | undefined {
  if (!parseUri(uri).ok) return undefined;
  // Parameters of a telephone-subscriber (RFC 3261 §19.1.6) are not part of the number.
  const user = uriUser(uri)?.split(';')[0];
  return user === undefined || user === '' ? undefined : user;
}
