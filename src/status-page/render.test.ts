import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { DAY_MS, MINUTE_MS } from '../base/time.ts';
import { AT, exampleView } from './example.ts';
import { renderPage } from './render.ts';
import { SCRIPT } from './script.ts';
import { style } from './style.ts';
import type { PageView } from './view.ts';

/** What one round trip brings: ten segments of a connection that has just begun. */
const FIRST_ROUND_TRIP_BYTES = 14_000;

const files = (view: PageView) =>
  new Map(renderPage(view, nodeHashing).map(({ path, body }) => [path, String(body)]));
const first = (view: PageView): string => files(view).get('index.html') ?? '';
const textOf = (page: string): string =>
  page
    .replaceAll(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('the first page', () => {
  test('comes in one round trip with all that it shows, whatever compresses it', () => {
    for (const seed of [1, 7, 42]) {
      for (const outage of [true, false]) {
        const page = first(exampleView({ seed, outage }));
        assert.ok(gzipSync(page).length <= FIRST_ROUND_TRIP_BYTES, `gzip: ${gzipSync(page).length}`);
        assert.ok(brotliCompressSync(page).length <= FIRST_ROUND_TRIP_BYTES);
      }
    }
  });

  test('leads to feeds only where there are any, which need to know where the page is', () => {
    const view = exampleView();
    const elsewhere = first({ ...view, site: { ...view.site, url: undefined } });
    assert.equal(first(view).match(/feed\.(atom|rss)"/g)?.length, 3);
    assert.doesNotMatch(elsewhere, /feed\./);
    assert.match(elsewhere, /maintenance\.ics/);
  });

  test('asks nobody else for anything', () => {
    const page = first(exampleView());
    const loaded = [...page.matchAll(/<(?:img|script|iframe|source)\b[^>]*\bsrc="([^"]*)"/g)].map(
      ([, url]) => url,
    );
    assert.ok(loaded.every((url) => url?.startsWith('data:')));
    assert.doesNotMatch(page, /@import|url\(|@font-face|rel="(stylesheet|preload|preconnect)"/);
  });

  test('lets the browser run and apply what is ours, by its hash, and nothing else', () => {
    const page = first(exampleView());
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    for (const tag of ['style', 'script']) {
      const inside = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page)?.[1] ?? '';
      const hash = createHash('sha256').update(inside).digest('base64');
      assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), tag);
    }
    assert.doesNotMatch(page.replaceAll(/<(style|script)>[\s\S]*?<\/\1>/g, ''), /<[^>]* (style|on[a-z]+)=/);
  });

  test('tells the worst first, since when, what else, and what customers can do', () => {
    const text = textOf(first(exampleView()));
    assert.match(
      text,
      /At 14:03: Incoming calls were failing for some customers Since 13:41 \. Also: Carrier A \(unreliable\)\./,
    );
    assert.match(text, /dial 020 7946 0999 from any telephone/);
    assert.match(text, /Checked at 14:03:20 GMT on 26 November 2026/);
    assert.match(text, /Cause found 13:50 One of our carriers is under attack/);
  });

  test('names what else is not well, and only counts it where there is much', () => {
    const view = exampleView();
    const states = ['degraded', 'partial-outage', 'unknown'] as const;
    const components = view.components.map((each, index) => ({
      ...each,
      state: states[index % 3] ?? 'unknown',
    }));
    assert.match(textOf(first({ ...view, components })), /Also: 4 not known and 4 unreliable\. /);
  });

  test('says of the past what only a browser that knows the time may say of now', () => {
    const page = first(exampleView({ outage: false }));
    assert.match(textOf(page), / At 14:03: All services were working /);
    // Not even a browser without our sheet, or one that reads text only, shows it: it is no text.
    assert.match(page, /<h1 data-now="All services are working">At /);
    assert.doesNotMatch(textOf(page), /All services are working/);
  });

  test('asks nothing of a browser that phones of 2018 do not know, where none of the script would run', () => {
    assert.doesNotMatch(SCRIPT, /\?\.(?!\d)|\?\?|[|&]{2}=|\.at\(|\.replaceAll\(|AbortSignal|#\w+[=(;]|\d_\d/);
  });

  test('has no green but on what is fresh, not even that of the operator', () => {
    for (const accent of ['#00bb66', '#2457c5']) {
      const greens = new Set(['#17864f', '#37b277']);
      for (const [, selector = '', rules = ''] of style(accent).matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
        const used = [...rules.matchAll(/#[0-9a-f]{6}/g)].map(([colour]) => colour);
        const green = used.filter(
          (colour) => greens.has(colour) || (accent === '#00bb66' && /^#00/.test(colour)),
        );
        assert.ok(green.length === 0 || selector.startsWith('.fresh'), `${selector} has ${green}`);
      }
    }
  });

  test('shows what little there is on the first day', () => {
    const empty = {
      ...exampleView(),
      components: [],
      graphs: [],
      incidents: [],
      maintenance: [],
      state: 'unknown',
    } as const;
    const text = textOf(first(empty));
    assert.match(text, /Nothing was watched yet/);
    assert.match(text, /None that this page knows of/);
  });

  test('keeps a large logo in a file of its own', () => {
    const { site, ...view } = exampleView();
    const logo = { type: 'image/png', bytes: new Uint8Array(5_000) };
    const made = files({ ...view, site: { ...site, logo } });
    assert.match(made.get('index.html') ?? '', /<img src="logo\.png" alt="">/);
    assert.match(made.get('history/index.html') ?? '', /<img src="\.\.\/logo\.png" alt="">/);
    assert.ok(made.has('logo.png'));
  });
});

describe('the pages', () => {
  test('of an incident and of maintenance tell the whole story at an address that stays', () => {
    const made = files(exampleView());
    const open = textOf(made.get('incidents/20261126-1/index.html') ?? '');
    assert.match(open, /State Cause found, and not over yet/);
    assert.match(open, /Being looked into 26 November 2026, 13:41 GMT by our probes .* Cause found/);
    const told = [...made].find(([, page]) => page.includes('What we learnt'))?.[1] ?? '';
    assert.match(textOf(told), /Over, after .* sent calls in a circle/);
    assert.match(textOf(made.get('maintenance/m20261129-1/index.html') ?? ''), /29 November 2026, 22:00 GMT/);
  });

  test('of maintenance that nobody described have no empty part', () => {
    const view = exampleView();
    const maintenance = view.maintenance.map((each) => ({ ...each, text: ' ' }));
    for (const [path, page] of files({ ...view, maintenance }))
      if (path.startsWith('maintenance/')) assert.doesNotMatch(page, /<section>/, path);
  });

  test('of what is over do not change with time, so that they need not be published again', () => {
    const view = exampleView();
    const [now, later] = [view, { ...view, at: AT + 5 * MINUTE_MS }].map(files);
    assert.ok(now !== undefined && later !== undefined);
    const changed = [...now.keys()].filter((path) => now.get(path) !== later.get(path));
    assert.deepEqual(changed, [
      'index.html',
      'history/index.html',
      'incidents/20261126-1/index.html',
      'maintenance/m20261129-1/index.html',
    ]);
  });

  test('of history go month by month, and a month without anything says so', () => {
    const view = exampleView();
    const { incidents } = view;
    const [old] = incidents.slice(-1);
    assert.ok(old !== undefined);
    const long = { ...old, id: '20260601-1', openedAt: AT - 178 * DAY_MS, resolvedAt: AT - 177 * DAY_MS };
    const page = files({ ...view, incidents: [...incidents, long] }).get('history/index.html') ?? '';
    const months = [...page.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, month]) => month?.split(' ')[0]);
    assert.deepEqual(months, ['November', 'October', 'September', 'August', 'July', 'June']);
    assert.equal(page.match(/No incidents, no maintenance/g)?.length, 2);
    assert.match(page, /href="\.\.\/incidents\/20260601-1\/"/);
  });

  test('let nothing that anybody wrote become markup', () => {
    const evil = `x"'><x-evil y="</script></style><x-evil>`;
    const words = [
      'title',
      'text',
      'name',
      'group',
      'component',
      'components',
      'homepage',
      'url',
      'advice',
      'contact',
    ];
    const infect = (value: unknown, key: string): unknown => {
      if (Array.isArray(value)) return value.map((each) => infect(each, key));
      if (typeof value === 'string') return words.includes(key) ? `${value}${evil}` : value;
      if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, infect(each, name)]));
    };
    const view = exampleView();
    const infected = { ...(infect({ ...view, graphs: [] }, '') as PageView), graphs: view.graphs };
    for (const [path, page] of files({
      ...infected,
      site: { ...infected.site, accent: `#00ff00</style>${evil}` },
    })) {
      assert.ok(page.includes('x-evil'), path);
      assert.doesNotMatch(page, /<x-evil|"x-evil|x-evil y="/, path);
    }
  });
});
