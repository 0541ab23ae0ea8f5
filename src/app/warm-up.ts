// The first flood finds compiled code. A request of a stranger costs five times as much while the code that reads it is
// interpreted as when it has run a thousand times (bench/warm-up.ts), and a node that has seen few strangers would be
// slowest when they all come. So a second core, with nothing around it, hears what strangers send: a little at a time,
// once the phones that come back after a start have been served, and nothing of it leaves this file. A node that is
// started while strangers come has its code compiled by them.

import { utf8 } from '../base/bytes.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import { SipNode } from '../node/node.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';

const DOMAIN = 'warm-up.invalid';
const LOCAL = { address: '192.0.2.1', port: 5060 };
const METHODS = ['REGISTER', 'INVITE', 'REGISTER', 'OPTIONS', 'SUBSCRIBE', 'REGISTER', 'ACK', 'INVITE'];
/** As the time of its own that the second core lives in goes on: 2,000 packets a second are an attack. */
const STEP_MS = 0.5;
const KEY_BYTES = 32;
const SILENCE_MS = 60_000;

export class WarmUp {
  readonly #random: Random;
  readonly #hashing: Hashing;
  /** Not there before it is needed, and gone when it is over: it is as large as the real one. */
  #node: SipNode | undefined;
  #now: Instant;
  #heard = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(random: Random, hashing: Hashing, now: Instant) {
    this.#random = random;
    this.#hashing = hashing;
    this.#now = now;
  }

  get isOver(): boolean {
    return this.#heard >= LIMITS.warmUpMessages;
  }

  /** After a while, by and by, and not when somebody waits for the end of the process. */
  begin(): void {
    const heard = () => {
      for (let count = 0; count < LIMITS.warmUpMessagesAtOnce && !this.isOver; count++) this.hear();
      if (this.isOver) this.close();
    };
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(heard, LIMITS.warmUpEveryMs).unref();
    }, LIMITS.warmUpAfterMs).unref();
  }

  /** One packet. Gives how many answers there would have been. */
  hear(): number {
    this.#node ??= this.#start();
    const index = this.#heard++;
    this.#now += STEP_MS;
    const remote = { address: `198.18.${(index >> 8) & 255}.${index & 255}`, port: 5060 };
    const packet = { flow: { transport: 'udp', local: LOCAL, remote } satisfies Flow, bytes: drawn(index) };
    const node = this.#node;
    // Whatever it says: what is not let in is to be compiled as well.
    node.admit(packet, this.#now);
    const read = node.receive([packet], this.#now);
    const due = node.nextDeadline();
    if (due !== undefined && due <= this.#now) node.expire(this.#now);
    return read.filter(({ type }) => type === 'send').length;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#node = undefined;
  }

  #start(): SipNode {
    const listeners = [{ transport: 'udp', local: LOCAL, advertised: LOCAL }] as const;
    const node = new SipNode(
      {
        domain: DOMAIN,
        userAgent: 'Ringthrough',
        listeners,
        trunks: [],
        country: 'GB',
        acceptMd5: true,
        silenceMs: SILENCE_MS,
        nonceKey: this.#random.bytes(KEY_BYTES),
        random: this.#random,
        hashing: this.#hashing,
      },
      this.#now,
    );
    node.start({ accounts: [], bindings: [], unfinished: [], trunkServers: [] }, this.#now);
    return node;
  }
}

/** What strangers send: requests of many kinds, some with credentials, one in ten of no sense. */
function drawn(index: number): Uint8Array {
  if (index % 10 === 9) return utf8(`REGISTER sip:${DOMAIN} SIP/2.0\r\nVia ${index}\r\n\r\n`);
  const method = METHODS[index % METHODS.length] ?? 'REGISTER';
  const isCall = method === 'INVITE';
  const user = isCall ? `+4420794${index}` : String(1_000 + index);
  const sdp = isCall
    ? `v=0\r\no=- ${index} 1 IN IP4 ${LOCAL.address}\r\ns=-\r\nc=IN IP4 ${LOCAL.address}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n`
    : '';
  const rows = [
    `${method} sip:${isCall ? `${user}@` : ''}${DOMAIN} SIP/2.0`,
    `Via: SIP/2.0/UDP 10.0.0.${index & 255}:5060;branch=z9hG4bK-${index};rport`,
    'Max-Forwards: 70',
    `From: "Stranger" <sip:${user}@${DOMAIN}>;tag=${index}`,
    `To: <sip:${user}@${DOMAIN}>`,
    `Call-ID: ${index}@10.0.0.1`,
    `CSeq: ${index} ${method}`,
    `Contact: <sip:${user}@10.0.0.1:5060;transport=udp>;expires=300`,
    'User-Agent: Desk Phone 1.0',
    ...(method === 'SUBSCRIBE' ? ['Event: message-summary', 'Expires: 3600'] : []),
    ...(index % 3 === 0
      ? [
          `Authorization: Digest username="${user}", realm="${DOMAIN}", nonce="${index}", uri="sip:${DOMAIN}", response="${'0'.repeat(32)}", algorithm=MD5`,
        ]
      : []),
    ...(isCall ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${sdp.length}`,
  ];
  return utf8(`${rows.join('\r\n')}\r\n\r\n${sdp}`);
}
