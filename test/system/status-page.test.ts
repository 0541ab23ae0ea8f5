// The status page in a real browser, Chromium, as its readers have it: with script and without, on a phone and on a
// desk, light and dark, fresh and old; and behind servers and caches that would make it lie. The page comes from a web
// server of the test's own, and time is the test's. All readers share two tabs, for a new one takes half a second.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { nodeHashing } from '../../src/adapters/node-hashing/node-hashing.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts';
import { AT, exampleView, type Wanted } from '../../src/status-page/example.ts';
import { renderPage } from '../../src/status-page/render.ts';
import type { PageView } from '../../src/status-page/view.ts';
import { until } from '../interop/rig.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const PHONE = { width: 320, height: 640 };
const DESK = { width: 1_280, height: 900 };

/** A web server with the site; what it has, and what time it says, can be changed. */
class Site {
  /** Its own clock. */
  nowMs = AT + 10 * SECOND_MS;
  /** Does not answer when asked for the state. */
  dead = false;
  /** What it begins to answer, and never ends. */
  stuck = '';
  /** Of a cache that repeats what it once heard, with its time: that one. */
  frozenMs: number | undefined;
  /** Headers of its own; `date: ''`: none. */
  headers: Readonly<Record<string, string>> = {};
  /**
   * Gives pages as a browser without script has them: axe itself needs script, so the page's own is left out instead,
   * and what is meant for such browsers is shown.
   */
  plain = false;
  readonly asked: string[] = [];
  #files = new Map<string, string | Uint8Array>();
  #statusAt = AT;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(({ url = '' }, response) => {
      const path = url
        .slice(1)
        .replace(/\?.*/, '')
        .replace(/(^|\/)$/, '$1index.html');
      this.asked.push(path);
      if (this.dead && path === 'status.json') return void response.destroy();
      const date = new Date(this.frozenMs ?? this.nowMs).toUTCString();
      const { date: said = date, ...others } = this.headers;
      response.sendDate = said !== '';
      if (said !== '') response.setHeader('date', said);
      const body = path === 'status.json' ? this.#status() : this.#files.get(path);
      const type = path.endsWith('.json') ? 'application/json' : 'text/html; charset=utf-8';
      const sent = this.plain ? String(body).replace(/<script>.*<\/script>|<\/?noscript>/gs, '') : body;
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': type, ...others });
      if (path === this.stuck) response.flushHeaders();
      else response.end(sent);
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** As at the beginning of each story. */
  reset(wanted: Wanted = {}): void {
    Object.assign(this, { nowMs: AT + 10 * SECOND_MS, dead: false, plain: false, stuck: '', headers: {} });
    this.frozenMs = undefined;
    this.asked.length = 0;
    this.publish(wanted);
  }

  publish(wanted: Wanted, change: Partial<PageView> = {}): void {
    const files = renderPage({ ...exampleView(wanted), ...change }, nodeHashing);
    this.#files = new Map(files.map(({ path, body }) => [path, body]));
    this.announce(wanted.at ?? AT);
  }

  /** Says that there is a newer page, whether it can be had or not. */
  announce(at: number): void {
    this.#statusAt = at;
  }

