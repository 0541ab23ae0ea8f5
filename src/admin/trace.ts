// Messages for whoever may see them: which ones are meant, and each with what is worth knowing at a glance.

import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { SECOND_MS } from '../base/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/records.ts';
import type { TracedMessage } from '../ports/trace.ts';
import { asBuffer, decodeText } from '../sip/message/octets.ts';
import { parseMessage } from '../sip/message/parse.ts';
import { uriUser } from '../sip/message/uri.ts';
import type { TraceFilter } from '../trace/filter.ts';
import type { Kept } from '../trace/journal.ts';
import { pcapFile, pcapRecord } from '../trace/pcap.ts';
import type { Trace } from '../trace/trace.ts';
import type { Watch } from '../trace/watch.ts';
import { existing, invalid } from './demands.ts';
import { waysToWrite } from './provisioning/number.ts';
import type { TraceLine, TraceMessageView, TraceRequest } from './views.ts';

/** Whoever waits is told this often that there is nothing to tell. */
const IDLE_MS = 15 * SECOND_MS;
/** So many messages are made ready in one go. */
const SLICE = 50;
/** When a call has ended, its last answers take as long to come at the most that is worth waiting for. */
const LAST_ANSWERS_MS = 2 * SECOND_MS;

/** What may be asked of the messages that are kept and that come. */
export class Traces {
  readonly #trace: Trace;
  readonly #clock: Clock;
  readonly #readNumber: (text: string) => E164;

  constructor(trace: Trace, clock: Clock, readNumber: (text: string) => E164) {
    this.#trace = trace;
    this.#clock = clock;
    this.#readNumber = readNumber;
  }

