// Who hears of what happens in the core: the log, the trace, and whoever asks for it over the API. They are told
// one after another, in the order in which they came.

import type { NodeEvent } from '../node/views.ts';

export class Subscribers {
  readonly #listeners = new Set<(event: NodeEvent) => void>();

  readonly add = (listener: (event: NodeEvent) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly tell = (event: NodeEvent): void => {
    for (const listener of [...this.#listeners]) listener(event);
  };
}