  #status(): string {
    return JSON.stringify({ at: new Date(this.#statusAt).toISOString() });
  }
}

describe('the status page in a browser', () => {
  const site = new Site();
  /** What browsers complain of: scripts that fail, and whatever the page's own policy stops. */
  const complaints: string[] = [];
  let browser: Browser;
  /** With script, and a clock that is the test's; without script; and one of no site, where pictures are looked at. */
  let [tab, bare, counter]: Page[] = [];
  let origin = '';
  /** What the tab has asked for and not got yet. */
  let pending = 0;

  before(async () => {
    origin = await site.open();
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    // Readers of another time zone.
    [tab, bare, counter] = await Promise.all([
      browser.newPage({ viewport: DESK, timezoneId: 'Europe/Berlin' }),
      browser.newPage({ viewport: DESK, javaScriptEnabled: false }),
      browser.newPage(),
    ]);
    await tab.clock.install({ time: AT });
    tab.on('request', () => pending++);
    for (const end of ['requestfinished', 'requestfailed'] as const)
      tab.on(end as 'requestfinished', () => pending--);
    tab.on('pageerror', (error) => complaints.push(error.message));
    tab.on('console', (message) => {
      if (!site.dead && message.type() !== 'info') complaints.push(message.text());
    });
  });

  after(async () => {
    await browser.close();
    site.close();
    assert.deepEqual(complaints, []);
  });

  /** `clockMs`: what the reader's clock says; absent: it is right. */
  async function reader(
    change: { clockMs?: number; path?: string; viewport?: typeof DESK; colorScheme?: 'light' | 'dark' } = {},
  ): Promise<Page> {
    const { clockMs = site.nowMs, path = '', viewport = DESK, colorScheme = 'light' } = change;
    const page = present(tab);
    await page.goto('about:blank');
    await page.clock.setSystemTime(clockMs);
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    site.asked.length = 0;
    await page.goto(origin + path);
    return page;
  }

  const becomes = (page: Page, state: 'fresh' | 'stale') =>
    page.locator(`html.${state}`).waitFor({ state: 'attached', timeout: 5_000 });
  const shown = (page: Page, selector: string) => page.locator(`${selector}:visible`).first().innerText();

  /** Time passes, for the server and the reader alike, and what is asked then is answered. */
  async function passes(page: Page, durationMs: number): Promise<void> {
    site.nowMs += durationMs;
    await page.clock.fastForward(durationMs);
    await quiet(page);
  }

  /** A script that has its answer may ask for more at once. */
  async function quiet(page: Page): Promise<void> {
    do {
      await page.evaluate('0');
      await until('all is answered', 5_000, () =>
        Promise.resolve(pending === 0 || site.stuck !== '' || undefined),
      );
      await page.evaluate('0');
    } while (pending > 0 && site.stuck === '');
  }

  /** How many pixels a reader would call green. */
  async function greenPixels(page: Page): Promise<number> {
    const picture = (await page.screenshot({ fullPage: true })).toString('base64');
    const count = await present(counter).evaluate(`(async () => {
      const blob = await (await fetch('data:image/png;base64,${picture}')).blob();
      const image = await createImageBitmap(blob);
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      const { data } = canvas.getImageData(0, 0, image.width, image.height);
      let green = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 1] > data[i] + 24 && data[i + 1] > data[i + 2] + 12) green++;
      }
      return green;
    })()`);
    return Number(count);
  }

  /** `rules`: those that what has changed since the last time can break; absent: all that axe has. */
  async function violations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
    await page.evaluate(`globalThis.axe ?? (() => { ${AXE} })()`);
    const options = JSON.stringify({ runOnly: rules ?? AXE_TAGS, resultTypes: ['violations'] });
    const found = (await page.evaluate(
      `axe.run(document, ${options}).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
    )) as readonly string[];
    return found;
  }

  test('is one request, and then asks what is new', async () => {
    site.reset();
    const page = await reader();
    await becomes(page, 'fresh');
    await passes(page, 31 * SECOND_MS);
    await until('a second question', 5_000, async () => site.asked.length >= 3 || undefined);
    assert.deepEqual(site.asked, ['index.html', 'status.json', 'status.json']);
  });

  test('is green once it is known to be fresh, and says the reader’s own time beside', async () => {
    site.reset({ outage: false });
    const page = await reader();
    await becomes(page, 'fresh');
    assert.ok((await greenPixels(page)) > 1_000);
    assert.equal(await shown(page, 'h1'), 'All services are working');
    assert.match(await shown(page, '.age'), /14:03:20 GMT \(15:03 your time\) .*, less than a minute ago\./);
    assert.equal(await page.title(), 'All services are working – Northbridge Telecom status');
  });

  test('has no green without script, and says what was true when', async () => {
    site.reset({ outage: false });
    const page = present(bare);
    await page.goto(origin);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.equal(await greenPixels(page), 0, colorScheme);
    }
    assert.equal(await shown(page, 'h1'), 'At 14:03: All services were working');
    assert.match(await shown(page, '.state'), /Working\s+at 14:03/);
    assert.match(await shown(page, '.age'), /Load it anew/);
    await page.locator('label[for=r7d]').click();
    assert.equal(await page.locator('.g7d').first().isVisible(), true);
    assert.equal(await page.locator('.g24h').first().isVisible(), false);
  });

  test('grows old before the reader’s eyes, loudly, and green goes', async () => {
    site.reset({ outage: false });
    const page = await reader();
    await becomes(page, 'fresh');
    await passes(page, 2 * MINUTE_MS);
    assert.match(await shown(page, '.age'), /2 minutes ago/);
    await passes(page, MINUTE_MS);
    await becomes(page, 'stale');
    assert.equal(
      await shown(page, '.old'),
      'This page is 3 minutes old. What it shows may no longer be true.',
    );
    assert.equal(await shown(page, 'h1'), 'At 14:03: All services were working');
    assert.equal(await greenPixels(page), 0);
    assert.match(await page.title(), /^Old: /);
    assert.match((await page.locator('#live').textContent()) ?? '', /This page is old/);
  });

  test('that comes old is never green, though the reader’s clock is wrong', async () => {
    for (const wrongMs of [-365 * DAY_MS, -47 * MINUTE_MS, 0, 26 * HOUR_MS, 365 * DAY_MS]) {
      site.reset({ outage: false });
      site.nowMs = AT + 47 * MINUTE_MS;
      const page = await reader({ clockMs: site.nowMs + wrongMs });
      await becomes(page, 'stale');
      assert.match(await shown(page, '.old'), /^This page is 47 minutes old\./);
    }
  });

  test('that comes fresh is green, though the reader’s clock is a day ahead, or a year behind', async () => {
    for (const wrongMs of [DAY_MS, -365 * DAY_MS]) {
      site.reset({ outage: false });
      const page = await reader({ clockMs: site.nowMs + wrongMs });
      await becomes(page, 'fresh');
    }
  });

  test('is old at once when a phone wakes after an hour, and new as soon as there is an answer', async () => {
    site.reset({ outage: false });
    const page = await reader();
    await becomes(page, 'fresh');
    // A browser that slept counts nothing but what the clock on the wall says.
    site.nowMs += HOUR_MS;
    await page.clock.setSystemTime(site.nowMs);
    site.publish({ outage: true, at: AT + HOUR_MS });
    const said = await page.evaluate(`(() => {
      document.dispatchEvent(new Event('visibilitychange'));
      return document.documentElement.className + ': ' + document.querySelector('.old').textContent;
    })()`);
    assert.equal(said, 'stale: This page is 1 hour old. What it shows may no longer be true.');
    await page.locator('h1', { hasText: 'Incoming calls are failing' }).waitFor({ timeout: 5_000 });
    await becomes(page, 'fresh');
  });

  test('of a site that does not say what time it is is never green, though the reader’s clock would have it so', async () => {
    site.reset({ outage: false });
    site.headers = { date: '' };
    site.nowMs = AT + 47 * MINUTE_MS;
    const page = await reader({ clockMs: AT + 10 * SECOND_MS });
    await quiet(page);
    assert.equal(await shown(page, 'h1'), 'At 14:03: All services were working');
    await passes(page, 3 * MINUTE_MS);
    await becomes(page, 'stale');
  });

  test('behind a cache that repeats one answer for ever is old in time', async () => {
    site.reset({ outage: false });
    site.frozenMs = site.nowMs;
    const page = await reader();
    await becomes(page, 'fresh');
    for (let minute = 1; minute <= 3; minute++) await passes(page, MINUTE_MS);
    await becomes(page, 'stale');
  });

  test('behind a cache that says how old its answer is counts that in', async () => {
    site.reset({ outage: false });
    site.headers = { age: '2820' };
    const page = await reader();
    await becomes(page, 'stale');
    assert.match(await shown(page, '.old'), /^This page is 47 minutes old\./);
  });

  test('of a host whose policy stops our script and our sheet says nothing of now', async () => {
    site.reset({ outage: false });
    site.headers = { 'content-security-policy': "script-src 'self'; style-src 'self'" };
    const page = await reader();
    const text = await page.locator('body').innerText();
    assert.match(text, /At 14:03: All services were working/);
    assert.doesNotMatch(text, /All services are working/);
    assert.match(text, /Working\s*at 14:03/);
    assert.equal(complaints.splice(0).length, 2, 'of the one and of the other');
  });

  test('knows its age in a browser that does not know the time zone', async () => {
    site.reset({ outage: false });
    const page = await reader({ path: 'history/' });
    await page.route(origin, async (route) => {
      const body = (await (await route.fetch()).text()).replace(
        'data-zone="Europe/London"',
        'data-zone="Mars/Olympus"',
      );
      await route.fulfill({ body, contentType: 'text/html' });
    });
    await page.goto(origin);
    await becomes(page, 'fresh');
    await page.unroute(origin);
  });

  test('of a site that answers no more is never green, and old in time', async () => {
    site.reset({ outage: false });
    site.dead = true;
    const page = await reader();
    assert.equal(await greenPixels(page), 0);
    await passes(page, 3 * MINUTE_MS + 4 * SECOND_MS);
    await becomes(page, 'stale');
  });

  test('that cannot be renewed is old in time, though its script hears of newer ones', async () => {
    site.reset({ outage: false });
    const page = await reader();
    await becomes(page, 'fresh');
    for (let minute = 1; minute <= 3; minute++) {
      site.announce(AT + minute * MINUTE_MS);
      await passes(page, MINUTE_MS);
    }
    await becomes(page, 'stale');
  });

  test('renews itself, and the reader stays where they were', async () => {
    site.reset({ outage: false });
    const page = await reader({ viewport: PHONE });
    await becomes(page, 'fresh');
    await page.locator('label[for=r90d]').click();
    await page.locator('summary').click();
    await page.locator('.list a').first().focus();
    await page.evaluate('scrollTo(0, 900)');
    await page.evaluate('window.same = true');
    site.publish({ outage: true, at: AT + MINUTE_MS });
    await passes(page, MINUTE_MS);
    await page.locator('h1', { hasText: 'Incoming calls are failing' }).waitFor({ timeout: 5_000 });
    await becomes(page, 'fresh');
    const kept = await page.evaluate(
      `[window.same, document.querySelector('#r90d').checked, document.querySelector('details').open,
        document.activeElement.textContent, document.querySelector('#live').textContent]`,
    );
    assert.deepEqual(kept, [
      true,
      true,
      true,
      'Voicemail could not be heard',
      'Incoming calls are failing for some customers',
    ]);
    assert.ok(Number(await page.evaluate('scrollY')) > 500);
  });

  test('renews itself at the next attempt where one got stuck halfway', async () => {
    site.reset({ outage: false });
    const page = await reader();
    await becomes(page, 'fresh');
    site.publish({ outage: true, at: AT + MINUTE_MS });
    site.stuck = 'index.html';
    await passes(page, MINUTE_MS);
    await until('the page is asked for', 5_000, () =>
      Promise.resolve(site.asked.at(-1) === 'index.html' || undefined),
    );
    site.stuck = '';
    await passes(page, 11 * SECOND_MS);
    await passes(page, 31 * SECOND_MS);
    await page.locator('h1', { hasText: 'Incoming calls are failing' }).waitFor({ timeout: 5_000 });
  });

  test('of an incident is loaded anew when that is over', async () => {
    site.reset();
    const page = await reader({ path: 'incidents/20261126-1/' });
    await becomes(page, 'fresh');
    const at = AT + MINUTE_MS;
    const incidents = exampleView().incidents.map((each) => ({ resolvedAt: at, ...each }));
    site.publish({ at }, { incidents });
    site.nowMs = at;
    await page.clock.fastForward(MINUTE_MS);
    await page.getByText('Over, after 23 min').waitFor({ timeout: 5_000 });
    assert.equal(await page.locator('script').count(), 0);
  });

  test('can be used by keyboard: the way to what matters, the range of the graphs', async () => {
    site.reset();
    const page = await reader();
    await page.keyboard.press('Tab');
    assert.equal(await shown(page, ':focus'), 'To what matters');
    await page.locator('#r24h').focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('.g7d').first().isVisible(), true);
  });

  /** Also that all of it can be seen, on a phone and on a desk. */
  async function clean(page: Page, name: string, rules?: readonly string[]): Promise<void> {
    assert.deepEqual(await violations(page, rules), [], name);
    for (const viewport of [DESK, PHONE]) {
      await page.setViewportSize(viewport);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      assert.equal(overflow, 0, `${name} cannot be seen whole at ${viewport.width} px`);
    }
  }

  for (const [name, lateMs, plain, outage] of [
    ['fresh', 0, false, true],
    ['old', 47 * MINUTE_MS, false, false],
    ['without script', 0, true, true],
  ] as const) {
    test(`${name}: axe finds nothing, light and dark`, async () => {
      site.reset({ outage });
      site.nowMs += lateMs;
      site.plain = plain;
      const page = await reader({ viewport: PHONE });
      if (!plain) await becomes(page, lateMs > 0 ? 'stale' : 'fresh');
      if (name === 'fresh') await page.locator('summary').click();
      // All rules of the page itself, as a phone and as a desk has it; else nothing but colours is another.
      const rules = name === 'fresh' ? undefined : COLOUR_RULES;
      await clean(page, `${name}, light`, rules);
      await page.emulateMedia({ colorScheme: 'dark' });
      if (name === 'fresh') await page.setViewportSize(DESK);
      await clean(page, `${name}, dark`, rules);
    });
  }

  test('of an incident, of maintenance, of history: axe finds nothing', async () => {
    site.reset();
    const [over = ''] = [...exampleView().incidents].slice(-1).map(({ id }) => id);
    for (const path of ['incidents/20261126-1', `incidents/${over}`, 'maintenance/m20261129-1', 'history'])
      await clean(await reader({ viewport: PHONE, colorScheme: 'dark', path: `${path}/` }), path);
  });
});

function present(page: Page | undefined): Page {
  assert.ok(page);
  return page;
}
