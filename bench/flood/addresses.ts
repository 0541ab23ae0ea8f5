// Who lives where in the namespaces of the flood bench. Everything is private (RFC 1918) or for benches (RFC 2544),
// and none of it exists outside of the namespaces.
//
//   edge     198.18.0.1          the platform
//   phones   198.18.N.10         twenty offices, twenty phones at each address
//            198.18.100.10       the carrier
//            198.19.N.10         newcomers in networks of their own, and a few next door to bots: 10.1.N.200
//   bots     10.X.Y.66          up to ten thousand, each in a /24 of its own

import type { Endpoint } from '../../src/base/net.ts';

export const EDGE_ADDRESS = '198.18.0.1';
export const SIP_PORT = 5060;
export const EDGE: Endpoint = { address: EDGE_ADDRESS, port: SIP_PORT };

export const CARRIER: Endpoint = { address: '198.18.100.10', port: 5060 };

/** What is routed to the phones, and to the bots, but for newcomers next door to bots. */
export const PHONES_NETWORK = '198.18.0.0/15';
export const BOTS_NETWORK = '10.0.0.0/8';

const OFFICES = 20;
const PHONES_PER_OFFICE = 20;
const FIRST_PHONE_PORT = 20_000;

export interface Subscriber {
  readonly user: string;
  readonly number: string;
  readonly local: Endpoint;
}

/** Neighbours in this list are in different offices. */
export const SUBSCRIBERS: readonly Subscriber[] = Array.from(
  { length: OFFICES * PHONES_PER_OFFICE },
  (_, index) => {
    const digits = String(index).padStart(3, '0');
    return {
      user: `phone-${digits}`,
      number: `+442079460${digits}`,
      local: {
        address: `198.18.${1 + (index % OFFICES)}.10`,
        port: FIRST_PHONE_PORT + Math.floor(index / OFFICES),
      },
    };
  },
);

export const ACCOUNTS: readonly (readonly Subscriber[])[] = Array.from({ length: OFFICES }, (_, office) =>
  SUBSCRIBERS.filter((_, index) => index % OFFICES === office),
);

const NEWCOMERS = 50;
const NEXT_DOOR = 5;

export interface Newcomer {
  readonly user: string;
  readonly local: Endpoint;
}

export const NEWCOMER_LIST: readonly Newcomer[] = Array.from({ length: NEWCOMERS }, (_, index) => ({
  user: `new-${String(index).padStart(2, '0')}`,
  local: {
    address: index < NEXT_DOOR ? `10.1.${index}.200` : `198.19.${index}.10`,
    port: 5060,
  },
}));

/** All addresses of the namespace of phones. */
export const PHONE_ADDRESSES: readonly string[] = [
  ...new Set([...SUBSCRIBERS, ...NEWCOMER_LIST].map(({ local }) => local.address)),
  CARRIER.address,
];

/** Those that must be routed to the phones although they lie among the bots. */
export const NEXT_DOOR_ADDRESSES: readonly string[] = NEWCOMER_LIST.slice(0, NEXT_DOOR).map(
  ({ local }) => local.address,
);

const BOTS_MAX = 10_000;

/** So many bots' addresses, each in a /24 of its own. */
export function botAddresses(count: number): readonly string[] {
  if (count > BOTS_MAX) throw new Error(`there are ${BOTS_MAX} bots at most`);
  return Array.from({ length: count }, (_, index) => `10.${1 + (index >> 8)}.${index & 255}.66`);
}
