// A baresip phone without a head: it speaks a tone of its own and records what it hears. Steered over its JSON
// control port (module ctrl_tcp), which carries netstrings both ways:
//
//   → 47:{"command":"dial","params":"sip:…","token":"1"},
//   ← 49:{"response":true,"ok":true,"data":"","token":"1"},
//   ← 199:{"event":true,"type":"CALL_ESTABLISHED","class":"call", …},
//
// There is no sound card and no player: the sndfile filter records whatever was decoded, packet for packet.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { Child } from '../child.ts';
import { freePorts, HOST, type Rig, until } from '../rig.ts';
import { heardTone, type Recording, readRecording, writeTone } from '../tone.ts';

const MODULES = '/usr/lib/baresip/modules';
const TONE_SECONDS = 60;
/** A key and the time until the next one. */
const KEY_MS = 250;

export interface BaresipOptions {
  readonly user: string;
  readonly toneHz: number;
  readonly answer: 'auto' | 'manual';
  /** Registers there when given; otherwise the phone stands alone and is dialled by its address. */
  readonly registrar?: { readonly domain: string; readonly port: number; readonly password: string };
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** Registers a flow through each of these ports (RFC 5626), instead of one registration. */
  readonly flows?: readonly [first: number, second: number];
  readonly codec?: 'PCMU' | 'PCMA';
  /** Subscribes to its mailbox (module mwi). */
  readonly lamp?: boolean;
}

export interface BaresipEvent {
  /** Such as `CALL_RINGING`, `CALL_ESTABLISHED`, `CALL_CLOSED`. */
  readonly type: string;
  readonly param?: string;
  readonly peeruri?: string;
}

export class Baresip {
  readonly user: string;
  readonly address: string;
  readonly #child: Child;
  readonly #control: Socket;
  readonly #folder: string;
  readonly #events: BaresipEvent[] = [];
  #eventsTaken = 0;
  #earlierRecordings = 0;

  /** Starts a phone; it is registered if it was told where. */
  static async start(rig: Rig, options: BaresipOptions): Promise<Baresip> {
    const folder = path.join(rig.folder, `baresip-${options.user}`);
    mkdirSync(folder);
    // baresip takes the port after its own for TLS.
    const sipPort = await freePorts(4);
    const controlPort = sipPort + 2;
    writeTone(path.join(folder, 'tone.wav'), options.toneHz, TONE_SECONDS);
    writeFileSync(path.join(folder, 'config'), configuration(folder, sipPort, controlPort, options));
    writeFileSync(path.join(folder, 'accounts'), `${account(options)}\n`);
    writeFileSync(path.join(folder, 'contacts'), '\n');

    const child = rig.run(`baresip ${options.user}`, 'baresip', ['-f', folder, '-v'], {
      noise: /^\s*$|bit\/s/,
    });
    await child.line(/baresip is ready/, 10_000);
    const control = connect(controlPort, HOST);
    rig.onEnd(() => void control.destroy());
    await new Promise((resolve, reject) => control.once('connect', resolve).once('error', reject));
    // Its event may have come before there was a connection to tell it on.
    if (options.registrar !== undefined) await child.line(/200 OK .*\[\d+ bindings?\]/, 10_000);
    return new Baresip(options, folder, sipPort, child, control);
  }

  private constructor(options: BaresipOptions, folder: string, port: number, child: Child, control: Socket) {
    this.user = options.user;
    this.address = `${HOST}:${port}`;
    this.#folder = folder;
    this.#child = child;
    this.#control = control;
    let pending = '';
    control.on('error', () => undefined);
    // One character for each byte, for that is what a netstring counts.
    control.setEncoding('latin1').on('data', (bytes) => {
      pending = this.#takeNetstrings(pending + bytes);
    });
  }

  dial(uri: string): void {
    this.#earlierRecordings = this.#recordings().length;
    this.command('dial', uri);
  }

  /** Any command of baresip's menu: `accept`, `hangup`, `hold`, `resume`, … */
  command(command: string, params = ''): void {
    const json = JSON.stringify({ command, params, token: command });
    this.#control.write(`${Buffer.byteLength(json)}:${json},`);
  }

