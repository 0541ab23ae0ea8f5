// What else strangers' bytes get to: answers of DNS, STUN on the SIP port, certificates' names, and messages that
// are shown to people or copied to a collector, without their secrets.

import dnsPacket from 'dns-packet';
import { decodeAnswer, encodeQuestion } from '../../../src/adapters/net-dns/message.ts';
import { hepPacket } from '../../../src/adapters/trace-hep/packet.ts';
import { assertNever } from '../../../src/base/assert.ts';
import { LIMITS } from '../../../src/base/limits.ts';
import { certificateDomains, speaksFor } from '../../../src/sip/certificate/identity.ts';
import { answerStun, looksLikeStun } from '../../../src/sip/keepalive/stun.ts';
import { type DnsRow, type RecordType, readAnswer } from '../../../src/sip/location/records.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { sipCallIdOf } from '../../../src/trace/call-id.ts';
import { pcapFile, pcapRecord } from '../../../src/trace/pcap.ts';
import { redacted } from '../../../src/trace/redact.ts';
import type { SeededRandom } from '../../simulation/world.ts';
import { drawMessage } from '../draw-message.ts';
import { drawCredentials, drawDraft, wire } from '../grammar.ts';
import { mutateBytes, mutateDraft } from '../mutate.ts';
import { drawReply } from '../node/names.ts';
import { expect, type Target } from '../target.ts';
import { latin1, Words } from '../words.ts';

const ID = 4_711;
const TYPES: readonly RecordType[] = ['NAPTR', 'SRV', 'A', 'AAAA'];
const NAME = 'carrier-b.example';

export const dnsTarget: Target = {
  name: 'dns',
  weight: 1,
  draw: (random) => {
    const type = random.pick(TYPES);
    const bytes = dnsAnswer(type, random);
    return [latin1(type), random.chance(0.6) ? mutateBytes(bytes, random, [bytes]) : bytes];
  },
  attempt: ([type = new Uint8Array(0), bytes = new Uint8Array(0)], lap) => {
    const asked = TYPES.find((one) => one === Buffer.from(type).toString('latin1')) ?? 'A';
    const question = { type: asked, name: NAME };
    const decoded = lap(() => decodeAnswer(bytes, ID, question));
    if (decoded.type !== 'reply' || decoded.reply.type !== 'rows') return 1;
    const { rows } = decoded.reply;
    for (const { ttlMs } of rows) expect(Number.isFinite(ttlMs), 'a TTL is a number');
    const read = lap(() => readAnswer(question, rows));
    if (read.type === 'records')
      expect(
        read.records.every((one) => one.type === asked),
        'what was not asked is read',
      );
    return 1;
  },
};

/** As a server writes it; what cannot be written is a question alone. */
function dnsAnswer(type: RecordType, random: SeededRandom): Uint8Array {
  const question = { type, name: NAME };
  const reply = drawReply(question, random);
  const rows = reply.type === 'rows' ? reply.rows.slice(0, 20) : [];
  const answers = rows.map(answerOf);
  try {
    return dnsPacket.encode({
      type: 'response',
      id: ID,
      questions: [{ type, name: NAME, class: 'IN' }],
      answers,
    });
  } catch {
    return encodeQuestion(ID, question, true);
  }
}

function answerOf({ name, record }: DnsRow): dnsPacket.Answer {
  const head = { name, ttl: 60 };
  switch (record.type) {
    case 'SRV':
      return { ...head, type: record.type, data: record };
    case 'NAPTR':
      return { ...head, type: record.type, data: { ...record, services: record.service } };
    case 'CNAME':
      return { ...head, type: record.type, data: record.target };
    case 'A':
    case 'AAAA':
      return { ...head, type: record.type, data: record.address };
    default:
      return assertNever(record);
  }
}

export const stunTarget: Target = {
  name: 'stun',
  weight: 1,
  draw: (random) => {
    const attributes = Array.from({ length: random.between(0, 4) }, () => attribute(random));
    const body = Buffer.concat(attributes);
    const head = Buffer.alloc(20);
    head.writeUInt16BE(random.chance(0.9) ? 1 : random.between(0, 0x3fff), 0);
    head.writeUInt16BE(random.chance(0.9) ? body.length : random.between(0, 65_535), 2);
    head.writeUInt32BE(0x2112a442, 4);
    head.set(random.bytes(12), 8);
    const bytes = Buffer.concat([head, body]);
    return [random.chance(0.3) ? mutateBytes(bytes, random, [bytes]) : bytes];
  },
  attempt: ([bytes = new Uint8Array(0)], lap) => {
    for (const address of ['192.0.2.7', '2001:db8::7']) {
      const answer = lap(() =>
        looksLikeStun(bytes) ? answerStun(bytes, { address, port: 4_000 }) : undefined,
      );
      if (answer === undefined) continue;
      expect(answer.length <= bytes.length + 24, 'STUN answers with much more than it was asked with');
      expect(answer.length % 4 === 0 && (answer[0] ?? 0xff) <= 1, 'a STUN answer is no STUN');
    }
    return 1;
  },
};

