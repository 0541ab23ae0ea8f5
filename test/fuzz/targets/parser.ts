// The parser and everything that reads a parsed message. No input may make it throw; what it accepts it must be
// able to write, and read the same again; whatever can be answered must be answered with a message of ours.

import {
  formatNameAddress,
  type NameAddress,
  parseNameAddress,
  tagOf,
} from '../../../src/sip/message/address.ts';
import { createResponse } from '../../../src/sip/message/compose.ts';
import { equalHosts } from '../../../src/sip/message/host.ts';
import { inspectRequest, inspectResponse } from '../../../src/sip/message/inspect.ts';
import type { SipMessage, SipRequest } from '../../../src/sip/message/message.ts';
import { type ParseFailure, parseMessage } from '../../../src/sip/message/parse.ts';
import { serialise } from '../../../src/sip/message/serialise.ts';
import { equalUris, formatUri, parseUri, uriUser } from '../../../src/sip/message/uri.ts';
import { formatVia, parseVia } from '../../../src/sip/message/via.ts';
import { statelessResponse } from '../../../src/sip/transaction/layer.ts';
import { UDP } from '../../../src/sip/transaction/testing.ts';
import { drawMessage } from '../draw-message.ts';
import { expect, type Lap, type Target } from '../target.ts';

export const parserTarget: Target = {
  name: 'parser',
  weight: 4,
  draw: (random) => [drawMessage(random)],
  attempt: ([bytes = new Uint8Array(0)], lap) => {
    const parsed = lap(() => parseMessage(bytes));
    if (parsed.ok) checkMessage(parsed.value, lap);
    else checkFailure(parsed.error, lap);
    return 1;
  },
};

function checkFailure({ code, status, reason, partial }: ParseFailure, lap: Lap): void {
  expect((status === undefined) === (partial === undefined), `${code}: status and partial come together`);
  if (partial !== undefined && status !== undefined) lap(() => checkAnswer(partial, status, reason));
}

function checkMessage(message: SipMessage, lap: Lap): void {
  const defect = lap(() => (message.kind === 'request' ? inspectRequest(message) : inspectResponse(message)));
  lap(() => readAll(message));
  const bytes = lap(() => serialise(message));
  const again = parseMessage(bytes);
  if (!again.ok) {
    // Long names take more room than compact ones.
    expect(again.error.code === 'too-large', () => `what was serialised does not parse: ${again.error.code}`);
    return;
  }
  expect(
    tell(again.value) === tell(message),
    () => `reads otherwise once serialised: ${differenceOf(message, again.value)}`,
  );
  if (message.kind === 'request' && message.via !== undefined) {
    lap(() => checkAnswer(message, defect?.status ?? 200, defect?.reason ?? 'OK'));
  }
}

/** The message as what it says. */
function tell(message: SipMessage): string {
  const start =
    message.kind === 'request' ? `${message.method} ${message.uri}` : `${message.status} ${message.reason}`;
  const rows = [...message.headers.rows()].filter(([name]) => name !== 'Content-Length');
  return JSON.stringify([start, rows, Buffer.from(message.body).toString('latin1')]);
}

function differenceOf(a: SipMessage, b: SipMessage): string {
  const [one, other] = [tell(a), tell(b)];
  let at = 0;
  while (one[at] === other[at]) at++;
  return `${one.slice(Math.max(0, at - 20), at + 20)} is not ${other.slice(Math.max(0, at - 20), at + 20)}`;
}

/** Every accessor, and everything that takes its result further. */
function readAll(message: SipMessage): void {
  const { via, vias, from, to, contacts, routes, recordRoutes, cseq, maxForwards, callId } = message;
  expect(via === undefined || vias.length > 0, 'the topmost Via is one of all');
  expect(cseq === undefined || (cseq.number >= 0 && cseq.number < 2 ** 31), 'a CSeq is below 2^31');
  expect(maxForwards === undefined || (maxForwards >= 0 && maxForwards <= 255), 'Max-Forwards is a byte');
  expect(callId === message.headers.get('i'), 'the compact form is the same field');
  for (const each of vias) {
    const again = parseVia(formatVia(each));
    expect(
      again.ok && formatVia(again.value) === formatVia(each),
      () => `Via ${formatVia(each)} is not stable`,
    );
  }
  for (const address of [from, to, ...contacts, ...routes, ...recordRoutes]) {
    if (address !== undefined) checkAddress(address);
  }
  for (const name of new Set([...message.headers.rows()].map(([each]) => each))) message.headers.values(name);
  if (message.kind === 'request') checkUri(message.uri);
}

function checkAddress(address: NameAddress): void {
  tagOf(address);
  const text = formatNameAddress(address);
  const again = parseNameAddress(text);
  expect(again.ok, () => `an address that we write does not parse: ${text}`);
  expect(formatNameAddress(again.value) === text, () => `an address reads otherwise: ${text}`);
  expect(again.value.uri === address.uri, () => `the URI of an address reads otherwise: ${text}`);
  checkUri(address.uri);
}

export function checkUri(text: string): void {
  uriUser(text);
  const uri = parseUri(text);
  if (!uri.ok) return;
  const written = formatUri(uri.value);
  const again = parseUri(written);
  expect(again.ok, () => `a URI that we write does not parse: ${written}`);
  expect(equalUris(uri.value, again.value), () => `a URI is not equal to itself: ${text} ${written}`);
  expect(formatUri(again.value) === written, () => `a URI is not stable: ${written}`);
  if ('host' in uri.value)
    expect(equalHosts(uri.value.host, uri.value.host.toUpperCase()), 'hosts have no case');
}

function checkAnswer(request: SipRequest, status: number, reason: string): void {
  const bytes = serialise(createResponse(request, status, { toTag: 'fuzz', reason }));
  const response = parseMessage(bytes);
  if (!response.ok) {
    // With all the rows that it repeats, and one for its own length, it may have more than a message may.
    const { code } = response.error;
    expect(
      code === 'too-large' || code === 'too-many-headers',
      () => `an answer of ours does not parse: ${code}`,
    );
    return;
  }
  expect(response.value.kind === 'response' && response.value.status === status, 'the answer has its status');
  statelessResponse(request, UDP, status, { reason });
}
