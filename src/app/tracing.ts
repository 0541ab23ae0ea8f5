// The node's trace, fed by its event loop with messages, and by its events with what they belong to.

import { openHepCollector } from '../adapters/trace-hep/collector.ts';
import type { Flow } from '../base/net.ts';
import type { NodeEvent } from '../node/views.ts';
import type { SignallingTransport } from '../ports/signalling.ts';
import { Trace } from '../trace/trace.ts';
import type { Config } from './config/config.ts';
import type { Shutdown } from './shutdown.ts';
import type { Subscribers } from './subscribers.ts';

/** Throws RingthroughError LISTEN_FAILED where there is to be a collector. */
export async function openTrace(
  config: Config,
  transports: readonly SignallingTransport[],
  subscribers: Subscribers,
  shutdown: Shutdown,
): Promise<Trace> {
  const { keepMs, hep } = config.trace;
  const collector = hep === undefined ? undefined : await openHepCollector(hep);
  if (collector !== undefined) shutdown.owns('HEP collector', () => collector.close());
  const trace = new Trace({
    keepMs,
    ...(collector === undefined ? {} : { collector }),
    advertised: advertisedEnds(config, transports),
  });
  subscribers.add((event) => learn(trace, event));
  return trace;
}

/** The address by which others know a listener that is bound to all addresses. */
function advertisedEnds({ sip }: Config, transports: readonly SignallingTransport[]) {
  const ends = new Map(
    transports.map(({ listener }, index) => {
      const address = sip.listeners[index]?.advertised ?? listener.local.address;
      return [keyOf(listener), { address, port: listener.local.port }] as const;
    }),
  );
  return (flow: Flow) => ends.get(keyOf(flow)) ?? flow.local;
}

function keyOf({ transport, local }: Pick<Flow, 'transport' | 'local'>): string {
  return `${transport}|${local.address}|${local.port}`;
}

function learn(trace: Trace, event: NodeEvent): void {
  switch (event.type) {
    case 'call-started':
      return trace.callStarted(event.callId, event.called, event.caller);
    case 'leg':
      return trace.leg(event);
    case 'call-ended':
      return trace.callEnded(event.callId, event.entry.endedAt ?? 0);
    case 'test-call':
      if (event.final) trace.callEnded(event.testCallId, event.entry.at);
      return;
    default:
      return;
  }
}
