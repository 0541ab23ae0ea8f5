import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

function told(yaml: string): readonly string[] {
  try {
    parseConfig(yaml, { file: 'my.yaml', folder: '/etc/ringthrough', readSecret: () => '' });
    return [];
  } catch (error) {
    assert.ok(error instanceof RingthroughError);
    return error.mistakes.map(({ path, reason }) => `${path}: ${reason}`);
  }
}

describe('where something listens', () => {
  for (const [yaml, mistake] of [
    ['http: { listen: 8080 }', 'http.listen: expected address:port, such as 127.0.0.1:8080'],
    ['http: { listen: "8080" }', 'http.listen: expected address:port, such as 127.0.0.1:8080'],
    ['http: { listen: "localhost:8080" }', 'http.listen: "localhost" is not an IP address'],
    ['media: { ports: 20000 }', 'media.ports: expected a range of ports, such as 20000-29999'],
    [
      'sip: { listen: "udp:0.0.0.0" }',
      'sip.listen: expected transport:address:port, such as udp:0.0.0.0:5060 or tcp:[::1]:5060',
    ],
    [
      'sip: { listen: "udp:0.0.0.0:99999" }',
      'sip.listen: there is no port 99999; expected transport:address:port, such as udp:0.0.0.0:5060 or tcp:[::1]:5060',
    ],
  ] as const)
    test(`${yaml}: ${mistake}`, () => assert.deepEqual(told(yaml), [mistake]));
});
