// The kernel's adapter as a program of its own, so that it works in a network namespace and can be killed. It takes
// orders as JSON lines and answers each with one; what it logs goes to stderr.

import { createLog } from '../../../src/adapters/pino-log/pino-log.ts';
import { openNftablesShield } from '../../../src/adapters/shield-nftables/shield.ts';
import { createSystemClock } from '../../../src/adapters/system-clock/system-clock.ts';
import type { KernelShield, ShieldChange, ShieldPlan } from '../../../src/ports/shield.ts';
import { serve } from './serving.ts';

export type HostOrder =
  | {
      readonly do: 'open';
      readonly node: string;
      readonly interfaces: readonly string[];
      readonly plan: ShieldPlan;
      readonly places?: { readonly sources: number; readonly networks: number };
    }
  | { readonly do: 'load'; readonly plan: ShieldPlan }
  /** `until` of a change counts from now here: an order is text. */
  | { readonly do: 'change'; readonly changes: readonly ShieldChange[] }
  | { readonly do: 'counts' }
  | { readonly do: 'trouble' }
  | { readonly do: 'close' };

const clock = createSystemClock();
const log = createLog({ clock, level: 'info' });
let shield: KernelShield | undefined;

function opened(): KernelShield {
  if (shield === undefined) throw new Error('it is not open');
  return shield;
}

async function obey(order: HostOrder): Promise<unknown> {
  switch (order.do) {
    case 'open': {
      const result = await openNftablesShield({ ...order, clock, log });
      if (!result.ok) return { refused: result.error };
      shield = result.value;
      return { place: shield.place };
    }
    case 'load':
      return opened().load(order.plan);
    case 'change':
      return opened().change(order.changes.map(fromNow));
    case 'counts': {
      const { doorNewcomers, ...counts } = await opened().counts();
      return { ...counts, doorNewcomers: Object.fromEntries(doorNewcomers) };
    }
    case 'trouble':
      return opened().trouble;
    case 'close':
      return opened().close();
  }
}

function fromNow(change: ShieldChange): ShieldChange {
  return 'until' in change ? { ...change, until: clock.now() + change.until } : change;
}

serve(obey);
