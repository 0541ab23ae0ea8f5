// All files beside the page itself, for programs: the short status, what aggregators know, the badge, feeds and the
// calendar. Each is a module of its own; this one says which there are.

import { aggregatorFiles } from './aggregators.ts';
import { badge } from './badge.ts';
import { calendar } from './calendar.ts';
import { feeds } from './feeds.ts';
import { statusJson } from './status-json.ts';
import type { PageFile, PageView } from './view.ts';

export function renderFormats(view: PageView): readonly PageFile[] {
  return [...aggregatorFiles(view), badge(view), ...feeds(view), calendar(view), statusJson(view)];
}
