// What an endpoint listens to when the node itself is the far end: keys that the peer presses, and what it says, for a
// recording. An endpoint that only forwards has none, and pays for none.

import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Key, MediaCommand, MediaEvent, RemoteMedia } from '../../ports/media.ts';
import type { Recordings, RecordingWriter } from '../../ports/recordings.ts';
import { decodeG711, type G711Codec, transcodeG711 } from '../../rtp/g711.ts';
import { KeyEvents } from '../../rtp/key-events.ts';
import { KeyTones } from '../../rtp/key-tones.ts';
import type { RtpHeader } from '../../rtp/packet.ts';
import { Recorder } from '../../rtp/recorder.ts';

export interface EarContext {
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly recordings: Recordings;
  readonly report: (event: MediaEvent) => void;
}

type RecordCommand = MediaCommand & { readonly type: 'record' };
type Why = (MediaEvent & { readonly type: 'recorded' })['why'];

/** How often a recording looks whether it is over, and gives what it has to the disk. */
const LOOK_MS = 100;

interface Recording {
  readonly id: string;
  readonly codec: G711Codec;
  readonly recorder: Recorder;
  readonly writer: RecordingWriter;
  readonly timer: NodeJS.Timeout;
}

export class Ear {
  readonly #context: EarContext;
  readonly #events = new KeyEvents();
  readonly #tones = new KeyTones();
  #listens = false;
  #recording: Recording | undefined;
  /** Recordings that are on their way to the disk. */
  readonly #finishing = new Set<Promise<void>>();

  constructor(context: EarContext) {
    this.#context = context;
  }

  keys(listen: boolean): void {
    this.#listens = listen;
  }

  record({ recording: id, maxMs, silenceMs }: RecordCommand, codec: G711Codec): void {
    this.#end('stopped');
    const now = this.#context.clock.now();
    const recorder = new Recorder({ codec, maxMs, silenceMs }, now);
    const writer = this.#context.recordings.create(id, codec);
    const timer = setInterval(() => this.#look(), LOOK_MS);
    this.#recording = { id, codec, recorder, writer, timer };
  }

  stopRecording(): void {
    this.#end('stopped');
  }

  /** A packet that the endpoint has taken. */
  receive(header: RtpHeader, bytes: Uint8Array, codec: G711Codec | undefined, remote: RemoteMedia): void {
    const payload = bytes.subarray(header.payloadStart, header.payloadEnd);
    if (header.payloadType === remote.dtmfPayloadType) {
      if (this.#listens) this.#pressed(this.#events.receive(header.timestamp, payload));
      return;
    }
    if (codec === undefined) return;
    const now = this.#context.clock.now();
    if (this.#listens && remote.dtmfPayloadType === undefined) {
      for (const key of this.#tones.receive(header, decodeG711(codec, payload))) this.#pressed(key);
    }
    const recording = this.#recording;
    recording?.recorder.receive(header, transcodeG711(codec, recording.codec, payload), now);
  }

  /** Resolves when nothing of it is on its way to the disk any more; `undefined` where nothing is. */
  close(): Promise<unknown> | undefined {
    this.#end('closed');
    return this.#finishing.size === 0 ? undefined : Promise.all(this.#finishing);
  }

  #pressed(key: string | undefined): void {
    const { id, clock, report } = this.#context;
    if (key !== undefined) report({ type: 'key', id, key: key as Key, at: clock.now() });
  }

  #look(): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    for (const samples of recording.recorder.take()) recording.writer.append(samples);
    const why = recording.recorder.over(this.#context.clock.now());
    if (why !== undefined) this.#end(why);
  }

  #end(why: Why): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    this.#recording = undefined;
    clearInterval(recording.timer);
    const finishing = this.#finish(recording, why).finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
  }

  async #finish({ id: recording, recorder, writer }: Recording, why: Why): Promise<void> {
    const { id, clock, log, report } = this.#context;
    recorder.finish(clock.now());
    for (const samples of recorder.take()) writer.append(samples);
    const { lengthMs, speechMs } = recorder;
    try {
      await writer.finish();
      report({ type: 'recorded', id, recording, lengthMs, speechMs, why });
    } catch (error) {
      log.error('a recording could not be kept', { endpoint: id, reason: String(error) });
      report({ type: 'recorded', id, recording, lengthMs: 0, speechMs: 0, why: 'failed' });
    }
  }
}
