// What may be written in ringthrough.yaml. docs/configuration.md explains each key, and a test fails where
// the two disagree. Shapes only; resolve.ts works out what they mean and whether they fit together.

import { z } from 'zod';
import type { Path } from '../../admin/documents/document.ts';
import { count, duration, flag, list, section, words } from '../../admin/documents/section.ts';

const country = words(2).regex(/^[A-Z]{2}$/, 'expected an ISO 3166 country in capitals, such as GB');
const name = words(63).regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and hyphens');

/** One, or a list of them. */
function oneOrMore(example: string) {
  const one = words(128);
  return z.union([one, list(one, 32, `[${example}]`).min(1, 'must not be empty')], {
    error: `expected ${example}, or a list of such`,
  });
}

const nodeSection = section({
  name: name.optional(),
  data: words(4_096).optional(),
  country: country.optional(),
});

const sipSection = section({
  domain: words(253).optional(),
  listen: oneOrMore('udp:127.0.0.1:5060').optional(),
  advertise: oneOrMore('203.0.113.7').optional(),
  acceptMd5: flag.optional(),
  webOrigins: oneOrMore('https://portal.example.net').optional(),
});

const mediaSection = section({
  address: oneOrMore('203.0.113.7').optional(),
  advertise: oneOrMore('203.0.113.7').optional(),
  ports: words(16).optional(),
  silence: duration.optional(),
});

const httpSection = section({ listen: words(128).optional() });

const logSection = section({
  level: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'expected debug, info, warn or error' })
    .optional(),
});

const trunkSection = section({
  name,
  address: words(280),
  transport: z.enum(['udp', 'tcp'], { error: 'expected udp or tcp' }).optional(),
  from: oneOrMore('198.51.100.0/24').optional(),
  inbound: flag.optional(),
  outbound: flag.optional(),
  order: count(0, 1_000).optional(),
  weight: count(1, 1_000).optional(),
  user: words(128).optional(),
  password: words(256).optional(),
  passwordFile: words(4_096).optional(),
  register: z
    .union([flag, section({ registrar: words(280).optional(), expires: duration.optional() })], {
      error: 'expected true, or { registrar: …, expires: 5m }',
    })
    .optional(),
  country: country.optional(),
  numberFormat: z
    .enum(['e164', 'e164-without-plus'], { error: 'expected e164 or e164-without-plus' })
    .optional(),
  callsMax: count(1, 10_000).optional(),
  note: words(120).optional(),
});

export const configFile = section({
  node: nodeSection.optional(),
  sip: sipSection.optional(),
  media: mediaSection.optional(),
  http: httpSection.optional(),
  log: logSection.optional(),
  trunks: list(
    trunkSection,
    100,
    '[{ name: carrier-a, address: sip.carrier-a.example, outbound: true }]',
  ).optional(),
});

export type ConfigFile = z.infer<typeof configFile>;
export type TrunkSection = z.infer<typeof trunkSection>;

/** The values of a key that takes one or a list of them. */
export function asList(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** The path of one of them, as it is written in the file. */
export function itemPath(path: Path, value: string | readonly string[] | undefined, index: number): Path {
  return typeof value === 'string' ? path : [...path, index];
}
