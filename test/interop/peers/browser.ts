// Chromium without a head, showing a page that is a phone: JsSIP, and pages/phone.js to steer it. The page comes
// from a server of the test's own, so that it has an origin. Microphone and camera are Chromium's fake ones.

import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser as Chromium, chromium, type Page } from 'playwright-core';
import { HOST, type Rig, until } from '../rig.ts';
import { pageScript } from './page-script.ts';

const PAGES = path.resolve(import.meta.dirname, '../pages');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/** What the page does with calls. */
export type Incoming = 'busy' | 'answer';

export interface PhonePageOptions {
  /** Of the node, such as `ws://127.0.0.1:8088`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly incoming: Incoming;
}

/** What phone.js tells. */
export interface PageEvent {
  readonly type: string;
  readonly from?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly warning?: string;
  readonly code?: number;
  readonly text?: string;
}

/** A web server with the phone's page; its origin. */
export async function servePages(rig: Rig): Promise<string> {
  const html = '<!doctype html><script src="/jssip.js"></script><script src="/phone.js"></script>';
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': ['text/html', html],
    '/jssip.js': ['text/javascript', pageScript('jssip', 'JsSIP')],
    '/phone.js': ['text/javascript', readFileSync(path.join(PAGES, 'phone.js'), 'utf8')],
  };
  const server = createServer(({ url = '' }, response) => {
    const [type, text] = files[url] ?? ['text/plain', ''];
    response.writeHead(url in files ? 200 : 404, { 'content-type': `${type}; charset=utf-8` }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  rig.onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${HOST}:${(server.address() as AddressInfo).port}`;
}

export class Browser {
  readonly #chromium: Chromium;

  /** `trusted`: a certificate that it takes though no authority of its own has signed it. */
  static async start(rig: Rig, trusted: string): Promise<Browser> {
    const { publicKey } = new X509Certificate(trusted);
    const pin = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64');
    const started = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [...FLAGS, `--ignore-certificate-errors-spki-list=${pin}`],
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    rig.onEnd(() => started.close());
    return new Browser(started);
  }

  private constructor(started: Chromium) {
    this.#chromium = started;
  }

  /** Opens the page, which connects and registers by itself. */
  async open(origin: string, { url, user, password, incoming }: PhonePageOptions): Promise<PhonePage> {
    const page = await this.#chromium.newPage();
    await page.goto(origin);
    await page.evaluate(
      `phone.start(${JSON.stringify({ url, uri: `sip:${user}@${HOST}`, password, incoming })})`,
    );
    return new PhonePage(page);
  }
}

export class PhonePage {
  readonly #page: Page;
  #taken = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  async calls(number: string): Promise<void> {
    await this.#page.evaluate(`phone.call(${JSON.stringify(`sip:${number}@${HOST}`)})`);
  }

  /** OPTIONS to the node. */
  async asks(): Promise<void> {
    await this.#page.evaluate(`phone.ask('sip:${HOST}')`);
  }

  /** Subscribes to the mailbox of this user. */
  async watches(user: string): Promise<void> {
    await this.#page.evaluate(`phone.watch('sip:${user}@${HOST}')`);
  }

  async watchesNoMore(): Promise<void> {
    await this.#page.evaluate('phone.watchNoMore()');
  }

  /** The next event of a type; events before it are passed over, those after it stay for later. */
  async event(type: string, withinMs = 10_000): Promise<PageEvent> {
    return until(`${type} of the page`, withinMs, async () => {
      const told = (await this.#page.evaluate('phone.told')) as readonly PageEvent[];
      const index = told.findIndex((event, at) => at >= this.#taken && event.type === type);
      if (index < 0) return undefined;
      this.#taken = index + 1;
      return told[index];
    });
  }

  /** As a person closes a tab: the page gets no chance to say goodbye. */
  async closes(): Promise<void> {
    await this.#page.close();
  }
}
