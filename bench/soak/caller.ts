// One call of the soak, from the caller's side: INVITE (with credentials where it is a phone's), what comes of it,
// some talk, and its end by either side or by CANCEL. Whatever becomes of it is told once, in a word.

import type { UserAgent } from '../../examples/demo-carrier/user-agent.ts';
import { Voice } from '../../examples/demo-carrier/voice.ts';
import type { Endpoint } from '../../src/base/net.ts';
import { audioOf } from '../../src/sdp/audio.ts';
import { formatSdp, parseSdp } from '../../src/sdp/description.ts';
import { createOffer } from '../../src/sdp/offer-answer.ts';
import type { DigestClient } from '../../src/sip/auth/client.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import { onLoopback } from '../stand.ts';

export interface CallerOptions {
  readonly agent: UserAgent;
  /** The caller's user or number, and the domain or address it calls from. */
  readonly from: string;
  readonly called: string;
  readonly node: Endpoint;
  readonly digest?: DigestClient;
  /** What to put into the INVITE in place of an offer of audio. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
  /** Gives up while it rings. */
  readonly cancelMs?: number;
  /** Talks for so long, and hangs up, unless the other side was faster. */
  readonly talkMs: number;
  readonly ended: (how: string) => void;
}

/** A call that nothing ends by itself is told as stuck. */
const PATIENCE_MS = 60_000;
const TONE_HZ = 440;

export class Caller {
  readonly #options: CallerOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #voice: Voice | undefined;
  #invite: SipRequest | undefined;
  #id: TransactionId | undefined;
  #dialog: Dialog | undefined;
  #answered = false;
  #over = false;

  constructor(options: CallerOptions) {
    onLoopback(options.node);
    this.#options = options;
  }

  async call(): Promise<void> {
    const { agent, cancelMs } = this.#options;
    const start = {
      ssrc: agent.integer(),
      sequenceNumber: agent.integer() & 0xffff,
      timestamp: agent.integer(),
    };
    this.#voice = await Voice.open(agent.local.address, TONE_HZ, start);
    this.#after(PATIENCE_MS, () => this.#end('stuck'));
    if (cancelMs !== undefined) this.#after(cancelMs, () => this.#cancel());
    this.#send(this.#composed());
  }

  #composed(): SipRequest {
    const { agent, from, called, node, body } = this.#options;
    const local = this.#voice?.local ?? agent.local;
    const offer = createOffer({
      local,
      sessionId: agent.integer(),
      sessionVersion: 1,
      codecs: ['PCMA', 'PCMU'],
      direction: 'sendrecv',
      dtmfPayloadType: 101,
    });
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${from}@${node.address}>;tag=${agent.token()}`],
      ['To', `<sip:${called}@${node.address}>`],
      ['Call-ID', agent.token()],
      ['CSeq', '1 INVITE'],
      ['Contact', agent.contact(from)],
      ['Content-Type', body?.type ?? 'application/sdp'],
    ]);
    const uri = `sip:${called}@${node.address}:${node.port}`;
    return new SipRequest('INVITE', uri, headers, body?.bytes ?? formatSdp(offer));
  }

  #send(invite: SipRequest): void {
    const { agent, node } = this.#options;
    this.#invite = invite;
    this.#id = agent.request(invite, node, {
      response: (response) => this.#responded(response),
      failed: (status) => this.#end(String(status)),
    });
  }

  #responded(response: SipResponse): void {
    const { status } = response;
    const { digest } = this.#options;
    if (status < 200 || this.#invite === undefined) return;
    if (status === 401 && digest !== undefined && !this.#over) {
      const again = digest.authorise(this.#invite, response);
      if (again.ok) this.#send(again.value);
      else this.#end('refused credentials');
    } else if (status >= 300) this.#end(String(status));
    else this.#answer(response);
  }

  #answer(response: SipResponse): void {
    const { agent, talkMs } = this.#options;
    const dialog = this.#invite && Dialog.asUac(this.#invite, response);
    if (!dialog?.ok || this.#id === undefined || this.#answered) return;
    this.#answered = true;
    this.#dialog = dialog.value;
    agent.own(dialog.value, {
      request: (id, request) => {
        agent.respond(id, createResponse(request, request.method === 'BYE' ? 200 : 488));
        if (request.method === 'BYE') this.#end('ended by the callee');
      },
      acknowledged: () => undefined,
    });
    agent.acknowledge(this.#id, dialog.value, dialog.value.createAck(this.#invite?.cseq?.number ?? 1));
    this.#talkTo(response.body);
    if (this.#over) this.#bye();
    else this.#after(talkMs, () => this.#hangUp());
  }

  #talkTo(description: Uint8Array): void {
    const parsed = parseSdp(description);
    const audio = parsed.ok ? audioOf(parsed.value) : undefined;
    if (audio?.endpoint === undefined || audio.playable === undefined) return;
    this.#voice?.speakTo({ remote: onLoopback(audio.endpoint), ...audio.playable });
  }

  #cancel(): void {
    if (this.#answered || this.#over || this.#id === undefined) return;
    this.#options.agent.cancel(this.#id);
  }

  #hangUp(): void {
    if (this.#over) return;
    this.#bye();
    this.#end(this.#voice?.heardAudio ? 'talked' : 'heard nothing');
  }

  #bye(): void {
    if (this.#dialog === undefined) return;
    const quiet = { response: () => undefined, failed: () => undefined };
    this.#options.agent.requestIn(this.#dialog, this.#dialog.createRequest('BYE'), quiet);
  }

  #end(how: string): void {
    if (this.#over) return;
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#voice?.close();
    if (this.#dialog !== undefined) this.#options.agent.disown(this.#dialog);
    this.#options.ended(how);
  }

  #after(delayMs: number, act: () => void): void {
    this.#timers.push(setTimeout(act, delayMs));
  }
}
