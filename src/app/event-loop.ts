// The imperative shell around the node's pure core: brings it what happens, does what it wants done, and arms
// one timer for its next deadline. Nothing here decides anything.

import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import type { Result } from '../base/result.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Effect } from '../node/effects.ts';
import type { SipNode } from '../node/node.ts';
import type { NodeEvent } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeskAnswer, DeskQuestion } from '../ports/desk.ts';
import type { Resolver } from '../ports/dns.ts';
import type { MediaEvent, MediaRelay } from '../ports/media.ts';
import type { RecordingId, Recordings } from '../ports/recordings.ts';
import type { KernelCounts, ShieldChange } from '../ports/shield.ts';
import type { Packet, SignallingTransport, StreamHandler } from '../ports/signalling.ts';
import { Apart } from '../shield/apart.ts';
import type { Question } from '../sip/location/records.ts';
import type { DoorSockets } from './door-sockets.ts';
import type { Persistence } from './persistence.ts';
import { Reading } from './reading.ts';
import type { KernelPart } from './shielding.ts';

export interface LoopOptions {
  readonly clock: Clock;
  readonly node: SipNode;
  readonly onEvent: (event: NodeEvent) => void;
  readonly tap?: Tap;
}

/** Sees every message that enters or leaves the core. */
export interface Tap {
  record(direction: 'in' | 'out', flow: Flow, bytes: Uint8Array, at: Instant): void;
  /** All that one turn of the core caused has been recorded, and its events told. */
  turnOver(): void;
}

/** Adapters come after the loop, because they need its handlers. */
export interface LoopPorts {
  readonly transports: readonly SignallingTransport[];
  readonly media: MediaRelay;
  readonly persistence: Persistence;
  readonly recordings: Recordings;
  readonly resolver: Resolver;
  /** Where a kernel does the shield's work ahead of us. */
  readonly shield?: KernelPart;
  /** Where doors are sockets. */
  readonly doors?: DoorSockets;
}

