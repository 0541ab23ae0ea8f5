import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

function traceOf(yaml: string) {
  const readSecret = (path: string) => {
    if (path === '/etc/ringthrough/hep.password') return 'from-a-file\n';
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  return parseConfig(`trace: ${yaml}`, { file: 'my.yaml', folder: '/etc/ringthrough', readSecret }).trace;
}

describe('what is said of traces', () => {
  test('is how long messages are kept, and the collector of their copies', () => {
    assert.deepEqual(traceOf('{}'), { keepMs: 3_600_000 });
    assert.deepEqual(traceOf('{ keep: 0s }'), { keepMs: 0 });
    assert.deepEqual(
      traceOf('{ keep: 10m, hep: { collector: "udp:[::1]:9060", passwordFile: hep.password } }'),
      {
        keepMs: 600_000,
        hep: { collector: { address: '::1', port: 9060 }, captureId: 1, password: 'from-a-file' },
      },
    );
    const { hep } = traceOf(
      '{ hep: { collector: "udp:192.0.2.9:9060", captureId: 2001, password: secret } }',
    );
    assert.deepEqual([hep?.captureId, hep?.password], [2001, 'secret']);
  });

  for (const [yaml, told] of [
    [
      '{ hep: { collector: "udp:homer.example:9060" } }',
      /trace\.hep\.collector: "homer\.example" is not an IP address/,
    ],
    ['{ hep: { collector: "tcp:192.0.2.9:9060" } }', /trace\.hep\.collector: expected udp:address:port/],
    ['{ hep: { collector: "udp:192.0.2.9:0" } }', /trace\.hep\.collector: expected udp:address:port/],
    ['{ hep: { captureId: 1 } }', /trace\.hep\.collector: is missing/],
    [
      '{ hep: { collector: "udp:192.0.2.9:9060", captureId: -1 } }',
      /captureId: expected a whole number from 0/,
    ],
    ['{ hep: { collector: "udp:192.0.2.9:9060", passwordFile: gone } }', /gone cannot be read \(ENOENT\)/],
    [
      '{ hep: { collector: "udp:192.0.2.9:9060", password: a, passwordFile: hep.password } }',
      /trace\.hep\.passwordFile: stands beside password/,
    ],
  ] as const) {
    test(`is told where it is wrong: ${yaml}`, () => {
      assert.throws(
        () => traceOf(yaml),
        (error) => error instanceof RingthroughError && told.test(error.message),
      );
    });
  }
});
