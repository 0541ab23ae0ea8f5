// A change on an account, told by e-mail: the mail server is down, the node is killed, and the mail arrives all the
// same, at a server and through a parser that others wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { MailServer } from './peers/mail-server.ts';
import { createRig } from './rig.ts';

const CONTACTS = '    contacts: [{ email: owner@example.net }]';

test('the owner hears of a divert by e-mail, though the server was down and the node was killed', async (t) => {
  const rig = createRig(t);
  const server = await MailServer.planned(rig);
  const node = await RingthroughNode.start(rig, {
    provisioning: `${account(['reception'], ['{ ring: reception }'])}${CONTACTS}\n`,
    more: [server.configuration],
  });
  await node.cli(['divert', 'set', NUMBER, MOBILE]).exited;
  await node.logged(/notice not delivered/, 10_000);
  await server.starts();
  await node.crashAndRestart();
  const mail = await server.mail();
  assert.equal(mail.to?.[0]?.address, 'owner@example.net');
  assert.equal(mail.subject, `acme: ${NUMBER} goes to ${MOBILE}`);
  assert.match(mail.text ?? '', /^Before: +\+442079460000 goes where its plan says$/m);
  await node.logged(/notice delivered/, 10_000);
});
