// The running node as its surfaces see it (NodeControl), over the event loop.

import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { err } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { SipNode } from '../node/node.ts';
import type { Done } from '../node/operating.ts';
import type { RehearsalBegun } from '../node/rehearsals.ts';
import type { KernelView, NodeControl, RehearsalAsked } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { KernelCounts } from '../ports/shield.ts';
import type { Core } from './core.ts';
import { changeDoor } from './doors.ts';
import type { EventLoop } from './event-loop.ts';
import type { KernelPart } from './shielding.ts';
import type { Subscribers } from './subscribers.ts';

export function controlOf(
  core: Pick<Core, 'node' | 'loop' | 'persistence' | 'shield' | 'doors'>,
  clock: Clock,
  subscribers: Subscribers,
): NodeControl {
  const { node, loop, persistence, shield } = core;
  return {
    phones: () => node.phones(),
    trunks: () => node.trunks(),
    calls: () => node.calls(),
    health: () => {
      const { calls = 0, bindings = 0, phones = 0, transactions = 0 } = node.gauges();
      const counts = { callsActive: calls, bindings, phones, transactions, tables: node.tables() };
      return { draining: node.draining, ...persistence.health, ...counts };
    },
    doors: (account) => node.doors.views(account),
    abusers: () => node.guard.abuse.list(clock.now()),
    pardon: (address) => done(loop, (core, now) => core.guard.abuse.pardon(address, now)),
    diverted: (account) => node.desk.caps.view(account, clock.now()),
    fraud: () => node.fraud.view(clock.now()),
    allowUnusual: (allowance) => node.fraud.allow(allowance, clock.now()),
    disallowUnusual: (account, prefix) => node.fraud.disallow(account, prefix, clock.now()),
    clearUnusual: (account) => node.fraud.clear(account, clock.now()),
    changeDoor: (command) => changeDoor(core, command),
    brownout: () => node.brownout(),
    rehearse: (rule, now) => node.rehearse(rule, shield !== undefined && shield.trouble === undefined, now),
    shield: () => {
      const kernel = loop.kernelCounts;
      return {
        ...node.guard.detected(clock.now()),
        ...(shield === undefined ? {} : { kernel: kernelView(shield, kernel) }),
        counts: { node: loop.reading.counts, ...(kernel === undefined ? {} : { kernel: kernel.lanes }) },
        brownout: node.brownout(),
      };
    },
    counters: () => node.counters(),
    directoryChanged: (accounts) => loop.turn((core, now) => core.directoryChanged(accounts, now)),
    deleteMessage: (id, also) =>
      new Promise((told) => loop.turn((core, now) => core.desk.deleteMessage(id, also, told, now))),
    hangUp: (callId) => done(loop, (core, now) => core.hangUp(callId, now)),
    startTestCall: (number) => {
      if (node.draining)
        throw new RingthroughError('DRAINING', 'the node is shutting down and places no test calls');
      let id: string | undefined;
      let problem: 'no-trunk' | 'too-many' | undefined;
      loop.turn((core, now) => {
        const { result, effects } = core.startTestCall(number, now);
        if (result.ok) id = result.value;
        else problem = result.error;
        return effects;
      });
      if (id !== undefined) return id;
      throw problem === 'too-many'
        ? new RingthroughError(
            'LIMIT_REACHED',
            'as many test calls as may be are under way; try again in a minute',
          )
        : new RingthroughError('NOT_FOUND', 'no trunk can carry a test call; see `ringthrough trunk list`');
    },
    startRehearsal: (asked) => startRehearsal(node, loop, asked),
    subscribe: subscribers.add,
  };
}

function startRehearsal(node: SipNode, loop: EventLoop, asked: RehearsalAsked): string {
  if (node.draining) {
    throw new RingthroughError('DRAINING', 'the node is shutting down and rehearses nothing');
  }
  const begun: { result: RehearsalBegun['result'] } = { result: err('unknown') };
  loop.turn((core, now) => {
    const { result, effects } = core.desk.rehearsals.start(asked, now);
    begun.result = result;
    return effects;
  });
  const { result } = begun;
  if (result.ok) return result.value;
  const { number } = asked;
  switch (result.error) {
    case 'unknown':
      throw new RingthroughError('NOT_FOUND', `there is no number ${number} on this node`);
    case 'under-way':
      throw new RingthroughError('CONFLICT', `${number} is being rehearsed already; try again in a minute`);
    case 'too-many': {
      const message = `${LIMITS.rehearsalsMax} other numbers are being rehearsed; try again in a minute`;
      throw new RingthroughError('LIMIT_REACHED', message);
    }
  }
}

/** Was there something to do it to? */
function done(loop: EventLoop, act: (node: SipNode, now: Instant) => Done): boolean {
  let isFound = false;
  loop.turn((node, now) => {
    const { found, effects } = act(node, now);
    isFound = found;
    return effects;
  });
  return isFound;
}

function kernelView({ place, trouble }: KernelPart, counts: KernelCounts | undefined): KernelView {
  const tables = Object.entries(counts?.tables ?? {}).map(([name, fill]) => ({ name, ...fill }));
  return { place, ...(trouble === undefined ? {} : { trouble }), tables };
}
