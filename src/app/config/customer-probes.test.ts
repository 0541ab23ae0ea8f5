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

describe('a probe that calls', () => {
  const phone = 'server: "udp:sip.example.net:5060", user: b, password: c';

  test('has a phone at each end, and more time than others', () => {
    const [probe] = probesOf(
      `{ name: c, call: { to: "+442079460900", from: { ${phone} }, answer: { ${phone} } } }`,
    );
    const account = {
      server: { scheme: 'sip', host: 'sip.example.net', port: 5060, transport: 'udp' },
      domain: 'sip.example.net',
      user: 'b',
      password: 'c',
    };
    const end = { type: 'phone', account };
    assert.deepEqual(probe, {
      name: 'c',
      target: { type: 'call', number: '+442079460900', caller: end, answerer: end },
      intervalMs: 30_000,
      timeoutMs: 15_000,
    });
  });

  test('may stand where carriers do, at either end', () => {
    const from = '{ server: "192.0.2.1:5060", address: 192.0.2.7, number: "+447700900555" }';
    const answer = '{ listen: "udp:192.0.2.7:5070", from: 198.51.100.0/24 }';
    const [probe] = probesOf(
      `{ name: c, interval: 20s, call: { to: "+442079460900", from: ${from}, answer: ${answer} } }`,
    );
    assert.ok(probe?.target.type === 'call');
    assert.deepEqual(probe.target.caller, {
      type: 'carrier',
      server: { scheme: 'sip', host: '192.0.2.1', port: 5060, transport: 'udp' },
      address: '192.0.2.7',
      callerId: '+447700900555',
    });
    const local = { address: '192.0.2.7', port: 5070 };
    assert.deepEqual(probe.target.answerer, {
      type: 'carrier',
      local,
      from: [{ bytes: new Uint8Array([198, 51, 100, 0]), bits: 24 }],
    });
    assert.equal(probe.timeoutMs, 12_000);
  });

  test('is refused where an end is neither, or another probe has it, or it has no time', () => {
    const call = `name: c, call: { to: "+442079460900", from: { ${phone} }, answer: { ${phone} } }`;
    const answered = (text: string) =>
      `{ name: c, call: { to: "1", from: { ${phone} }, answer: { ${text} } } }`;
    for (const [written, told] of [
      [
        `{ ${call} }, { ${call.replace('name: c', 'name: d')} }`,
        /probes\[1\]\.call\.answer: another probe is answered by b@/,
      ],
      [`{ ${call}, timeout: 4s }`, /probes\[0\]\.timeout: must lie between 5s and 20s/],
      [`{ ${call.replace('+442079460900', 'a@b')} }`, /call\.to: expected a number/],
      [`{ ${call.replace('user: b, ', '')} }`, /call\.from\.password: needs user/],
      [`{ ${call.replace('password: c', 'password: c, address: 192.0.2.1')} }`, /from\.address: is for one/],
      [answered('user: b'), /call\.answer: needs server, user and password of a phone; or listen/],
      [answered('listen: "tcp:192.0.2.1:5060"'), /call\.answer\.listen: expected udp:address:port/],
      [answered('listen: "udp:0.0.0.0:5060"'), /call\.answer\.listen: expected the address at which/],
      [answered('listen: "udp:192.0.2.1:5060", from: [x]'), /call\.answer\.from\[0\]: "x" is neither/],
      [answered(`${phone}, from: 192.0.2.1`), /call\.answer\.from: needs listen/],
      [answered('listen: "udp:192.0.2.1:5060", user: b'), /call\.answer\.user: stands beside listen/],
    ] as const)
      assert.match(mistakesOf(written), told);
  });
});