/** The longest time that `setTimeout` can wait. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export class EventLoop {
  readonly #clock: Clock;
  readonly #node: SipNode;
  readonly #onEvent: (event: NodeEvent) => void;
  readonly #tap: Tap | undefined;
  #ports: LoopPorts | undefined;
  #transports = new Map<string, SignallingTransport>();
  readonly #apart = new Apart();
  #timer: NodeJS.Timeout | undefined;
  #timerAt: Instant = Number.POSITIVE_INFINITY;
  #looking: NodeJS.Timeout | undefined;
  #asking: NodeJS.Timeout | undefined;
  #isAsked = false;
  #kernel: KernelCounts | undefined;

  /** Who writes accounts. */
  desk: ((question: DeskQuestion) => Promise<DeskAnswer>) | undefined;

  readonly reading = new Reading({
    admit: (packet, now) => this.#node.admit(packet, now),
    read: (batch) => this.#read(batch),
    turnAway: (packet) => this.turn((node, now) => node.turnAway(packet, now)),
    now: () => this.#clock.now(),
  });

  constructor(options: LoopOptions) {
    this.#clock = options.clock;
    this.#node = options.node;
    this.#onEvent = options.onEvent;
    this.#tap = options.tap;
  }

  attach(ports: LoopPorts): void {
    this.#ports = ports;
    for (const transport of ports.transports) this.add(transport);
    this.#lookAtLoad();
    const { shield } = ports;
    if (shield === undefined) return;
    this.#asking = setInterval(() => this.#askKernel(shield), SECOND_MS);
    this.#asking.unref();
  }

  /** It is sent over this one from now on. Whoever opened it closes it, and takes it away first. */
  add(transport: SignallingTransport): void {
    const { listener } = transport;
    this.#transports.set(keyOf(listener.transport, listener.local), transport);
  }

  /** What goes there still fails, as over any listener that is gone. */
  remove({ listener }: SignallingTransport): void {
    this.#transports.delete(keyOf(listener.transport, listener.local));
  }

  /** What a kernel shield counted when it was asked last; undefined where there is none, or it does not answer. */
  get kernelCounts(): KernelCounts | undefined {
    return this.#kernel;
  }

  /** Runs one turn of the core, and does what comes of it. */
  turn(act: (node: SipNode, now: Instant) => readonly Effect[]): void {
    this.#perform(act(this.#node, this.#clock.now()));
  }

  readonly signalling: StreamHandler = {
    received: (batch: readonly Packet[]) => this.reading.offer(batch),
    failed: (flow: Flow, reason: string) => this.turn((node, now) => node.flowFailed(flow, reason, now)),
    closed: (flow: Flow) => this.turn((node, now) => node.flowClosed(flow, now)),
    knows: (flow: Flow) => this.#node.knows(flow),
  };

  mediaEvents(events: readonly MediaEvent[]): void {
    this.turn((node, now) => node.media(events, now));
  }

  persisted(id: number, result: Result<void, string>): void {
    this.turn((node, now) => node.persisted(id, result, now));
  }

  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
    clearInterval(this.#asking);
    this.#ports = undefined;
  }

  /** The timer that tells the core of the load shows by itself how late timers are. */
  #lookAtLoad(): void {
    let lookedAt = performance.now();
    this.#looking = setInterval(() => {
      const at = performance.now();
      const load = this.reading.takeLoad(Math.max(0, at - lookedAt - LIMITS.loadIntervalMs));
      lookedAt = at;
      this.turn((node, now) => node.pressed(load, now));
    }, LIMITS.loadIntervalMs);
    this.#looking.unref();
  }

  /** One question at a time, however slow the answers are. */
  #askKernel(shield: KernelPart): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    shield.counts().then(
      (counts) => {
        this.#isAsked = false;
        this.#kernel = counts;
        this.turn((node, now) => node.kernelCounted(counts, now));
      },
      () => {
        this.#isAsked = false;
        this.#kernel = undefined;
      },
    );
  }

  #read(batch: readonly Packet[]): void {
    this.turn((node, now) => {
      if (this.#tap !== undefined)
        for (const { flow, bytes } of batch) this.#tap.record('in', flow, bytes, now);
      return node.receive(batch, now);
    });
  }

  #perform(effects: readonly Effect[]): void {
    const ports = this.#ports;
    if (ports === undefined) return;
    const sends = new Map<SignallingTransport, Packet[]>();
    const now = this.#clock.now();
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          this.#tap?.record('out', effect.flow, effect.bytes, now);
          this.#collect(sends, effect);
          break;
        case 'media':
          ports.media.perform([effect.command]);
          break;
        case 'persist':
          ports.persistence.write(effect.id, effect.writes, effect.ifRefused);
          break;
        case 'resolve':
          this.#resolve(ports.resolver, effect.question);
          break;
        case 'shield':
          if (ports.shield !== undefined) ports.shield.change(effect.changes);
          else {
            this.#keepApart(effect.changes, now);
            ports.doors?.change(effect.changes);
          }
          break;
        case 'shield-shares':
          ports.shield?.share(effect.shares);
          break;
        case 'ask':
          this.#ask(effect.id, effect.question);
          break;
        case 'erase-recording':
          this.#erase(ports.recordings, effect.recording);
          break;
        case 'event':
          this.#onEvent(effect.event);
          break;
      }
    }
    for (const [transport, batch] of sends) transport.send(batch);
    this.#tap?.turnOver();
    this.#arm();
  }

  /** Without a kernel shield, who is worth most is kept apart from the flood by the sockets themselves. */
  #keepApart(changes: readonly ShieldChange[], now: Instant): void {
    const { open, close } = this.#apart.changed(changes, now);
    for (const transport of this.#ports?.transports ?? []) {
      for (const remote of close) transport.letGo?.(remote);
      for (const remote of open) transport.keepApart?.(remote);
    }
  }

  /** Until there is somebody who writes accounts, and where they fail, it is not done. */
  #ask(id: number, question: DeskQuestion): void {
    const answered = (answer: DeskAnswer) => this.turn((node, now) => node.answered(id, answer, now));
    const failed = () => answered({ type: 'refused', why: 'failed' });
    if (this.desk === undefined) setImmediate(failed);
    else this.desk(question).then(answered, failed);
  }

  /** One that stays is found again at the next start. */
  #erase(recordings: Recordings, recording: RecordingId): void {
    recordings.erase(recording).catch(() => undefined);
  }

  /** Whatever comes of it, and whenever: after the end nobody hears of it. */
  #resolve(resolver: Resolver, question: Question): void {
    resolver.ask(question).then(
      (reply) => this.turn((node, now) => node.replied(question, reply, now)),
      (error: Error) => {
        const failed = { type: 'failed', reason: error.message } as const;
        this.turn((node, now) => node.replied(question, failed, now));
      },
    );
  }

  #collect(sends: Map<SignallingTransport, Packet[]>, { flow, bytes }: Effect & { type: 'send' }): void {
    const transport = this.#transports.get(keyOf(flow.transport, flow.local));
    if (transport === undefined) {
      // A flow from before a restart with other listeners: it can only be told as failed.
      setImmediate(() => this.signalling.failed(flow, 'no listener has this address any more'));
      return;
    }
    const batch = sends.get(transport);
    if (batch === undefined) sends.set(transport, [{ flow, bytes }]);
    else batch.push({ flow, bytes });
  }

  #arm(): void {
    const next = this.#node.nextDeadline() ?? Number.POSITIVE_INFINITY;
    if (next === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(TIMER_MAX_MS, Math.max(0, next - this.#clock.now()));
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.turn((node, now) => node.expire(now));
    }, waitMs);
  }
}

function keyOf(transport: string, local: { readonly address: string; readonly port: number }): string {
  return `${transport}|${local.address}|${local.port}`;
}
