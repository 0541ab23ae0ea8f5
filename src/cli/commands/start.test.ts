import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cli } from '../../../test/surfaces/cli.ts';
import { NOW } from '../../../test/surfaces/example-admin.ts';
import { RingthroughError } from '../../base/errors.ts';
import type { Signal } from '../context.ts';

describe('starting a node', () => {
  function startable() {
    const done: string[] = [];
    const stopped = Promise.withResolvers<number>();
    let signal: (which: Signal) => void = () => {};
    let now = NOW;
    const started = Promise.withResolvers<void>();
    const { run } = cli({
      now: () => now,
      environment: { configFile: 'from-environment.yaml' },
      startNode: async ({ configPath, out }) => {
        done.push(`start ${configPath}`);
        out('SIP listens');
        return {
          stopped: stopped.promise,
          drain: () => done.push('drain'),
          stop: async () => {
            done.push('stop');
            stopped.resolve(0);
          },
          reload: () => done.push('reload'),
        };
      },
      onSignal: (listener) => {
        signal = listener;
        started.resolve();
        return () => done.push('no longer listening');
      },
    });
    const after = (milliseconds: number) => {
      now += milliseconds;
      signal('stop');
    };
    return { run, done, stopped, started: started.promise, after, hangUp: () => signal('reload') };
  }

  test('prints what it tells, and ends with its exit code', async () => {
    const { run, done, stopped } = startable();
    stopped.resolve(74);
    assert.deepEqual(await run('start', '--config', 'my.yaml'), { code: 74, out: 'SIP listens\n', err: '' });
    assert.deepEqual(done, ['start my.yaml', 'no longer listening']);
  });

  test('the first signal drains, the second stops', async () => {
    const { run, done, started, after } = startable();
    const ended = run('start');
    await started;
    after(0);
    assert.deepEqual(done, ['start from-environment.yaml', 'drain']);
    after(1_000);
    assert.equal((await ended).code, 0);
    assert.deepEqual(done.slice(2), ['stop', 'no longer listening']);
  });

  test('a Ctrl-C that npm passes on as well is one signal', async () => {
    const { run, done, started, after, stopped } = startable();
    const ended = run('start');
    await started;
    after(0);
    after(20);
    stopped.resolve(0);
    await ended;
    assert.ok(!done.includes('stop'));
  });

  test('a SIGHUP reloads, however often, and ends nothing', async () => {
    const { run, done, started, hangUp, stopped } = startable();
    const ended = run('start');
    await started;
    hangUp();
    hangUp();
    stopped.resolve(0);
    await ended;
    assert.deepEqual(done.slice(1), ['reload', 'reload', 'no longer listening']);
  });

  test('a node that cannot start says why in one line', async () => {
    const message = 'udp 127.0.0.1:5060 is in use by another program; choose another in sip.listen';
    const startNode = () => Promise.reject(new RingthroughError('LISTEN_FAILED', message));
    const { run } = cli({ startNode });
    assert.deepEqual(await run('start'), { code: 69, out: '', err: `ringthrough: ${message}\n` });
  });
});
