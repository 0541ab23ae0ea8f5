// Which transactions send over which flow, so that a lost connection finds its own among a hundred thousand.

import { type Flow, flowKey } from '../../base/net.ts';

export interface FlowUser {
  readonly flow: Flow;
  /** The index's own note of where the user is. Nobody else writes it. */
  flowPlace: FlowPlace | undefined;
}

export interface FlowPlace {
  readonly flow: Flow;
  readonly key: string;
}

export class FlowIndex<T extends FlowUser> {
  readonly #users = new Map<string, Set<T>>();

  /** Flows that have users. */
  get size(): number {
    return this.#users.size;
  }

  /** All that send over exactly this flow. */
  over(flow: Flow): Iterable<T> {
    return this.#users.get(flowKey(flow)) ?? [];
  }

  /** Notes the flow that `user` has now. */
  put(user: T): void {
    const { flow } = user;
    if (user.flowPlace?.flow === flow) return;
    this.remove(user);
    const key = flowKey(flow);
    user.flowPlace = { flow, key };
    const users = this.#users.get(key);
    if (users === undefined) this.#users.set(key, new Set([user]));
    else users.add(user);
  }

  remove(user: T): void {
    if (user.flowPlace === undefined) return;
    const { key } = user.flowPlace;
    user.flowPlace = undefined;
    const users = this.#users.get(key);
    users?.delete(user);
    if (users?.size === 0) this.#users.delete(key);
  }
}
