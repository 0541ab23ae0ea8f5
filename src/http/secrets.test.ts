import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleApi, TOKEN } from '../../test/surfaces/example-api.ts';

const OTHER = 'another-token-which-is-not-the-one-9876543';
const PASSWORD = 'correct-horse-battery';

test('no token and no password of a request is logged or given back, wherever it stands', async (t) => {
  const { app, logged } = await exampleApi(t);
  const answers: string[] = [];
  for (const token of [TOKEN, OTHER]) {
    for (const request of [
      { url: '/v1/accounts', headers: { authorization: `Bearer ${token}` } },
      { url: '/v1/accounts', headers: { authorization: `Basic ${btoa(`operator:${token}`)}` } },
      { url: `/v1/accounts?token=${token}`, headers: {} },
      { url: `/v1/accounts?account=${token}&access_token=${token}`, headers: { cookie: `token=${token}` } },
    ]) {
      answers.push((await app.inject({ method: 'GET', ...request })).body);
    }
  }
  for (const payload of [{ password: PASSWORD }, { passwort: PASSWORD }, { password: [PASSWORD] }]) {
    const answer = await app.inject({
      method: 'PUT',
      url: '/v1/accounts/acme/phones/reception',
      headers: { authorization: `Bearer ${TOKEN}` },
      payload,
    });
    answers.push(answer.body);
  }
  const told = [...logged, ...answers].join('\n');
  assert.ok(logged.length > 0, 'requests are logged');
  for (const secret of [TOKEN, OTHER, btoa(`operator:${TOKEN}`), btoa(`operator:${OTHER}`), PASSWORD]) {
    assert.ok(!told.includes(secret), `${secret} is told`);
  }
});