  /** Messages as they come, until `signal` aborts or they end. LIMIT_REACHED where as many watch as may. */
  follow(request: TraceRequest, signal?: AbortSignal): AsyncGenerator<TraceLine, void, undefined> {
    const filter = this.#filterOf(request);
    if (this.#trace.stats.watchers >= LIMITS.traceWatchersMax) {
      throw new RingthroughError('LIMIT_REACHED', `${LIMITS.traceWatchersMax} others watch messages already`);
    }
    return followTrace(this.#trace, filter, request.since, this.#clock, signal);
  }

  async kept(request: TraceRequest): Promise<readonly TraceLine[]> {
    return keptLines(this.#trace, this.#filterOf(request), request.since ?? 0, this.#clock.now());
  }

  async file(request: TraceRequest): Promise<Uint8Array> {
    return keptFile(this.#trace, this.#filterOf(request), request.since ?? 0, this.#clock.now());
  }

  #filterOf(request: TraceRequest): TraceFilter {
    return filterOf(request, this.#trace, this.#readNumber);
  }
}

/** Throws RingthroughError INVALID_INPUT, or NOT_FOUND for a call of which nothing is kept. */
function filterOf(
  { number, phone, call, sipCallId }: TraceRequest,
  trace: Trace,
  readNumber: (text: string) => E164,
): TraceFilter {
  if ([number, phone, call, sipCallId].filter((one) => one !== undefined).length > 1) {
    throw invalid([{ path: [], reason: 'give a number, a phone or a call, not several of them' }]);
  }
  if (number !== undefined) {
    const e164 = readNumber(number);
    return { type: 'number', number: e164, written: waysToWrite(e164) };
  }
  if (phone !== undefined) return { type: 'phone', user: phone };
  if (sipCallId !== undefined) return { type: 'sip-call-id', sipCallId };
  if (call === undefined) return { type: 'all' };
  existing(trace.call(call), `call ${call} of which messages are kept`);
  return { type: 'call', id: call };
}

/**
 * Until `signal` aborts, the node stops, or the one call that is watched is over. The watch is open at once: it is
 * closed when the lines have been read to their end, or by `signal`.
 */
function followTrace(
  trace: Trace,
  filter: TraceFilter,
  since: Instant | undefined,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<TraceLine, void, undefined> {
  const watch = trace.open(filter, clock.now());
  const stop = () => trace.close(watch);
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop);
  const whole = filter.type === 'call' || filter.type === 'sip-call-id';
  return linesOf(trace, watch, whole ? (since ?? 0) : since, clock);
}

async function* linesOf(
  trace: Trace,
  watch: Watch,
  since: Instant | undefined,
  clock: Clock,
): AsyncGenerator<TraceLine, void, undefined> {
  const calls = new CallLines(trace);
  try {
    if (since !== undefined) watch.offerKept(await found(trace, watch.filter, since, clock.now()));
    for (;;) {
      for (let item = watch.take(); item !== undefined; item = watch.take()) {
        if (item.type === 'left-out') yield item;
        else yield* calls.lines(trace.shown(item.kept));
      }
      if (watch.closed) return yield { type: 'end', reason: 'the node is shutting down' };
      if (await moreOf(watch, watch.callIsOver ? LAST_ANSWERS_MS : IDLE_MS)) continue;
      if (watch.callIsOver) return yield { type: 'end', reason: 'the call has ended' };
      yield { type: 'idle', at: clock.now() };
    }
  } finally {
    trace.close(watch);
  }
}

/** What is kept, as the same lines. */
async function keptLines(
  trace: Trace,
  filter: TraceFilter,
  since: Instant,
  now: Instant,
): Promise<readonly TraceLine[]> {
  const calls = new CallLines(trace);
  const messages = await found(trace, filter, since, now);
  return inSlices(messages, (kept) => [...calls.lines(trace.shown(kept))]);
}

/** What is kept, as a capture file. */
async function keptFile(
  trace: Trace,
  filter: TraceFilter,
  since: Instant,
  now: Instant,
): Promise<Uint8Array> {
  const messages = await found(trace, filter, since, now);
  return pcapFile(await inSlices(messages, (kept) => [pcapRecord(trace.shown(kept))]));
}

/** Calls go on meanwhile: nobody's audio waits for somebody who looks something up. */
async function found(
  trace: Trace,
  filter: TraceFilter,
  since: Instant,
  now: Instant,
): Promise<readonly Kept[]> {
  const searching = trace.find(filter, since, now);
  for (let step = searching.next(); ; step = searching.next()) {
    if (step.done === true) return step.value;
    await breath();
  }
}

async function inSlices<From, To>(
  items: readonly From[],
  make: (item: From) => readonly To[],
): Promise<readonly To[]> {
  const made: To[] = [];
  for (const [index, item] of items.entries()) {
    if (index % SLICE === SLICE - 1) await breath();
    made.push(...make(item));
  }
  return made;
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Tells of each call before its first message. */
class CallLines {
  readonly #trace: Trace;
  readonly #told = new Set<string>();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  *lines(message: TracedMessage): Generator<TraceLine> {
    const call = message.callId === undefined ? undefined : this.#trace.call(message.callId);
    if (call !== undefined && !this.#told.has(call.id)) {
      this.#told.add(call.id);
      const { id, called, caller } = call;
      yield {
        type: 'call',
        callId: id,
        ...(called === undefined ? {} : { called }),
        ...(caller === undefined ? {} : { caller }),
      };
    }
    yield messageView(message);
  }
}

function moreOf(watch: Watch, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), waitMs);
    watch.onMore(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function messageView(message: TracedMessage): TraceMessageView {
  const { bytes, callId, sipCallId, peer = ownPeer(message), ...where } = message;
  const { at, direction, transport, local, remote } = where;
  const buffer = asBuffer(bytes);
  return {
    type: 'message',
    at,
    direction,
    transport,
    local,
    remote,
    ...(peer === undefined ? {} : { peer }),
    ...(callId === undefined ? {} : { callId }),
    ...(sipCallId === undefined ? {} : { sipCallId }),
    ...glance(bytes),
    text: decodeText(buffer, 0, buffer.length),
  };
}

function glance(bytes: Uint8Array) {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) return { sdp: false };
  const message = parsed.value;
  const { cseq, headers } = message;
  const sdp = message.body.length > 0 && /^application\/sdp\b/i.test(headers.get('Content-Type') ?? '');
  const start =
    message.kind === 'request'
      ? { method: message.method }
      : {
          status: message.status,
          reason: message.reason,
          ...(cseq === undefined ? {} : { method: cseq.method }),
        };
  return { ...start, ...(cseq === undefined ? {} : { cseq: cseq.number }), sdp };
}

/** Outside of calls a phone names itself: it registers its own address, and we probe it by that. */
function ownPeer({ bytes, direction }: TracedMessage): string | undefined {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) return undefined;
  const message = parsed.value;
  const fromPeer = (message.kind === 'request') === (direction === 'in');
  const isRegistration = message.cseq?.method === 'REGISTER' && fromPeer;
  const isProbe = message.cseq?.method === 'OPTIONS' && !fromPeer;
  if ((!isRegistration && !isProbe) || message.to === undefined) return undefined;
  return uriUser(message.to.uri);
}
