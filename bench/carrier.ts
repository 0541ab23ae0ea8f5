// The carrier of the failover bench: it presents a call to the node and looks at its watch until the node calls
// the mobile. Both INVITEs pass the same socket of the same program, so one clock times them. As soon as the
// mobile's INVITE is there the caller hangs up (CANCEL), and nothing of the call is left when `divertMs` returns.
//
//   carrier                      node
//      ── INVITE the number ─────▶        watch starts
//      ◀───── INVITE the mobile ──        watch stops
//      ── CANCEL ────────────────▶
//      ◀───────────── CANCEL ─────        200, 487
//      ◀──────────────── 487 ─────

import { UserAgent } from '../examples/demo-carrier/user-agent.ts';
import { assert, present } from '../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../src/base/net.ts';
import { Headers } from '../src/sip/message/headers.ts';
import { SipRequest } from '../src/sip/message/message.ts';
import { onLoopback, type Stand } from './stand.ts';

const CALLER = '+447700900999';
/** Far more than any plan takes to come to its mobile. */
const CALL_MS_MAX = 15_000;

interface Call {
  readonly diverted: PromiseWithResolvers<number>;
  readonly ended: PromiseWithResolvers<number>;
}

/** What is going on at present. */
interface Line {
  call: Call | undefined;
}

export class Carrier {
  readonly #agent: UserAgent;
  readonly #line: Line;

  static async open(stand: Stand, listen: Endpoint): Promise<Carrier> {
    const line: Line = { call: undefined };
    const agent = await UserAgent.open({
      listen: onLoopback(listen),
      onRequest: (_, id, request) => {
        if (request.method !== 'INVITE') {
          agent.answer(id, request, request.method === 'OPTIONS' ? 200 : 405);
          return undefined;
        }
        line.call?.diverted.resolve(performance.now());
        return {
          cancelled: () => {
            agent.answer(id, request, 487);
            agent.forget(id);
          },
          notAcknowledged: () => undefined,
        };
      },
    });
    stand.onEnd(() => agent.close(1_000));
    return new Carrier(agent, line);
  }

  private constructor(agent: UserAgent, line: Line) {
    this.#agent = agent;
    this.#line = line;
  }

  /** Milliseconds from the INVITE for a number to the INVITE for its mobile. One call at a time. */
  async divertMs(number: string, node: Endpoint): Promise<number> {
    assert(this.#line.call === undefined, 'the carrier times one call at a time');
    const call: Call = { diverted: Promise.withResolvers(), ended: Promise.withResolvers() };
    this.#line.call = call;
    const patience = setTimeout(() => {
      call.ended.reject(new Error(`the call to ${number} goes on for too long`));
    }, CALL_MS_MAX);
    const early = call.ended.promise.then((status): never => {
      throw new Error(`the call to ${number} ended with ${status} before its mobile was called`);
    });
    early.catch(() => undefined);
    try {
      const invite = this.#invite(number, onLoopback(node));
      const startMs = performance.now();
      const id = this.#agent.request(invite, node, {
        response: ({ status }) => {
          if (status >= 200) call.ended.resolve(status);
        },
        failed: (status) => call.ended.resolve(status),
      });
      const divertedMs = await Promise.race([call.diverted.promise, early]);
      this.#agent.cancel(id);
      const status = await call.ended.promise;
      assert(status === 487, `a cancelled call ends with 487, not ${status}`);
      return divertedMs - startMs;
    } finally {
      clearTimeout(patience);
      this.#line.call = undefined;
    }
  }

  #invite(number: string, node: Endpoint): SipRequest {
    const uri = `sip:${number}@${formatEndpoint(node)}`;
    const { address, port } = present(this.#agent.local, 'address of the carrier');
    const body = ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
    // Nobody speaks: the discard port stands for the caller's audio.
    const audio = ['m=audio 9 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', ''];
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${CALLER}@${address}:${port}>;tag=${this.#agent.token()}`],
      ['To', `<${uri}>`],
      ['Call-ID', this.#agent.token()],
      ['CSeq', '1 INVITE'],
      ['Contact', this.#agent.contact(CALLER)],
      ['Content-Type', 'application/sdp'],
    ]);
    return new SipRequest('INVITE', uri, headers, Buffer.from([...body, ...audio].join('\r\n')));
  }
}
