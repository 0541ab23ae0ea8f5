// Signatures of each carrier, made here by their own description: right, wrong, old, and brought again.

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { exampleApi } from '../../test/surfaces/example-api.ts';
import type { IncomingText } from '../admin/texting.ts';
import type { TextingRoute } from './texting.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const URL = 'https://sms.example.net/sms/carrier';
const seconds = (at: number) => String(Math.floor(at / 1_000));

async function serve(t: TestContext, provider: TextingRoute['provider'], secret: string) {
  const brought: IncomingText[] = [];
  const receive = async (text: IncomingText) => {
    brought.push(text);
  };
  const { app } = await exampleApi(t, { texting: { provider, url: URL, secret, now: () => NOW, receive } });
  const bring = async (payload: string, headers: Readonly<Record<string, string>>) => {
    const type = provider === 'twilio' ? 'application/x-www-form-urlencoded' : 'application/json';
    const host = 'sms.example.net';
    const all = { 'content-type': type, host, ...headers };
    return (await app.inject({ method: 'POST', url: `/sms/${provider}`, headers: all, payload })).statusCode;
  };
  return { brought, bring };
}

describe('a text message', () => {
  test('of Twilio is taken with its signature over address and fields', async (t) => {
    const { bring, brought } = await serve(t, 'twilio', 'token');
    const fields = { MessageSid: 'SM1', From: '+447700900123', To: '+442079460000', Body: 'STATUS & more' };
    const signed =
      URL +
      Object.entries(fields)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flat()
        .join('');
    const signature = createHmac('sha1', 'token').update(signed).digest('base64');
    const body = new URLSearchParams(fields).toString();
    assert.equal(await bring(body, { 'x-twilio-signature': signature }), 200);
    assert.deepEqual(brought, [{ id: 'SM1', from: '+447700900123', text: 'STATUS & more' }]);
    assert.equal(await bring(`${body}&Body=x`, { 'x-twilio-signature': signature }), 401);
    assert.equal(await bring(body, {}), 401);
    assert.equal(brought.length, 1);
  });

  test('of Telnyx is taken with its key, for five minutes', async (t) => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
    const { bring, brought } = await serve(t, 'telnyx', raw);
    const payload = { id: 't1', from: { phone_number: '+447700900123' }, text: 'STATUS' };
    const body = JSON.stringify({ data: { event_type: 'message.received', payload } });
    const signed = (at: number, text = body) => ({
      'telnyx-timestamp': seconds(at),
      'telnyx-signature-ed25519': sign(null, Buffer.from(`${seconds(at)}|${text}`), privateKey).toString(
        'base64',
      ),
    });
    assert.equal(await bring(body, signed(NOW)), 200);
    assert.deepEqual(brought, [{ id: 't1', from: '+447700900123', text: 'STATUS' }]);
    assert.equal(await bring(body, signed(NOW - 301_000)), 401);
    assert.equal(await bring(body, signed(NOW, `${body} `)), 401);
    assert.equal(await bring(body, { ...signed(NOW), 'telnyx-signature-ed25519': 'AAAA' }), 401);
  });

  test('of any other is taken with a secret that both know, and not beyond its size', async (t) => {
    const { bring, brought } = await serve(t, 'generic', 'a-shared-secret');
    const body = JSON.stringify({ id: 'g1', from: '07700900123', text: 'HELP' });
    const signed = (at: number, text: string) => ({
      'x-ringthrough-timestamp': seconds(at),
      'x-ringthrough-signature': createHmac('sha256', 'a-shared-secret')
        .update(`${seconds(at)}.${text}`)
        .digest('hex'),
    });
    assert.equal(await bring(body, signed(NOW, body)), 200);
    assert.equal(brought.length, 1);
    assert.equal(await bring(body, signed(NOW + 301_000, body)), 401);
    assert.equal(await bring(body, { ...signed(NOW, body), 'x-ringthrough-signature': 'zz' }), 401);
    assert.equal(await bring('not json', signed(NOW, 'not json')), 200);
    assert.equal(brought.length, 1);
    const large = 'x'.repeat(70_000);
    assert.equal(await bring(large, signed(NOW, large)), 413);
  });
});

test('without a configuration there is no such place', async (t) => {
  const { app } = await exampleApi(t);
  assert.equal((await app.inject({ method: 'POST', url: '/sms/generic', payload: {} })).statusCode, 404);
});
