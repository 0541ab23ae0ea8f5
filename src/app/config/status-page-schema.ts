// What may be written under `status.page`; status-page.ts works out what it means. Readers see the first half of it, the
// second says where the page goes.

import type { z } from 'zod';
import { count, list, section, words } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import { endpoint } from './vocabulary.ts';

const pushSection = section({
  rsync: section({
    to: words(512),
    key: words(4_096).optional(),
    knownHosts: words(4_096).optional(),
    port: count(1, 65_535).optional(),
    passwordFile: words(4_096).optional(),
  }).optional(),
  s3: section({
    endpoint: words(2_048),
    region: words(64).optional(),
    bucket: words(63),
    prefix: words(256).optional(),
    accessKey: words(128),
    secretKey: words(256).optional(),
    secretKeyFile: words(4_096).optional(),
  }).optional(),
});

export const pageSection = section({
  name: words(60),
  url: words(2_048).optional(),
  homepage: words(2_048).optional(),
  logo: words(4_096).optional(),
  accent: words(64).optional(),
  timeZone: words(64).optional(),
  contact: words(200).optional(),
  folder: words(4_096).optional(),
  listen: endpoint.optional(),
  push: list(
    pushSection,
    LIMITS.pageTargetsMax,
    '[{ rsync: { to: "status@web1.example.net:/srv/status/" } }]',
  ).optional(),
});

export type PageSection = z.infer<typeof pageSection>;
export type PushSection = z.infer<typeof pushSection>;
