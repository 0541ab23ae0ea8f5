import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { exampleApi, TOKEN } from '../../test/surfaces/example-api.ts';

async function api(t: TestContext) {
  const { app, ask, store } = await exampleApi(t);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const send = (method: 'POST' | 'PATCH' | 'PUT', url: string, payload: object) =>
    app.inject({ method, url, payload, headers });
  return { ask, send, store };
}

describe('incidents over the API', () => {
  test('are listed newest first, and told one by one', async (t) => {
    const { ask, send } = await api(t);
    const { incidents, next } = (await ask('/v1/incidents?open=true')).json();
    assert.equal(next, undefined);
    assert.deepEqual(incidents, [(await ask('/v1/incidents/20261124-1')).json()]);
    assert.deepEqual(incidents[0].updates, [
      {
        at: '2026-11-24T09:29:00.000Z',
        phase: 'investigating',
        text: 'Since 09:29 GMT, calls from your phones may fail. Dial 020 7946 0111 to divert your numbers.',
        by: 'probes',
      },
    ]);
    assert.equal((await ask('/v1/incidents?limit=1')).json().next, undefined, 'there are no more');
    await send('POST', '/v1/incidents', { text: 'Slow.', components: [] });
    const page = (await ask('/v1/incidents?limit=1')).json();
    assert.deepEqual((await ask(`/v1/incidents?limit=1&cursor=${page.next}`)).json(), { incidents });
    assert.equal((await ask('/v1/incidents?cursor=yesterday')).statusCode, 400);
    assert.equal((await ask('/v1/incidents/20261124-9')).statusCode, 404);
    assert.equal((await ask('/v1/incidents/last')).statusCode, 400);
  });

  test('are updated, and not resolved over what the probes say', async (t) => {
    const { send } = await api(t);
    const url = '/v1/incidents/20261124-1';
    const identified = await send('POST', `${url}/updates`, { phase: 'identified', template: 'carrier' });
    assert.equal(identified.statusCode, 201);
    assert.match(
      identified.json().updates[1].text,
      /^Outbound calls: a carrier has failed, since 09:29 GMT\./,
    );
    const resolved = await send('POST', `${url}/updates`, { phase: 'resolved', text: 'Over.' });
    assert.deepEqual([resolved.statusCode, resolved.json().code], [409, 'CONFLICT']);
    assert.match(resolved.json().detail, /Outbound calls: major outage since 09:29 GMT/);
    assert.equal((await send('PATCH', url, { title: 'Carrier' })).json().title, 'Carrier');
    assert.equal((await send('PUT', `${url}/post-mortem`, { text: 'A fuse.' })).statusCode, 409);
    for (const body of [{}, { text: 'a', template: 'carrier' }, { text: '' }, { text: 'a\u0007b' }])
      assert.equal((await send('POST', `${url}/updates`, body)).statusCode, 400, JSON.stringify(body));
  });

  test('are opened, resolved and looked back on', async (t) => {
    const { send, ask, store } = await api(t);
    const components = [{ name: 'Website', state: 'degraded' }];
    const opened = await send('POST', '/v1/incidents', { text: 'Slow.\nWe look.', components });
    assert.deepEqual([opened.statusCode, opened.json().title], [201, 'Trouble with Website']);
    const url = `/v1/incidents/${opened.json().id}`;
    await send('POST', `${url}/updates`, { phase: 'resolved', text: 'Quick again.' });
    await send('PUT', `${url}/post-mortem`, { text: 'First.' });
    await send('PUT', `${url}/post-mortem`, { text: 'Better.' });
    const told = (await ask(url)).json();
    assert.equal(told.resolvedAt, '2026-11-24T09:30:00.000Z');
    assert.equal(told.postMortem.text, 'Better.');
    assert.equal((await store.audit({ limit: 10 })).entries.length, 4);
    const strange = { text: '.', components: [{ name: 'Website', state: 'operational' }] };
    assert.equal((await send('POST', '/v1/incidents', strange)).statusCode, 400);
  });
});

describe('maintenance over the API', () => {
  test('is announced, changed, and called off', async (t) => {
    const { send, ask } = await api(t);
    const body = {
      title: 'New switch',
      components: ['Website'],
      from: '2026-11-25T22:00:00Z',
      until: '2026-11-25T23:00:00+00:00',
      notify: true,
    };
    const made = await send('POST', '/v1/maintenance', body);
    assert.equal(made.statusCode, 201);
    const { id, reminders, state } = made.json();
    assert.deepEqual([id, state], ['m20261124-1', 'scheduled']);
    assert.deepEqual(reminders, [{ at: '2026-11-25T21:00:00.000Z', sent: false }]);
    const url = `/v1/maintenance/${id}`;
    const longer = await send('PATCH', url, { until: '2026-11-26T01:00:00Z' });
    assert.equal(longer.json().until, '2026-11-26T01:00:00.000Z');
    assert.equal((await send('POST', `${url}/end`, {})).statusCode, 409);
    const off = await send('POST', `${url}/cancel`, { text: 'Not today.' });
    assert.deepEqual([off.json().state, off.json().updates.at(-1).text], ['cancelled', 'Not today.']);
    assert.deepEqual((await ask('/v1/maintenance')).json().maintenance, [off.json()]);
    assert.deepEqual((await ask('/v1/maintenance?open=true')).json().maintenance, []);
    assert.equal((await send('POST', '/v1/maintenance', { ...body, from: 'soon' })).statusCode, 400);
    assert.equal(
      (await send('POST', '/v1/maintenance', { ...body, from: '2020-01-01T00:00:00Z' })).statusCode,
      409,
    );
  });
});
