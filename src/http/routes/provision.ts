// /v1/provision takes a provisioning file as it is, YAML or JSON, so that mistakes are told with its lines.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { provisionReport } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Routes } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { problemResponse } from '../problems.ts';

const FILE_TYPES = ['application/yaml', 'application/json', 'text/yaml', 'application/x-yaml', 'text/plain'];

const file = z.string({ error: 'expected a provisioning file as the body' }).meta({
  description: 'A provisioning file (docs/provisioning.md)',
  examples: ['accounts:\n  - name: acme\n    phones: [{ user: reception }]\n'],
});

export const provisionRoutes: Routes = (app, admin) => {
  // Only for the routes here: everywhere else JSON is JSON.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    FILE_TYPES,
    { parseAs: 'string', bodyLimit: LIMITS.fileBytesMax },
    (_request, body, done) => done(null, body),
  );

  app.route({
    method: 'POST',
    url: '/provision',
    schema: {
      tags: ['provisioning'],
      summary: 'Make accounts as a file says',
      description:
        'Each account in the file becomes exactly so; accounts that are not in it are left alone. ' +
        'The same file twice changes nothing.',
      consumes: FILE_TYPES,
      querystring: section({
        dryRun: z
          .enum(['true', 'false'])
          .optional()
          .meta({ description: 'true: only tell what would change' }),
      }),
      body: file,
      response: { 200: provisionReport, default: problemResponse },
    },
    handler: ({ body, query, headers }) => {
      const by = byWhom(headers['user-agent']);
      return admin.provision(body, { dryRun: query.dryRun === 'true', by });
    },
  });
};
