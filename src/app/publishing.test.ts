import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { MINUTE_MS } from '../base/time.ts';
import type { PublishedChanges, PublishTarget } from '../ports/publishing.ts';
import type { PageFile } from '../status-page/view.ts';
import { changesOf, editionOf } from './editions.ts';
import { Publishing } from './publishing.ts';

const START = Date.parse('2026-11-26T09:30:00Z');

function file(path: string, body = 'x'): PageFile {
  return { path, type: 'text/html', body };
}

interface Push extends PublishedChanges {
  readonly end: (error?: Error) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A target whose pushes end when the test says so. */
function slowTarget(name: string) {
  const pushes: Push[] = [];
  const target: PublishTarget = {
    name,
    push: (changes, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        const end = async (error?: Error) => {
          if (error === undefined) resolve();
          else reject(error);
          await settled();
        };
        pushes.push({ ...changes, end, signal });
      }),
  };
  return { target, pushes };
}

/** Files are hashed and brought in a few turns of the loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function stage(test: TestContext, targets: readonly PublishTarget[] = []) {
  test.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START });
  const said: string[] = [];
  const note = (level: string) => (message: string, fields?: object) =>
    void said.push(`${level} ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`);
  const rendered: number[] = [];
  const world = {
    files: [file('index.html')] as readonly PageFile[],
    failing: undefined as Error | undefined,
  };
  const publishing = new Publishing({
    targets,
    clock: { now: () => Date.now() },
    random: { fraction: () => 0.5, bytes: () => new Uint8Array() } as never,
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    render: async (now) => {
      rendered.push(now - START);
      if (world.failing !== undefined) throw world.failing;
      return world.files;
    },
  });
  test.after(() => publishing.close());
  const pass = async (lengthMs: number) => {
    test.mock.timers.tick(lengthMs);
    await settled();
  };
  return { publishing, rendered, world, pass, said };
}

describe('the page is rendered', () => {
  test('at the start, and every minute though nothing happens', async (t) => {
    const { publishing, rendered, pass } = stage(t);
    publishing.begin();
    await pass(0);
    await pass(MINUTE_MS - 1);
    assert.deepEqual(rendered, [0]);
    await pass(1);
    await pass(MINUTE_MS);
    assert.deepEqual(rendered, [0, MINUTE_MS, 2 * MINUTE_MS]);
  });

  test('on each change, though no more than once a second', async (t) => {
    const { publishing, rendered, pass } = stage(t);
    publishing.begin();
    await pass(0);
    await pass(5_000);
    for (let count = 0; count < 20; count++) publishing.changed();
    await pass(0);
    for (let count = 0; count < 20; count++) publishing.changed();
    await pass(999);
    assert.deepEqual(rendered, [0, 5_000]);
    await pass(1);
    assert.deepEqual(rendered, [0, 5_000, 6_000]);
  });

  test('again in a minute where it failed, and both are said once', async (t) => {
    const { publishing, world, pass, said } = stage(t);
    world.failing = new Error('the store is full');
    publishing.begin();
    await pass(0);
    await pass(MINUTE_MS);
    assert.deepEqual(said, ['error the status page cannot be rendered {"reason":"the store is full"}']);
    assert.equal(publishing.edition, undefined);
    assert.equal(publishing.view().failing, 'the store is full');
    world.failing = undefined;
    await pass(MINUTE_MS);
    assert.equal(said.at(-1), 'info the status page is rendered again');
    const { renderedAt, renders, failures, failing } = publishing.view();
    assert.deepEqual([renderedAt, renders, failures, failing], [START + 2 * MINUTE_MS, 1, 2, undefined]);
  });

  test('no more once it is closed', async (t) => {
    const { publishing, rendered, pass } = stage(t);
    publishing.begin();
    await pass(0);
    await publishing.close();
    publishing.changed();
    await pass(MINUTE_MS);
    assert.deepEqual(rendered, [0]);
  });
});

describe('a target', () => {
  test('is brought everything at first, then what changed, and told what is gone', async (t) => {
    const { target, pushes } = slowTarget('folder');
    const { publishing, world, pass } = stage(t, [target]);
    world.files = [file('index.html', '1'), file('old/index.html'), file('badge.svg')];
    publishing.begin();
    await pass(0);
    await pushes[0]?.end();
    world.files = [file('index.html', '2'), file('badge.svg')];
    await pass(MINUTE_MS);
    assert.deepEqual(
      pushes.map(({ changed, removed }) => [changed.map(({ path }) => path), removed]),
      [
        [['old/index.html', 'badge.svg', 'index.html'], []],
        [['index.html'], ['old/index.html']],
      ],
    );
  });

  test('that hangs delays no other, and gets the newest page when it is back', async (t) => {
    const [dead, good] = [slowTarget('dead'), slowTarget('good')];
    const { publishing, world, pass } = stage(t, [dead.target, good.target]);
    publishing.begin();
    await pass(0);
    for (const version of ['2', '3', '4']) {
      await good.pushes.at(-1)?.end();
      world.files = [file('index.html', version)];
      await pass(MINUTE_MS);
    }
    assert.equal(good.pushes.length, 4);
    assert.equal(dead.pushes.length, 1, 'one at a time');
    await dead.pushes[0]?.end();
    assert.equal(dead.pushes.length, 2);
    assert.equal(
      `${Buffer.from(dead.pushes[1]?.changed[0]?.bytes ?? [])}`,
      '4',
      'those in between are skipped',
    );
  });

  test('that fails is tried again later and later, which is said once, and so is that it works again', async (t) => {
    const { target, pushes } = slowTarget('s3 status');
    const { publishing, pass, said } = stage(t, [target]);
    publishing.begin();
    await pass(0);
    const down = new Error('fetch failed', { cause: new Error('ECONNREFUSED') });
    await pushes[0]?.end(down);
    for (const waitMs of [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
      const before = pushes.length;
      await pass(waitMs - 1);
      assert.equal(pushes.length, before, `${waitMs} ms are not over, whatever was rendered meanwhile`);
      await pass(1);
      assert.equal(pushes.length, before + 1, `after ${waitMs} ms`);
      await pushes.at(-1)?.end(down);
    }
    assert.deepEqual(said, [
      'warn the status page cannot be brought to a target {"target":"s3 status","reason":"fetch failed: ECONNREFUSED"}',
    ]);
    assert.equal(publishing.view().targets[0]?.failing, 'fetch failed: ECONNREFUSED');
    await pass(300_000);
    await pushes.at(-1)?.end();
    assert.equal(said.at(-1), 'info the status page is brought to a target again {"target":"s3 status"}');
    const [told] = publishing.view().targets;
    assert.deepEqual([told?.pushes, told?.failures, told?.failing], [1, 9, undefined]);
  });

  test('that fails is tried with news at once, though not within five seconds of the last attempt', async (t) => {
    const { target, pushes } = slowTarget('s3 status');
    const { publishing, world, pass } = stage(t, [target]);
    const fails = () => pushes.at(-1)?.end(new Error('down'));
    publishing.begin();
    await pass(0);
    await fails();
    for (const waitMs of [5_000, 10_000, 20_000, 40_000]) {
      await pass(waitMs);
      await fails();
    }
    assert.equal(pushes.length, 5, 'the next one is 80 s ahead');
    await pass(1_000);
    world.files = [file('index.html', 'red')];
    publishing.changed();
    await pass(3_999);
    assert.equal(pushes.length, 5);
    await pass(1);
    assert.equal(pushes.length, 6);
    await fails();
    await pass(30_000);
    publishing.changed();
    await pass(0);
    await pass(1);
    assert.equal(pushes.length, 7);
  });

  test('that hangs until it fails is tried again at once where there were news meanwhile', async (t) => {
    const { target, pushes } = slowTarget('rsync');
    const { publishing, world, pass } = stage(t, [target]);
    const fails = () => pushes.at(-1)?.end(new Error('timed out'));
    publishing.begin();
    await pass(0);
    await fails();
    for (const waitMs of [5_000, 10_000, 20_000]) {
      await pass(waitMs);
      await fails();
    }
    await pass(40_000);
    assert.equal(pushes.length, 5);
    world.files = [file('index.html', 'red')];
    publishing.changed();
    await pass(3_000);
    await fails();
    await pass(1_999);
    assert.equal(pushes.length, 5);
    await pass(1);
    assert.equal(pushes.length, 6, 'not 80 s later');
    await pass(30_000);
    await fails();
    await pass(30_000);
    assert.equal(pushes.length, 6, 'without news it is tried later and later');
  });

  test('of which nobody knows what arrived is brought all of that again', async (t) => {
    const { target, pushes } = slowTarget('rsync');
    const { publishing, world, pass } = stage(t, [target]);
    world.files = [file('badge.svg', 'green'), file('index.html', '1')];
    publishing.begin();
    await pass(0);
    await pushes[0]?.end();
    world.files = [file('badge.svg', 'red'), file('index.html', '2')];
    await pass(MINUTE_MS);
    await pushes[1]?.end(new Error('broken off'));
    world.files = [file('badge.svg', 'green'), file('index.html', '3')];
    publishing.changed();
    await pass(5_000);
    assert.deepEqual(
      pushes[2]?.changed.map(({ path }) => path),
      ['badge.svg', 'index.html'],
      'the badge is what it was, but may be red over there',
    );
  });

  test('is let go of when the node ends', async (t) => {
    const { target, pushes } = slowTarget('rsync');
    const { publishing, pass, said } = stage(t, [target]);
    publishing.begin();
    await pass(0);
    await publishing.close();
    assert.equal(pushes[0]?.signal.aborted, true);
    assert.deepEqual(said, [], 'which is no failure');
  });
});

describe('an edition', () => {
  const text = (length: number) => 'abcdefgh '.repeat(length / 9);

  test('has copies that are compressed where that is worth it', async () => {
    const files = [file('index.html', text(9_000)), file('small.html', 'x')];
    const png: PageFile = { path: 'logo.png', type: 'image/png', body: new Uint8Array(9_000) };
    const edition = await editionOf(START, [...files, png], undefined);
    const [page, small, logo] = [...edition.files.values()];
    assert.ok(page?.gzip && page.brotli && page.brotli.length < page.bytes.length / 10);
    assert.equal(small?.gzip, undefined);
    assert.equal(logo?.brotli, undefined);
  });

  test('keeps what has not changed from the one before', async () => {
    const first = await editionOf(START, [file('a.html', text(9_000)), file('b.html', '1')], undefined);
    const second = await editionOf(START, [file('a.html', text(9_000)), file('b.html', '2')], first);
    assert.equal(second.files.get('a.html'), first.files.get('a.html'));
    assert.notEqual(second.files.get('b.html')?.digest, first.files.get('b.html')?.digest);
  });

  test('is brought in an order in which nothing leads to what is not there', async () => {
    const paths = ['status.json', 'index.html', 'history/index.html', 'badge.svg', 'incidents/1/index.html'];
    const files = paths.map((path) => ({
      ...file(path),
      type: path.endsWith('html') ? 'text/html' : 'text/plain',
    }));
    const { changed } = changesOf(await editionOf(START, files, undefined), new Map());
    assert.deepEqual(
      changed.map(({ path }) => path),
      ['incidents/1/index.html', 'badge.svg', 'history/index.html', 'index.html', 'status.json'],
    );
  });
});
