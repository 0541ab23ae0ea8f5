import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';

/** Dates and runs of spaces are not what is tried here. */
function plain(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'DATE').replaceAll(/ +/g, ' ');
}

/** One API for all commands; what each of them wrote. */
async function stage(t: TestContext) {
  const { run } = await cliAndApi(t);
  const written = { out: 0, err: 0 };
  return async (...args: readonly string[]) => {
    const { code, out, err } = await run(...args);
    const fresh = { code, out: out.slice(written.out), err: err.slice(written.err) };
    written.out = out.length;
    written.err = err.length;
    return fresh;
  };
}

describe('incident', () => {
  test('list and get tell what happened', async (t) => {
    const run = await stage(t);
    assert.equal(
      plain((await run('incident', 'list', '--open')).out),
      [
        'INCIDENT OPENED LASTED BY PHASE TITLE',
        '20261124-1 DATE goes on probes investigating Outage of Outbound calls',
        '',
      ].join('\n'),
    );
    assert.equal(
      plain((await run('incident', 'get', '20261124-1')).out),
      [
        '20261124-1 Outage of Outbound calls',
        'opened by probes at DATE, goes on',
        ' Outbound calls: major outage since DATE, goes on',
        '',
        'DATE investigating (probes)',
        ' Since 09:29 GMT, calls from your phones may fail. Dial 020 7946 0111 to divert your numbers.',
        '',
      ].join('\n'),
    );
    const { out } = await run('incident', 'list', '--json', '--limit', '1');
    assert.equal(JSON.parse(out).incidents[0].id, '20261124-1');
    await run('incident', 'open', '--title', 'Another', '--text', '.');
    const [, next = ''] =
      /More: --before (\d+_20261124-2)\n/.exec((await run('incident', 'list', '--limit', '1')).out) ?? [];
    const older = (await run('incident', 'list', '--limit', '1', '--before', next)).out;
    assert.match(older, /^20261124-1 .*\n$/m);
    assert.doesNotMatch(older, /More/);
  });

  test('update and resolve say more, as far as the probes let them', async (t) => {
    const run = await stage(t);
    const updated = await run(
      'incident',
      'update',
      '20261124-1',
      '--phase',
      'identified',
      '--template',
      'carrier',
    );
    assert.match(updated.out, /identified \(operator\)\n {2}Outbound calls: a carrier has failed/);
    const titled = await run('incident', 'update', '20261124-1', '--title', 'Carrier');
    assert.match(titled.out, /^20261124-1 {2}Carrier\n/);
    const refused = await run('incident', 'resolve', '20261124-1');
    assert.equal(refused.code, 65);
    assert.match(
      refused.err,
      /the probes do not say that it is over \(Outbound calls: major outage since 09:29 GMT\)/,
    );
    assert.equal((await run('incident', 'update', '20261124-1')).code, 64);
    const twice = await run('incident', 'update', '20261124-1', '--text', 'a', '--file', 'b');
    assert.match(twice.err, /say it in one way: --text, --template or --file/);
  });

  test('open declares, resolve closes, post-mortem looks back', async (t) => {
    const run = await stage(t);
    const opened = await run(
      ...['incident', 'open', '--component', 'Website=degraded', '--text', 'Slow.'],
      ...['--component', 'Outbound calls=partial-outage', '--title', 'Slow and out'],
    );
    assert.match(opened.out, /^20261124-2 {2}Slow and out\n/);
    const taken = await run(
      ...[
        'incident',
        'update',
        '20261124-2',
        '--text',
        'Only the website.',
        '--component',
        'Outbound calls=operational',
      ],
    );
    assert.match(plain(taken.out), /Outbound calls: partial outage since DATE, until DATE\n/);
    const file = path.join(tmpdir(), `post-mortem-${process.pid}`);
    await writeFile(file, 'Too many visitors.\nWe have more servers now.\n');
    assert.equal((await run('incident', 'post-mortem', '20261124-2', file)).code, 65);
    assert.equal((await run('incident', 'open', '--text', '.', '--component', 'Website')).code, 64);
    const missing = await run('incident', 'open', '--text', '.', '--component', 'Fax=degraded');
    assert.match(missing.err, /there is no component "Fax"/);
  });
});

describe('maintenance', () => {
  test('is scheduled, changed, listed and cancelled', async (t) => {
    const run = await stage(t);
    const scheduled = await run(
      ...['maintenance', 'schedule', '--title', 'New switch', '--component', 'Website', '--notify'],
      ...['--from', '2h', '--until', '3h', '--text', 'Short breaks.'],
    );
    assert.match(
      plain(scheduled.out),
      /^m20261124-1 New switch: scheduled\nfrom DATE until DATE\naffects Website\n/,
    );
    const changed = await run('maintenance', 'change', 'm20261124-1', '--until', '4h', '--json');
    assert.equal(JSON.parse(changed.out).until, '2026-11-24T13:30:00.000Z');
    assert.match((await run('maintenance', 'end', 'm20261124-1')).err, /cancel it instead/);
    assert.match((await run('maintenance', 'list')).out, /m20261124-1.*scheduled.*Website.*New switch/);
    const unchanged = await run('maintenance', 'change', 'm20261124-1');
    assert.deepEqual([unchanged.code, unchanged.out], [64, '']);
    assert.match(unchanged.err, /nothing is changed; give title, text/);
    await run('maintenance', 'schedule', '--title', 'Later', '--from', '5h', '--until', '6h');
    const [, next = ''] =
      /More: --before (\d+_m20261124-2)\n/.exec((await run('maintenance', 'list', '--limit', '1')).out) ?? [];
    assert.match((await run('maintenance', 'list', '--before', next)).out, /^m20261124-1 .*New switch\n$/m);
    await run('maintenance', 'cancel', 'm20261124-2');
    for (const limit of ['0', 'abc'])
      assert.match(
        (await run('maintenance', 'list', '--limit', limit)).err,
        /limit: expected a whole number from 1 to \d+\n$/,
      );
    const off = await run('maintenance', 'cancel', 'm20261124-1', '--text', 'Not today.');
    assert.match(off.out, /New switch: cancelled\n/);
    assert.match(off.out, /Not today\.\n$/);
    assert.equal((await run('maintenance', 'list', '--open')).out, 'No maintenance is announced.\n');
    assert.equal((await run('maintenance', 'schedule', '--title', 'x', '--from', '2h')).code, 64);
  });
});
