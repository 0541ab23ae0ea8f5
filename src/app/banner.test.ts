import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EXAMPLE_PAGE, exampleStatus } from '../../test/surfaces/example-status.ts';
import { unwatched } from '../admin/status.ts';
import { banner, watchBanner } from './banner.ts';

const STATUS = {
  ...exampleStatus().status(),
  watcher: { name: 'london-1', publicKey: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
};
const FACTS = {
  version: '0.1.0',
  startedInMs: 800,
  apiUrl: 'http://127.0.0.1:8080',
  tokenFile: './data/api.token',
  status: STATUS,
  page: EXAMPLE_PAGE,
};
const TELEPHONES = { domain: 'voice.example.net', listeners: [], accounts: [] };
const WATCHED = [
  '  Watcher  london-1, key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  '  Judges   2 components by 2 probes',
  '  Page     http://127.0.0.1:8091/, folder /srv/status, s3 status',
];

describe('what a node says when it is up', () => {
  test('tells the key that others must know, and where the page is, with telephones or without', () => {
    for (const lines of [watchBanner(FACTS), banner({ ...FACTS, ...TELEPHONES })])
      assert.deepEqual(
        lines.filter((line) => /^ {2}(Watcher|Judges|Page) /.test(line)),
        WATCHED,
      );
  });

  test('tells what commands must be told where the node is not where they look', () => {
    const facts = { ...FACTS, apiUrl: 'http://127.0.0.1:8090', tokenFile: './data-watch/api.token' };
    assert.deepEqual(watchBanner(facts).slice(-2), [
      'Next: ringthrough status, ringthrough uptime, ringthrough --help',
      '      with --api http://127.0.0.1:8090 --token-file ./data-watch/api.token',
    ]);
    assert.match(banner({ ...FACTS, ...TELEPHONES }).at(-1) ?? '', /^Next: ringthrough provision FILE/);
  });

  test('says nothing of watching where nothing is watched', () => {
    const status = unwatched({ now: () => 0 }).status();
    const lines = banner({ ...FACTS, ...TELEPHONES, status, page: undefined });
    assert.doesNotMatch(lines.join('\n'), /Watcher|Judges|Page/);
  });
});
