// /v1/status: what the probes say of the service. And where other watchers bring their results: without the API's
// token, which opens far more, for each result is signed.

import { z } from 'zod';
import { validated } from '../../admin/demands.ts';
import { section } from '../../admin/documents/section.ts';
import { type SeriesIntake, seriesReportInput } from '../../admin/series-report.ts';
import type { PublishingDesk, StatusDesk } from '../../admin/status.ts';
import { firstResultInput, reportAnswer, resultsInput, status } from '../../admin/status-wire.ts';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { App } from '../app.ts';
import { problemResponse } from '../problems.ts';

const RESULTS_PATH = '/v1/watch/results';
const SERIES_PATH = '/v1/watch/series';

/** Neither needs the token. */
export const SIGNED_PATHS: readonly string[] = [RESULTS_PATH, SERIES_PATH];

export function statusRoutes(app: App, desk: StatusDesk, page: PublishingDesk): void {
  app.route({
    method: 'GET',
    url: '/status',
    schema: {
      tags: ['status'],
      summary: 'Tell the state of each component, and what each watcher says',
      querystring: section({}),
      response: { 200: status, default: problemResponse },
    },
    handler: async () => ({ ...desk.status(), page: page() }),
  });
}

export function addResults(app: App, desk: StatusDesk): void {
  app.route({
    method: 'POST',
    url: RESULTS_PATH,
    bodyLimit: LIMITS.resultsBytesMax,
    schema: {
      tags: ['status'],
      security: [],
      summary: 'Bring results of probes, signed by a watcher that is known',
      body: resultsInput,
      response: { 200: reportAnswer, default: problemResponse },
    },
    // Before the rest is looked at: a stranger's results would cost a hundred times as much as its signature.
    preValidation: async ({ body }) => {
      const [first] = validated(firstResultInput, body).results;
      if (!desk.knows(first)) throw nobodys();
    },
    handler: async ({ body }) => {
      const answer = desk.report(body.results);
      if (answer !== undefined) return answer;
      throw nobodys();
    },
  });
}

function nobodys(): RingthroughError {
  return new RingthroughError(
    'UNAUTHORISED',
    'a result is not signed by a watcher whose name and key stand in watch.watchers of this node',
  );
}

/** Of a node that has telephones, to one that only watches. */
export function addSeriesReports(app: App, take: SeriesIntake): void {
  app.route({
    method: 'POST',
    url: SERIES_PATH,
    bodyLimit: 2 * LIMITS.resultsBytesMax,
    schema: {
      tags: ['status'],
      security: [],
      summary: 'Bring time series, signed by the watcher whose they are',
      body: seriesReportInput,
      response: { 200: z.object({ accepted: z.number() }), default: problemResponse },
    },
    handler: async ({ body }) => {
      const taken = await take(body.text, body.signature);
      if (taken === undefined)
        throw new RingthroughError(
          'UNAUTHORISED',
          'these are not signed by the watcher whose time series are taken here (watch.seriesOf)',
        );
      if (!taken.ok)
        throw new RingthroughError('INVALID_INPUT', `the time series are refused: ${taken.error}`);
      return { accepted: taken.value };
    },
  });
}
