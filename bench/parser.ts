// What one message costs to be read, in this process alone: messages a second on one core, and bytes allocated
// for each. `indexed` is what every message pays (start line and header index); `inspected` is what a message
// pays before anyone acts on it (the mandatory headers, read); `answered` adds a response, written.
//
//   node bench/parser.ts [--rounds 9] [--thousands 100]
//
// No other parser runs in a process of Node's: how the whole node compares with Kamailio for a message that is
// read and dropped is in bench/signalling.ts.

import { getHeapStatistics } from 'node:v8';
import { present } from '../src/base/assert.ts';
import { utf8 } from '../src/base/bytes.ts';
import { table } from '../src/cli/table.ts';
import { createResponse } from '../src/sip/message/compose.ts';
import { inspectRequest, inspectResponse } from '../src/sip/message/inspect.ts';
import type { SipMessage } from '../src/sip/message/message.ts';
import { parseMessage } from '../src/sip/message/parse.ts';
import { serialise } from '../src/sip/message/serialise.ts';
import { MESSAGES } from './messages.ts';
import { machine, numbers, print, quantile } from './report.ts';

type Work = (bytes: Uint8Array) => number;

interface Cost {
  readonly microseconds: number;
  readonly allocatedBytes: number;
}

function parsed(bytes: Uint8Array): SipMessage {
  const message = parseMessage(bytes);
  if (!message.ok) throw new Error(message.error.reason);
  return message.value;
}

function inspected(bytes: Uint8Array): SipMessage {
  const message = parsed(bytes);
  const defect = message.kind === 'request' ? inspectRequest(message) : inspectResponse(message);
  if (defect !== undefined) throw new Error(defect.reason);
  return message;
}

/** Each gives a number that depends on the work, so that none of it can be left out. */
const WORKS: Readonly<Record<string, Work>> = {
  indexed: (bytes) => parsed(bytes).body.length,
  inspected: (bytes) => inspected(bytes).body.length,
  answered: (bytes) => {
    const message = inspected(bytes);
    return message.kind === 'request' ? serialise(createResponse(message, 200, { toTag: 'a' })).length : 0;
  },
};

function cost(work: Work, bytes: Uint8Array, repeats: number): Cost {
  const allocatedBefore = allocated();
  const cpuBefore = process.cpuUsage();
  let sum = 0;
  for (let repeat = 0; repeat < repeats; repeat++) sum += work(bytes);
  const { user, system } = process.cpuUsage(cpuBefore);
  const allocatedBytes = (allocated() - allocatedBefore) / repeats;
  if (Number.isNaN(sum)) throw new Error('nothing was read');
  return { microseconds: (user + system) / repeats, allocatedBytes };
}

/** Since the process began, freed or not. */
function allocated(): number {
  const statistics: { readonly total_allocated_bytes?: number } = getHeapStatistics();
  return present(statistics.total_allocated_bytes, 'a count of what was allocated, which Node 26 gives');
}

const { rounds, thousands } = numbers({
  rounds: { default: 9, max: 100 },
  thousands: { default: 100, max: 10_000 },
});
print(machine());
print(`${rounds} rounds of ${thousands},000 each, medians\n`);

interface Row extends Cost {
  readonly name: string;
  readonly bytes: number;
  readonly work: string;
}

const rows: Row[] = [];
for (const [name, text] of Object.entries(MESSAGES)) {
  const bytes = utf8(text);
  for (const [work, act] of Object.entries(WORKS)) {
    cost(act, bytes, 20_000);
    const costs = Array.from({ length: rounds }, () => cost(act, bytes, thousands * 1_000));
    const middle = (field: keyof Cost) =>
      quantile(
        costs.map((each) => each[field]),
        0.5,
      );
    rows.push({
      name,
      bytes: bytes.length,
      work,
      microseconds: middle('microseconds'),
      allocatedBytes: middle('allocatedBytes'),
    });
  }
}
print(
  table<Row>(
    rows,
    [
      { heading: 'message', cell: ({ name, bytes }) => `${name}, ${bytes} bytes` },
      { heading: 'work', cell: ({ work }) => work },
      {
        heading: 'messages/s',
        cell: ({ microseconds }) => Math.round(1e6 / microseconds).toLocaleString('en-GB'),
      },
      { heading: 'CPU', cell: ({ microseconds }) => `${microseconds.toFixed(2)} µs` },
      { heading: 'allocated', cell: ({ allocatedBytes }) => `${Math.round(allocatedBytes)} bytes` },
    ],
    false,
  ),
);
