// Against an SMTP server of other people's making, read by a mail parser of other people's making.

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Mail, MailSender } from '../../ports/mail.ts';
import { encodeG711 } from '../../rtp/g711.ts';
import { allSamples, readWav, writeWav } from '../../rtp/wav.ts';
import { createSmtp, type SmtpOptions } from './mail-smtp.ts';

const MAIL: Mail = {
  id: 'notice-1',
  at: Date.parse('2026-11-26T12:00:00Z'),
  to: 'owner@example.net',
  subject: 'Voicemail from +44 7700 900456 – 2 seconds',
  text: 'Hello.\n',
};
const CREDENTIALS = { user: 'node', password: 'let-me-out' };

async function serve(t: TestContext, options: SMTPServerOptions) {
  const received: Buffer[] = [];
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        received.push(Buffer.concat(chunks));
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  const senders: MailSender[] = [];
  t.after(async () => {
    for (const sender of senders) sender.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const open = (more: Partial<SmtpOptions> = {}) => {
    const sender = createSmtp({
      host: '127.0.0.1',
      port,
      tls: 'offered',
      from: 'Example Telephones <voicemail@voice.example.net>',
      name: 'voice.example.net',
      ...more,
    });
    senders.push(sender);
    return sender;
  };
  return { open, received, port };
}

function refusal(responseCode: number, message: string) {
  return Object.assign(new Error(message), { responseCode });
}

describe('a mail', () => {
  test('arrives with its words, a stable Message-ID and the recording as it was', async (t) => {
    const { open, received } = await serve(t, {});
    const tone = Int16Array.from({ length: 16_000 }, (_, i) =>
      Math.round(8_000 * Math.sin((i * Math.PI) / 10)),
    );
    const recorded = { codec: 'PCMA', samples: encodeG711('PCMA', tone) } as const;
    const file = { name: 'voicemail.wav', type: 'audio/wav', bytes: writeWav(recorded) };
    const delivered = await open().send({ ...MAIL, file });
    assert.ok(delivered.ok && delivered.value.startsWith('250'));
    const mail = await PostalMime.parse(received[0] ?? '');
    assert.equal(mail.subject, MAIL.subject);
    assert.equal(mail.text?.trim(), 'Hello.');
    assert.equal(mail.messageId, '<notice-1@voice.example.net>');
    assert.equal(mail.from?.address, 'voicemail@voice.example.net');
    assert.equal(Date.parse(mail.date ?? ''), MAIL.at);
    assert.equal(mail.headers.find(({ key }) => key === 'auto-submitted')?.value, 'auto-generated');
    const [wav] = mail.attachments;
    assert.deepEqual([wav?.filename, wav?.mimeType], ['voicemail.wav', 'audio/wav']);
    const read = readWav(new Uint8Array(wav?.content as ArrayBuffer));
    assert.ok(read.ok);
    const samples = allSamples(read.value);
    assert.equal(samples.length, tone.length);
    const furthest = samples.reduce((most, value, i) => Math.max(most, Math.abs(value - (tone[i] ?? 0))), 0);
    assert.ok(furthest <= 256, `G.711 is this far off at most: ${furthest}`);
  });

  test('that is greylisted may pass later, one to nobody will not', async (t) => {
    const { open } = await serve(t, {
      onRcptTo: ({ address }, _session, done) =>
        done(
          address.startsWith('grey') ? refusal(451, 'Greylisted, come again') : refusal(550, 'No such user'),
        ),
    });
    const sender = open();
    const grey = await sender.send({ ...MAIL, to: 'grey@example.net' });
    assert.ok(!grey.ok && grey.error.of === 'message' && !grey.error.permanent);
    assert.match(grey.error.reason, /^451 .*Greylisted/);
    const nobody = await sender.send({ ...MAIL, to: 'nobody@example.net' });
    assert.ok(!nobody.ok && nobody.error.of === 'message' && nobody.error.permanent);
  });

  test('whose message is refused with 554 will not pass, and with 452 it may', async (t) => {
    const codes = [554, 452];
    const { open } = await serve(t, {
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on('end', () => done(refusal(codes.shift() ?? 554, 'Refused')));
      },
    });
    const sender = open();
    const verdicts = [await sender.send(MAIL), await sender.send(MAIL)];
    assert.deepEqual(
      verdicts.map((one) => !one.ok && [one.error.of, one.error.permanent]),
      [
        ['message', true],
        ['message', false],
      ],
    );
  });
});

describe('a server', () => {
  test('that nothing listens at, or that takes neither us nor our sender, fails for all mail', async (t) => {
    const { open } = await serve(t, {
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(refusal(535, 'Wrong password')),
      onMailFrom: (_from, _session, done) => done(refusal(550, 'Who are you?')),
    });
    const outcomes = [
      await open({ port: 1 }).send(MAIL),
      await open({ credentials: CREDENTIALS }).send(MAIL),
      await open().send(MAIL),
    ];
    for (const outcome of outcomes) assert.ok(!outcome.ok && outcome.error.of === 'server');
    assert.doesNotMatch(JSON.stringify(outcomes), /let-me-out/);
  });

  test('that offers no TLS where it is required gets neither password nor mail', async (t) => {
    const said: string[] = [];
    const { open, received } = await serve(t, {
      allowInsecureAuth: true,
      onAuth: ({ username = '' }, _session, done) => {
        said.push(username);
        done(null, { user: username });
      },
    });
    const outcome = await open({ tls: 'required', credentials: CREDENTIALS }).send(MAIL);
    assert.ok(!outcome.ok && outcome.error.of === 'server');
    assert.deepEqual([said, received], [[], []]);
  });

  test('whose certificate nobody speaks for gets nothing where TLS is required', async (t) => {
    const { open, received } = await serve(t, { disabledCommands: [] });
    const refused = await open({ tls: 'required' }).send(MAIL);
    assert.ok(!refused.ok && refused.error.of === 'server');
    assert.match(refused.error.reason, /certificate|expired|altnames/i);
    assert.equal(received.length, 0);
    assert.ok(
      (await open({ tls: 'offered' }).send(MAIL)).ok,
      'where it is merely offered, it is better than none',
    );
  });
});
