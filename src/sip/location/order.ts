// The order in which servers are tried: by priority, and among equals by lot, each as likely to come first as its
// weight says (RFC 2782, "Usage rules"; RFC 3263 §4.3 keeps that order for what is tried next).

import type { Server } from './locate.ts';

/** `fraction` is uniform in [0, 1). Every server is in the result exactly once. */
export function orderServers(servers: readonly Server[], fraction: () => number): readonly Server[] {
  const byPriority = new Map<number, Server[]>();
  for (const server of servers) {
    const equals = byPriority.get(server.priority);
    if (equals === undefined) byPriority.set(server.priority, [server]);
    else equals.push(server);
  }
  return [...byPriority.entries()]
    .sort(([a], [b]) => a - b)
    .flatMap(([, equals]) => (equals.length === 1 ? equals : drawn(equals, fraction)));
}

/** Those of weight 0 stand first, so that they have a small chance as long as others have a weight. */
function drawn(equals: readonly Server[], fraction: () => number): readonly Server[] {
  const left = [...equals].sort((a, b) => Math.sign(a.weight) - Math.sign(b.weight));
  const order: Server[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0);
    const lot = Math.floor(fraction() * (sum + 1));
    let running = 0;
    let chosen = left.findIndex(({ weight }) => {
      running += weight;
      return running >= lot;
    });
    // Without any weight there is nothing to draw by: all are alike.
    if (sum === 0) chosen = Math.floor(fraction() * left.length);
    order.push(...left.splice(Math.max(chosen, 0), 1));
  }
  return order;
}
