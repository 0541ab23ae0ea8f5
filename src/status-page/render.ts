// The status page as static files, that any web server can serve: HTML, with style, script and pictures inside, so
// that one request brings all of it. Pure: the same view gives the same files.

import type { Hashing } from '../ports/hashing.ts';
import { html } from './html.ts';
import type { PageFile, PageView } from './view.ts';

const HTML_TYPE = 'text/html; charset=utf-8';

/** `hashing`: for the policy by which the reader's browser runs and styles only what is ours. */
export function renderPage(view: PageView, _hashing: Hashing): readonly PageFile[] {
  return [{ path: 'index.html', type: HTML_TYPE, body: firstPage(view) }];
}

function firstPage({ at, site, components }: PageView): string {
  const rows = components.map(({ name, state }) => html`<li>${name}: ${state}</li>`);
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${site.name} status</title>
<h1>${site.name} status</h1>
<p>As of ${new Date(at).toISOString()}</p>
<ul>${rows}</ul>
</html>
`.text;
}
