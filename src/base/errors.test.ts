import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { ERROR_CATALOGUE, RingthroughError } from './errors.ts';

describe('the catalogue of errors', () => {
  test('is what docs/errors.md says: each code with its statuses and summary', async () => {
    const documentation = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const documented = [
      ...documentation.matchAll(/^\| `(\w+)` \| (\d+) \| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm),
    ];
    assert.deepEqual(
      documented.map(([, code, http, exit, summary]) => ({
        code,
        http: Number(http),
        exit: Number(exit),
        summary,
      })),
      Object.entries(ERROR_CATALOGUE).map(([code, { http, exit, summary }]) => ({
        code,
        http,
        exit,
        summary,
      })),
    );
  });

  test('is kept by the errors that are thrown: code, message, mistakes and cause', () => {
    const cause = new Error('ENOSPC');
    const mistakes = [{ path: 'sip.listen[0]', reason: 'expected an address', line: 3 }];
    const error = new RingthroughError('CONFIG_INVALID', 'one mistake', { cause, mistakes });
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.equal(error.cause, cause);
    assert.deepEqual(error.mistakes, mistakes);
    assert.equal('cause' in new RingthroughError('NOT_FOUND', 'no such phone'), false);
  });
});
