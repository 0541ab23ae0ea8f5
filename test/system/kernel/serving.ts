// How a program is given orders by a test: JSON lines in, one JSON line out for each, in whatever order they are done.

import { createInterface } from 'node:readline';

export interface Given<Order> {
  readonly id: number;
  readonly order: Order;
}

export interface Done {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** Ends when nobody can give orders any more. */
export function serve<Order>(obey: (order: Order) => Promise<unknown>): void {
  const orders = createInterface({ input: process.stdin });
  const tell = (done: Done) => process.stdout.write(`${JSON.stringify(done)}\n`);
  orders.on('line', (line) => {
    const { id, order } = JSON.parse(line) as Given<Order>;
    obey(order).then(
      (answer) => tell({ id, answer: answer ?? null }),
      (error: Error) => tell({ id, error: error.message }),
    );
  });
  orders.on('close', () => process.exit(0));
}
