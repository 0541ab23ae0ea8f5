import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemResolver } from './system-dns.ts';

test('localhost has a loopback address', async () => {
  const addresses = await systemResolver.addresses('localhost');
  assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'), addresses.join());
});

test('a name that nobody can have is refused, not hung upon', async () => {
  await assert.rejects(systemResolver.addresses('nobody.invalid'));
});
