// Probes that do what customers do, as they are written.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

function probesOf(probes: string) {
  const readSecret = (path: string) => `${path}\n`;
  const context = { file: 'my.yaml', folder: '/etc/ringthrough', readSecret };
  return parseConfig(`watch: { probes: [${probes}] }`, context).watch?.probes ?? [];
}

function mistakesOf(probes: string): string {
  try {
    probesOf(probes);
  } catch (error) {
    if (error instanceof RingthroughError) return error.message;
    throw error;
  }
  return '';
}

describe('a probe that registers', () => {
  test('is told where and as whom, with the password from a file', () => {
    const [probe] = probesOf(
      '{ name: r, register: { server: "tcp:sip.example.net", domain: voice.example.net, user: a, passwordFile: ./a } }',
    );
    assert.deepEqual(probe?.target, {
      type: 'register',
      account: {
        server: { scheme: 'sip', host: 'sip.example.net', transport: 'tcp' },
        domain: 'voice.example.net',
        user: 'a',
        password: '/etc/ringthrough/a',
      },
    });
  });

  for (const [server, target] of [
    ['sip.example.net', { host: 'sip.example.net' }],
    ['sip.example.net:5070', { host: 'sip.example.net', port: 5070, transport: 'udp' }],
    ['tls:192.0.2.1', { host: '192.0.2.1', port: 5061, transport: 'tls' }],
  ] as const) {
    test(`finds its server by ${server}`, () => {
      const [probe] = probesOf(`{ name: r, register: { server: "${server}", user: a, password: b } }`);
      assert.ok(probe?.target.type === 'register');
      assert.deepEqual(probe.target.account.server, { scheme: 'sip', ...target });
      assert.equal(probe.target.account.domain, target.host);
    });
  }

  test('is refused without a password, with two, and with a server or user that is none', () => {
    for (const [written, told] of [
      ['server: a, user: a', /register\.password: is missing: give password or passwordFile/],
      ['server: a, user: a, password: b, passwordFile: c', /register\.passwordFile: stands beside password/],
      ['server: "ws:a", user: a, password: b', /register\.server: expected a server/],
      ['server: a, user: "a b", password: b', /register\.user: expected the user part/],
    ] as const)
      assert.match(mistakesOf(`{ name: r, register: { ${written} } }`), told);
  });
});
