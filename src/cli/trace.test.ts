import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../test/surfaces/cli.ts';
import { EXAMPLES, NOW } from '../../test/surfaces/example-admin.ts';
import type { CliContext } from './context.ts';

process.env['TZ'] = 'UTC';

describe('a trace', () => {
  test('draws the ladder of a call, and asks for what was asked', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { code, out } = await run('trace', '--number', '020 7946 0000', '--since', '10m');
    assert.equal(code, 0);
    assert.match(out, /^09:30:00\.000 {2}\+442079460999 calls \+442079460000 · attempt-1\n/);
    assert.match(out, /│ ◀─+ 200 OK \(BYE\) ─+ │\nThat is all: the call has ended\.\n$/);
    assert.deepEqual(asked, [['trace', { number: '020 7946 0000', since: NOW - 600_000 }]]);
  });

  test('is one JSON object a line for programs', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('trace', '--call', 'attempt-1', '--json');
    const types = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    assert.deepEqual(
      types,
      EXAMPLES.trace.map(({ type }) => type),
    );
    assert.deepEqual(asked, [['trace', { call: 'attempt-1' }]]);
  });

  test('ends without a word at Ctrl-C', async (t) => {
    let interrupt = () => {};
    const onSignal: CliContext['onSignal'] = (listener) => {
      interrupt = () => listener('stop');
      return () => {};
    };
    const { run } = await cliAndApi(t, { onSignal, out: () => interrupt() });
    assert.deepEqual(await run('trace'), { code: 0, out: '', err: '' });
  });

  test('writes a capture file that its owner alone can read', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ringthrough-trace-'));
    t.after(() => rm(folder, { recursive: true }));
    const { run, asked } = await cliAndApi(t);
    const record = Buffer.alloc(16 + 3);
    record.writeUInt32LE(3, 8);
    t.mock.property(EXAMPLES, 'traceFile', Buffer.concat([Buffer.alloc(24), record, record]));
    const file = path.join(folder, 'call.pcap');
    const { code, out } = await run('trace', '--sip-call-id', 'a@b', '--pcap', file);
    assert.deepEqual({ code, out }, { code: 0, out: `2 messages written to ${file}\n` });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await readFile(file)).length, 24 + 2 * 19);
    assert.deepEqual(asked, [['traceFile', { sipCallId: 'a@b' }]]);
  });

  test('says so where nothing is kept', async (t) => {
    const { run } = await cliAndApi(t);
    t.mock.property(EXAMPLES, 'traceFile', new Uint8Array(24));
    assert.match((await run('trace', '--pcap', '/nowhere/a.pcap')).err, /no such messages are kept/);
  });

  test('says so where the file cannot be written', async (t) => {
    const { run } = await cliAndApi(t);
    t.mock.property(EXAMPLES, 'traceFile', new Uint8Array(24 + 16));
    assert.match((await run('trace', '--pcap', '/nowhere/a.pcap')).err, /a\.pcap cannot be written: ENOENT/);
  });
});