  /** The next event of a type; events before it are passed over, those after it stay for later. */
  async event(type: string, withinMs = 10_000): Promise<BaresipEvent> {
    return until(`${type} of ${this.user}`, withinMs, () => {
      const index = this.#events.findIndex((event, at) => at >= this.#eventsTaken && event.type === type);
      if (index < 0) return undefined;
      this.#eventsTaken = index + 1;
      return this.#events[index];
    });
  }

  /** Waits until its lamp tells of so many messages: `1/0` is one new and none old. */
  async lamp(counts: string, withinMs = 10_000): Promise<void> {
    const shows = `Voice-Message: ${counts} `;
    await until(`${counts} on the lamp of ${this.user}`, withinMs, () => {
      return this.#events.some(({ type, param = '' }) => type === 'MWI_NOTIFY' && param.includes(shows));
    });
  }

  /** Presses keys as a person does who knows the way. */
  async types(keys: string): Promise<void> {
    for (const key of keys) {
      this.command('sndcode', key);
      await passes(KEY_MS);
    }
  }

  /** Goes on speaking its tone for so long. */
  speaks(durationMs: number): Promise<void> {
    return passes(durationMs);
  }

  /** Waits until it has heard a second of a pure tone. */
  heard(toneHz: number, withinMs = 10_000): Promise<void> {
    return heardTone(() => this.#recordings().slice(this.#earlierRecordings).at(-1), toneHz, withinMs);
  }

  /** What it has heard in its latest call. */
  recording(): Recording {
    const file = this.#recordings().at(-1);
    return file === undefined ? { samples: new Int16Array(0), seconds: 0 } : readRecording(file);
  }

  /** Gone at once, as with the battery: no BYE, no unregistering. */
  async killHard(): Promise<void> {
    this.#child.signal('SIGKILL');
    await this.#child.exited;
  }

  #recordings(): readonly string[] {
    const files = readdirSync(this.#folder).filter((name) => name.endsWith('-dec.wav'));
    return files.sort().map((name) => path.join(this.#folder, name));
  }

  /** Takes the whole ones and returns what is left. */
  #takeNetstrings(bytes: string): string {
    let rest = bytes;
    for (;;) {
      const colon = rest.indexOf(':');
      const length = Number(rest.slice(0, Math.max(0, colon)));
      if (colon < 0 || rest.length < colon + length + 2) return rest;
      const message = JSON.parse(rest.slice(colon + 1, colon + 1 + length));
      if (message.event === true) this.#events.push(message);
      rest = rest.slice(colon + length + 2);
    }
  }
}

function passes(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function configuration(
  folder: string,
  sipPort: number,
  controlPort: number,
  { lamp = false }: BaresipOptions,
): string {
  return `poll_method epoll
sip_listen ${HOST}:${sipPort}
net_interface ${HOST}
audio_source aufile,${folder}/tone.wav
ausrc_srate 8000
ausrc_channels 1
audio_txmode poll
rtp_ports 22000-31999
snd_path ${folder}
module_path ${MODULES}
module g711.so
module aufile.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
${lamp ? 'module_app mwi.so\n' : ''}ctrl_tcp_listen ${HOST}:${controlPort}
`;
}

function account(options: BaresipOptions): string {
  const { user, answer, registrar, transport = 'udp', codec = 'PCMU', flows } = options;
  const parameters = [`audio_codecs=${codec}/8000`, `answermode=${answer}`];
  if (registrar === undefined) return [`<sip:${user}@${HOST}>`, 'regint=0', ...parameters].join(';');
  return [
    `<sip:${user}@${registrar.domain};transport=${transport}>`,
    ...(flows === undefined
      ? [`outbound="sip:${HOST}:${registrar.port};transport=${transport}"`]
      : [`outbound="sip:${HOST}:${flows[0]}"`, `outbound2="sip:${HOST}:${flows[1]}"`, 'sipnat=outbound']),
    `auth_user=${user}`,
    `auth_pass=${registrar.password}`,
    'regint=60',
    ...parameters,
  ].join(';');
}
