// What newcomers may send in each posture. Known flows are in none of these: whatever the posture, they keep their own.
//
// In calm times a share is only there so that nobody can take the whole node: an office of 500 phones that comes back
// behind one NAT is let in at once. In an attack each source gets what a person with a new phone needs (four tries,
// and one more every sixteen seconds), so that of ten thousand bots all together less is left than one ceiling, and a
// phone's second or third try finds room. Offices that were here before have a share of their own meanwhile.
//
// Budgets of known flows bind in earnest only when somebody may be forging them: until then whoever sends more than
// usual, such as a proxy that has just been put before all phones, is let in and learned from. Whoever forges very many
// known flows could still send all that they may; so flows that went beyond their budgets share what is within them,
// too, and those that nobody forges do not notice.
//
// The ceilings are what the node can answer beside its own work: a stranger's request costs it some 0.1 ms.

import { LIMITS } from '../base/limits.ts';
import type { Posture, Rate, Shares } from '../ports/shield.ts';

const CALM: Shares = {
  source: { perSecond: 500, burst: 2_000 },
  network: { perSecond: 1_000, burst: 3_000 },
  all: { perSecond: 250, burst: 4_000 },
  beyondBudgets: { perSecond: 5_000, burst: 10_000 },
  exceedingFlows: { perSecond: 5_000, burst: 10_000 },
  familiarSource: { perSecond: 500, burst: 2_000 },
  familiarAll: { perSecond: 2_000, burst: 4_000 },
  connectSource: { perSecond: 50, burst: 500 },
  connectNetwork: { perSecond: 200, burst: 1_000 },
  connectAll: { perSecond: 500, burst: 2_000 },
};

const ELEVATED: Shares = {
  ...CALM,
  source: { perSecond: 10, burst: 60 },
  network: { perSecond: 50, burst: 300 },
  all: { perSecond: 250, burst: 1_000 },
  beyondBudgets: { perSecond: 2_000, burst: 2_000 },
  exceedingFlows: { perSecond: 2_000, burst: 2_000 },
  connectSource: { perSecond: 5, burst: 60 },
  connectNetwork: { perSecond: 20, burst: 200 },
};

const ATTACK: Shares = {
  source: { perSecond: 0.0625, burst: 4 },
  network: { perSecond: 5, burst: 40 },
  all: { perSecond: 1_000, burst: 1_000 },
  beyondBudgets: { perSecond: 500, burst: 500 },
  exceedingFlows: { perSecond: 500, burst: 500 },
  familiarSource: { perSecond: 100, burst: 2_000 },
  familiarAll: { perSecond: 500, burst: 4_000 },
  connectSource: { perSecond: 0.5, burst: 5 },
  connectNetwork: { perSecond: 5, burst: 40 },
  connectAll: { perSecond: 300, burst: 1_000 },
};

const SHARES: Readonly<Record<Posture, Shares>> = { calm: CALM, elevated: ELEVATED, attack: ATTACK };

export function sharesIn(posture: Posture): Shares {
  return SHARES[posture];
}

/** What newcomers may send through one door, in every posture: the phones of an account may all come at once. */
export const DOOR_SHARE: Rate = {
  perSecond: LIMITS.doorNewcomersPerSecond,
  burst: LIMITS.doorNewcomersBurst,
};

/** Messages over connections that have not proved to be a customer's, in every posture. */
export const STREAM_SHARES: Readonly<Record<'source' | 'all', Rate>> = {
  source: { perSecond: 100, burst: 1_000 },
  all: { perSecond: 2_000, burst: 5_000 },
};
