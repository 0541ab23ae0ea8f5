// A change on an account, told by e-mail: the mail server is down, the node is killed, and the mail arrives all the
// same, at a server and through a parser that others wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { createRig, freePorts, HOST, until } from './rig.ts';

const CONTACTS = '    contacts: [{ email: owner@example.net }]';

test('the owner hears of a divert by e-mail, though the server was down and the node was killed', async (t) => {
  const rig = createRig(t);
  const port = await freePorts();
  const node = await RingthroughNode.start(rig, {
    provisioning: `${account(['reception'], ['{ ring: reception }'])}${CONTACTS}\n`,
    more: [`mail: { from: voicemail@voice.example.net, server: "${HOST}:${port}" }`],
  });
  await node.cli(['divert', 'set', NUMBER, MOBILE]).exited;
  await node.logged(/notice not delivered/, 10_000);
  const received: Buffer[] = [];
  const server = new SMTPServer({
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
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, HOST, () => resolve()));
  rig.onEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  await node.crashAndRestart();
  const bytes = await until('the mail', 20_000, () => received[0]);
  const mail = await PostalMime.parse(bytes);
  assert.equal(mail.to?.[0]?.address, 'owner@example.net');
  assert.equal(mail.subject, `acme: ${NUMBER} goes to ${MOBILE}`);
  assert.match(mail.text ?? '', /^Before: +\+442079460000 goes where its plan says$/m);
  await node.logged(/notice delivered/, 10_000);
});
