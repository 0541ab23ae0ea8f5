// The frame of every page: head, header, footer. The policy in its head lets the browser run our one script and apply
// our one sheet, known by their hashes, load a picture of the site and ask the site itself; nothing else, whoever put
// it there. Nothing on a page comes from anybody else's server.

import type { Hashing } from '../ports/hashing.ts';
import type { ShownState } from '../ports/status.ts';
import { type Html, html, markup } from './html.ts';
import { SCRIPT } from './script.ts';
import { DARK, LIGHT, style } from './style.ts';
import { iso, type Times } from './times.ts';
import type { PageFile, PageView } from './view.ts';

const HTML_TYPE = 'text/html; charset=utf-8';
/** Larger ones are a file of their own: the first page has to come in the first round trip. */
const LOGO_INSIDE_BYTES = 3_000;

/** Which need addresses that are whole. */
const FEEDS = [
  ['feed.atom', 'Atom feed'],
  ['feed.rss', 'RSS feed'],
] as const;
const FORMATS = [
  ['maintenance.ics', 'Calendar of maintenance'],
  ['status.json', 'JSON for programs'],
] as const;

export interface Sheet {
  /** Of the folder: empty, or ending in `/`. */
  readonly folder: string;
  /** Before the site's name in the title. */
  readonly title?: string;
  readonly main: Html;
  /**
   * Whether it says what is true now, and so tells its age and renews itself. What is over stays as it was written,
   * and its file the same.
   */
  readonly living: boolean;
}

/** What all pages share, worked out once. */
export class Frame {
  readonly view: PageView;
  readonly times: Times;
  readonly #style: Html;
  readonly #policy: string;

  constructor(view: PageView, times: Times, hashing: Hashing) {
    const sheet = style(view.site.accent);
    const hash = (text: string): string =>
      `'sha256-${Uint8Array.fromHex(hashing.sha256Hex(text)).toBase64()}'`;
    this.view = view;
    this.times = times;
    this.#style = markup(`<style>${sheet}</style>`);
    this.#policy =
      `default-src 'none';style-src ${hash(sheet)};script-src ${hash(SCRIPT)};img-src 'self' data:;` +
      `connect-src 'self';base-uri 'none';form-action 'none'`;
  }

  page({ folder, title, main, living }: Sheet): PageFile {
    const { at, site, staleAfterMs, state } = this.view;
    const root = '../'.repeat(folder.split('/').length - 1);
    const name = `${title === undefined ? '' : `${title} – `}${site.name} status`;
    const age = html` data-at="${Math.floor(at)}" data-max="${staleAfterMs}" data-root="${root}"`;
    const data = living && html`${age} data-zone="${site.timeZone}" data-icon="${colourOf(state)}"`;
    const body = html`<!doctype html>
<html lang="en"${data}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${markup(this.#policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${name}</title>
<link rel="icon" href="${ICON}">
${site.url !== undefined && permanent(site.url, folder, root)}
${this.#style}
</head>
<body>
<a class="skip" href="#main">To what matters</a>
${this.#header(root, folder)}
<main id="main">
${living && html`<p class="old"></p>`}
${main}
</main>
${this.#footer(root)}
${living && html`<p class="sr" id="live" role="status"></p><script>${markup(SCRIPT)}</script>`}
</body>
</html>
`;
    return { path: `${folder}index.html`, type: HTML_TYPE, body: body.text };
  }

  /** When the page was made, as a line below what it says. */
  age(): Html {
    const { times } = this;
    const { at } = this.view;
    const when = html`<time datetime="${iso(at)}">${times.seconds(at)} ${times.zone(at)}</time>`;
    const remedy = html`<noscript> <a href="">Load it anew</a> to see what is true now.</noscript>`;
    return html`<p class="age">Checked at ${when} on ${times.date(at)}<span id="age"></span>.${remedy}</p>`;
  }

  /** The logo as a file of its own, where it is too large to stand in the page. */
  files(): readonly PageFile[] {
    const { logo } = this.view.site;
    return logo === undefined || logo.bytes.length <= LOGO_INSIDE_BYTES
      ? []
      : [{ path: logoName(logo.type), type: logo.type, body: logo.bytes }];
  }

  #header(root: string, folder: string): Html {
    const { name, logo, homepage } = this.view.site;
    const source = logo === undefined ? undefined : sourceOf(logo, root);
    const brand = html`${source !== undefined && html`<img src="${source}" alt="">`}<span>${name}</span>`;
    const links = [
      folder === '' ? undefined : html`<a href="${root || './'}">Status now</a>`,
      folder === 'history/' ? undefined : html`<a href="${root}history/">History</a>`,
      html`<a href="#follow">Follow</a>`,
      homepage !== undefined && isWeb(homepage) && html`<a href="${homepage}">Website</a>`,
    ];
    return html`<header>
<a class="brand" href="${root || './'}" aria-label="${name} status">${brand}</a>
<nav aria-label="Site">${links}</nav>
</header>`;
  }

  #footer(root: string): Html {
    const { contact, url } = this.view.site;
    const offered = [...(url === undefined ? [] : FEEDS), ...FORMATS];
    const links = offered.map(([file, word]) => html`<a href="${root}${file}">${word}</a>`);
    return html`<footer>
<p id="follow">To be told of what is new, give one of these addresses to your feed reader or your calendar:</p>
<nav aria-label="Follow">${links}</nav>
<p>What this page says comes from probes that use the service as customers do. People can add words, or say that it is
worse, but not that it is better.</p>
${contact !== undefined && html`<p>Contact: ${contactLink(contact)}</p>`}
</footer>`;
  }
}

/** Grey until the script knows that the page is fresh, which then puts the colour of the state into its place. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Ccircle cx='8' cy='8' r='7' fill='gray'/%3E%3C/svg%3E";

/** In the middle between the light page's and the dark one's: tabs are either. */
function colourOf(state: ShownState): string {
  if (state === 'operational') return DARK.ok;
  if (state === 'degraded') return DARK.degraded;
  if (state === 'maintenance') return DARK.maintenance;
  return state === 'unknown' ? LIGHT.neutral : LIGHT.down;
}

function sourceOf({ type, bytes }: NonNullable<PageView['site']['logo']>, root: string): string {
  return bytes.length > LOGO_INSIDE_BYTES
    ? `${root}${logoName(type)}`
    : `data:${type};base64,${bytes.toBase64()}`;
}

function logoName(type: string): string {
  return `logo.${type === 'image/svg+xml' ? 'svg' : type.replace('image/', '')}`;
}

function isWeb(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

function permanent(url: string, folder: string, root: string): Html {
  return html`<link rel="canonical" href="${url}${folder}">
<link rel="alternate" type="application/atom+xml" title="Incidents" href="${root}feed.atom">`;
}

function contactLink(contact: string): Html {
  if (isWeb(contact)) return html`<a href="${contact}">${contact}</a>`;
  if (/^[^\s@]+@[^\s@]+$/.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`;
  if (/^\+?[\d ()-]{5,}$/.test(contact)) {
    return html`<a href="tel:${contact.replace(/[^\d+]/g, '')}">${contact}</a>`;
  }
  return html`${contact}`;
}
