// sipp: any number of scripted callers, phones or carriers. A scenario (test/interop/scenarios/*.xml) says what
// is sent and what must come; sipp's own statistics say how many calls went so. A scenario that places calls ends
// when all have ended; one that takes them runs on, since it answers OPTIONS as well, and counts its finished calls
// with sipp's first counter. With `rtpEcho` it sends all the audio it gets back to its sender, so that whoever calls
// it hears himself.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../../../src/base/assert.ts';
import type { Child } from '../child.ts';
import { freePorts, HOST, type Rig, until } from '../rig.ts';

const SCENARIOS = path.resolve(import.meta.dirname, '../scenarios');

export interface SippOptions {
  /** A file of test/interop/scenarios, without its ending; or its name where there is a script. */
  readonly scenario: string;
  /** The scenario itself (script.ts). */
  readonly script?: string;
  /** Where requests go to; a scenario that only answers has none. */
  readonly target?: { readonly port: number; readonly host?: string };
  /** Its own address: of a phone unless a carrier's is given. */
  readonly host?: string;
  /** The first of six free ports, where somebody else has to know it beforehand. */
  readonly port?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly calls?: number;
  readonly callsPerSecond?: number;
  readonly rtpEcho?: boolean;
  /** Values of the scenario's [keywords]. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Digest credentials for [authentication]. */
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly withinSeconds?: number;
}

export interface SippResult {
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
}

interface Facts {
  readonly host: string;
  readonly port: number;
  /** Of its statistics (.csv) and errors (.log). */
  readonly prefix: string;
  readonly calls: number;
  readonly withinSeconds: number;
  readonly isCaller: boolean;
}

let started = 0;

export class Sipp {
  readonly host: string;
  readonly port: number;
  readonly #child: Child;
  readonly #facts: Facts;

  static async start(rig: Rig, options: SippOptions): Promise<Sipp> {
    // A port for signalling, then pairs for audio: sipp echoes on the media port and on the second after it.
    const { scenario, target, host = HOST, credentials } = options;
    const { calls = 1, callsPerSecond = 10, withinSeconds = 20 } = options;
    const port = options.port ?? (await freePorts(6, host));
    const prefix = path.join(rig.folder, `sipp-${scenario}-${++started}`);
    const file = options.script === undefined ? path.join(SCENARIOS, `${scenario}.xml`) : `${prefix}.xml`;
    if (options.script !== undefined) writeFileSync(file, options.script);
    const child = rig.run(`sipp ${scenario}`, 'sipp', [
      ...['-sf', file, '-nostdin'],
      ...['-i', host, '-p', String(port), '-mi', host, '-mp', String(port + 2)],
      ...['-t', options.transport === 'tcp' ? 't1' : 'u1'],
      ...(target ? ['-m', String(calls), '-r', String(callsPerSecond), '-aa'] : []),
      ...['-timeout', String(withinSeconds), '-timeout_error'],
      ...['-trace_stat', '-stf', `${prefix}.csv`, '-fd', '200ms'],
      ...['-trace_err', '-error_file', `${prefix}.log`],
      ...(options.rtpEcho ? ['-rtp_echo'] : []),
      ...(credentials ? ['-au', credentials.user, '-ap', credentials.password] : []),
      ...Object.entries(options.keys ?? {}).flatMap(([key, value]) => ['-key', key, value]),
      ...(target ? [`${target.host ?? HOST}:${target.port}`] : []),
    ]);
    const sipp = new Sipp(child, {
      host,
      port,
      prefix,
      withinSeconds,
      calls,
      isCaller: target !== undefined,
    });
    await sipp.#listening();
    return sipp;
  }

  private constructor(child: Child, facts: Facts) {
    this.host = facts.host;
    this.port = facts.port;
    this.#child = child;
    this.#facts = facts;
  }

  /** What became of its calls, once all have ended. Fails unless each went as the scenario says. */
  async succeeded(): Promise<SippResult> {
    const { calls, isCaller, withinSeconds } = this.#facts;
    const withinMs = (withinSeconds + 5) * 1_000;
    if (isCaller) await this.#child.end(withinMs);
    const result = await until(`${calls} calls of ${this.#child.name}`, withinMs, () => {
      const figures = this.#figures();
      return isCaller || figures.failed > 0 || figures.successful >= calls ? figures : undefined;
    });
    if (result.successful === calls && result.failed === 0) return result;
    throw new Error(`${this.#child.name}: ${JSON.stringify(result)} of ${calls} calls: ${this.#explain()}`);
  }

  /** It opens its statistics once its sockets are bound. */
  async #listening(): Promise<void> {
    const ended = this.#child.exited.then(() => this.#explain());
    await until(`sipp listens on ${this.port}`, 10_000, async () => {
      const early = await Promise.race([ended, undefined]);
      if (early !== undefined) throw new Error(`sipp ended at once: ${early}`);
      return readOrNothing(`${this.#facts.prefix}.csv`) || undefined;
    });
  }

  #figures(): SippResult {
    const [head, ...rows] = readFileSync(`${this.#facts.prefix}.csv`, 'utf8').trim().split('\n');
    const names = present(head, 'head of sipp’s statistics').split(';');
    const last = present(rows.at(-1), 'row of sipp’s statistics').split(';');
    const figure = (name: string): number => Number(last[names.indexOf(name)]);
    return {
      successful: figure(this.#facts.isCaller ? 'SuccessfulCall(C)' : 'GenericCounter1(C)'),
      failed: figure('FailedCall(C)'),
      retransmissions: figure('Retransmissions(C)'),
    };
  }

  #explain(): string {
    return readOrNothing(`${this.#facts.prefix}.log`) || this.#child.output;
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
