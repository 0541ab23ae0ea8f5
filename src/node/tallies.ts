// What the parts of a node have counted and hold, under the names that metrics have.

import type { Calls } from '../calls/calls.ts';
import type { Registrar } from '../registrar/registrar.ts';
import type { TransactionLayer } from '../sip/transaction/layer.ts';
import type { Brownout } from './brownout.ts';
import type { Desk } from './desk.ts';
import type { DoorKeeper } from './door-keeper.ts';
import type { FraudDesk } from './fraud-desk.ts';
import type { Guard } from './guard.ts';
import type { Intake } from './intake.ts';
import type { Lamps } from './lamps.ts';
import type { Requests } from './requests.ts';
import type { Strangers } from './strangers.ts';
import type { Whereabouts } from './whereabouts.ts';
import type { Witness } from './witness.ts';

export interface Tallied {
  readonly intake: Intake;
  readonly strangers: Strangers;
  readonly requests: Requests;
  readonly brownout: Brownout;
  readonly doors: DoorKeeper;
  readonly guard: Guard;
  readonly fraud: FraudDesk;
  readonly layer: TransactionLayer;
  readonly registrar: Registrar;
  readonly whereabouts: Whereabouts;
  readonly calls: Calls;
  readonly desk: Desk;
  readonly witness: Witness;
  readonly lamps: Lamps;
}

type Numbers = Readonly<Record<string, number>>;

/** What happened so often since the node began. */
export function countersOf(parts: Tallied): Numbers {
  return {
    ...parts.intake.counters,
    ...parts.strangers.counters,
    ...parts.requests.counters,
    ...parts.brownout.counters,
    ...parts.doors.counters,
    ...parts.guard.abuse.counters,
    ...parts.fraud.counters,
    ...parts.desk.caps.counters,
  };
}

/** What there is so much of now. */
export function gaugesOf(parts: Tallied): Numbers {
  return {
    transactions: parts.layer.size,
    bindings: parts.registrar.size,
    phones: parts.registrar.users,
    ...parts.whereabouts.counters(),
    calls: parts.calls.live.length,
    ...parts.requests.remembered,
    ...parts.guard.tables(),
    habits: parts.fraud.size,
    ...parts.desk.tables,
    ...parts.lamps.tables,
    ...parts.doors.gauges(),
    goodRequests: parts.witness.traffic.size,
  };
}
