import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listenFailure } from './listening.ts';

const endpoint = { address: '127.0.0.1', port: 5060 };

function failure(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), { code });
}

describe('what is said when a port cannot be listened on', () => {
  test('names the address, the cause and the setting in one line', () => {
    assert.equal(
      listenFailure('udp', endpoint, 'sip.listen', failure('EADDRINUSE')).message,
      'udp 127.0.0.1:5060 is in use by another program; choose another in sip.listen',
    );
  });

  test('writes IPv6 in brackets', () => {
    assert.match(
      listenFailure('http', { address: '::1', port: 80 }, 'http.listen', failure('EACCES')).message,
      /^http \[::1\]:80 may not be opened by this user; .* http\.listen$/,
    );
  });

  test('keeps the code of a cause that it does not know', () => {
    const error = listenFailure('tcp', endpoint, 'sip.listen', failure('ENOBUFS'));
    assert.match(error.message, /ENOBUFS/);
    assert.equal(error.code, 'LISTEN_FAILED');
  });
});