function attribute(random: SeededRandom): Uint8Array {
  const size = random.pick([0, 4, 8, 20]);
  const bytes = Buffer.alloc(4 + size);
  bytes.writeUInt16BE(random.pick([0x0006, 0x0008, 0x0020, 0x0024, 0x8022, 0x8028, 0x7fff]), 0);
  bytes.writeUInt16BE(random.chance(0.9) ? size : random.between(0, 65_535), 2);
  return bytes;
}

export const certificateTarget: Target = {
  name: 'certificate',
  weight: 0.5,
  draw: (random) => {
    const words = new Words(random, 0.1);
    const kinds = ['DNS:', 'URI:sip:', 'URI:', 'IP Address:', 'email:', 'DirName:', ''];
    const names = Array.from({ length: random.between(0, 6) }, () => {
      const kind = random.pick(kinds);
      // Addresses are in a certificate as bytes, and whoever reads it writes them.
      return `${kind}${kind === 'IP Address:' ? random.pick(['192.0.2.7', '2001:DB8:0:0:0:0:0:7']) : name(words)}`;
    });
    return [latin1(names.join(', ')), latin1(words.host())];
  },
  attempt: ([names = new Uint8Array(0), wanted = new Uint8Array(0)], lap) => {
    const text = Buffer.from(names).toString('latin1');
    const domains = lap(() => certificateDomains(text));
    for (const domain of domains) {
      // Odd letters in between hurt nobody: no domain that could be wanted has them.
      expect(!/[*@\0"]/.test(domain), () => `a certificate speaks for what is no domain\n${domain}`);
      expect(
        text.toLowerCase().includes(domain),
        () => `a certificate speaks for what it does not name\n${domain}`,
      );
      speaksFor(domains, domain);
    }
    speaksFor(domains, Buffer.from(wanted).toString('latin1'));
    return 1;
  },
};

function name(words: Words): string {
  if (words.odd())
    return words.random.pick(['*.example.com', '"a, DNS:b"', 'a"b', words.token(), '"a\\u0000b"']);
  return words.host();
}

const SECRET = '5ec3e75ec3e75ec3e75ec3e75ec3e700';
const GIVES_SECRET = new RegExp(`^digest\\s(?:.*,)?\\s*response\\s*=\\s*"${SECRET}"`, 'i');

export const traceTarget: Target = {
  name: 'trace',
  weight: 1,
  draw: (random) => {
    if (random.chance(0.3)) return [drawMessage(random)];
    const words = new Words(random, random.pick([0, 0.02]));
    const draft = drawDraft(words);
    const header = random.pick(['Authorization', 'Proxy-Authorization', 'authorization']);
    const credentials = drawCredentials(words).replace(/response\s*=\s*"[^"]*"/, `response="${SECRET}"`);
    const secret = { ...draft, rows: [...draft.rows, [header, credentials] as const] };
    const bytes = wire(random.chance(0.5) ? mutateDraft(secret, draft, words) : secret, words);
    return [bytes.subarray(0, LIMITS.messageBytesMax)];
  },
  attempt: ([bytes = new Uint8Array(0)], lap) => {
    const shown = lap(() => redacted(bytes));
    expect(shown.length === bytes.length, 'what is shown has another length');
    const parsed = parseMessage(bytes);
    const callId = lap(() => sipCallIdOf(bytes));
    if (parsed.ok) {
      const again = parseMessage(shown);
      expect(again.ok, 'what is shown is no message any more');
      for (const header of ['Authorization', 'Proxy-Authorization']) {
        expect(!again.value.headers.all(header).some((row) => GIVES_SECRET.test(row)), 'a digest is shown');
      }
    }
    const [local, remote] = [
      { address: '192.0.2.1', port: 5_060 },
      { address: '2001:db8::7', port: 1 },
    ];
    const message = { at: 1_000.5, direction: 'in', transport: 'udp', local, remote, bytes: shown } as const;
    const traced = { ...message, ...(callId !== undefined && { callId }) };
    lap(() => pcapFile([pcapRecord(traced)]));
    lap(() => hepPacket(traced, { captureId: 1, password: 'secret' }));
    return 1;
  },
};
