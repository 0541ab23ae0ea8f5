// The status page as static files, that any web server can serve: HTML, with style, script and pictures inside, so
// that one request brings all of it. Pure: the same view gives the same files. Pages of what is over don't change
// with time, so whoever publishes can leave out what is there already.

import type { Hashing } from '../ports/hashing.ts';
import { historyPage } from './history.ts';
import { home } from './home.ts';
import { Frame } from './layout.ts';
import { incidentPage, maintenancePage } from './story.ts';
import { Times } from './times.ts';
import type { PageFile, PageView } from './view.ts';

/** `hashing`: for the policy by which the reader's browser runs and styles only what is ours. */
export function renderPage(view: PageView, hashing: Hashing): readonly PageFile[] {
  const frame = new Frame(view, new Times(view.site.timeZone, view.at), hashing);
  return [
    home(frame),
    historyPage(frame),
    ...view.incidents.map((incident) => incidentPage(frame, incident)),
    ...view.maintenance.map((maintenance) => maintenancePage(frame, maintenance)),
    ...frame.files(),
  ];
}
