// What each carrier's API is sent, and how its answers are read, over real HTTP on loopback.

import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createSms, type SmsOptions } from './sms-http.ts';

const MESSAGE = { id: 'n1', to: '+447700900123', text: '{from} now goes to voicemail & more' };
const TOKEN = 'a-very-secret-token';

async function serve(t: TestContext, status: number, answer: string) {
  const asked: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = (more: Partial<SmsOptions> = {}) => {
    const options = {
      provider: 'generic',
      from: '+442079460000',
      token: TOKEN,
      url: `${base}/messages`,
    } as const;
    return createSms({ ...options, ...more }).send(MESSAGE);
  };
  return { asked, base, send };
}

const basic = `Basic ${Buffer.from(`AC1:${TOKEN}`).toString('base64')}`;

describe('a text message', () => {
  test('goes to Twilio as a form, with user and token', async (t) => {
    const { asked, base, send } = await serve(t, 201, '{"sid":"SM1"}');
    const sent = await send({
      provider: 'twilio',
      user: 'AC1',
      url: `${base}/Accounts/{user}/Messages.json`,
    });
    assert.deepEqual(sent, { ok: true, value: 'HTTP 201, id SM1' });
    assert.equal(asked[0]?.path, '/Accounts/AC1/Messages.json');
    assert.equal(asked[0]?.headers.authorization, basic);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(asked[0]?.body)), {
      From: '+442079460000',
      To: MESSAGE.to,
      Body: MESSAGE.text,
    });
  });

  test('goes to Telnyx as JSON, with the token alone', async (t) => {
    const { asked, send } = await serve(t, 200, '{"data":{"id":"40"}}');
    assert.deepEqual(await send({ provider: 'telnyx' }), { ok: true, value: 'HTTP 200, id 40' });
    assert.equal(asked[0]?.headers.authorization, `Bearer ${TOKEN}`);
    assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), {
      from: '+442079460000',
      to: MESSAGE.to,
      text: MESSAGE.text,
    });
  });

  test('goes to Bandwidth with its application and a list of one', async (t) => {
    const { asked, send } = await serve(t, 202, '{"id":"b1"}');
    assert.deepEqual(await send({ provider: 'bandwidth', user: 'AC1', application: 'app-1' }), {
      ok: true,
      value: 'HTTP 202, id b1',
    });
    const { to, applicationId, tag } = JSON.parse(asked[0]?.body ?? '');
    assert.deepEqual([to, applicationId, tag], [[MESSAGE.to], 'app-1', 'n1']);
  });
});

describe('an answer', () => {
  const rows: readonly (readonly [status: number, of: 'message' | 'server', permanent: boolean])[] = [
    [302, 'server', false],
    [400, 'message', true],
    [401, 'server', true],
    [404, 'message', true],
    [429, 'server', false],
    [503, 'server', false],
  ];
  for (const [status, of, permanent] of rows) {
    test(`of ${status} is the ${of}'s${permanent ? ', and final' : ', and passes'}; the token is not told`, async (t) => {
      const { send } = await serve(t, status, `no good: ${TOKEN}`);
      const outcome = await send();
      assert.ok(!outcome.ok);
      assert.deepEqual([outcome.error.of, outcome.error.permanent], [of, permanent]);
      assert.ok(!outcome.error.reason.includes(TOKEN));
    });
  }

  test('that never comes is the server’s, and passes', async () => {
    const options = {
      provider: 'generic',
      from: '+442079460000',
      token: TOKEN,
      url: 'http://127.0.0.1:1/',
    } as const;
    const outcome = await createSms(options).send(MESSAGE);
    assert.ok(!outcome.ok && outcome.error.of === 'server' && !outcome.error.permanent);
  });
});
