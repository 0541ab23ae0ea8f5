// What may be written of a probe: its name, how often it runs, and exactly one of the kinds. A new kind is a row here
// and one in probes.ts, which works out what is asked.

import { z } from 'zod';
import { count, duration, flag, list, section, words } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import { DNS_TYPES } from '../../ports/probes.ts';
import { endpoint, name } from './vocabulary.ts';

const expectation = words(LIMITS.probeExpectLengthMax);

const httpKind = z.union(
  [
    words(2_048),
    section({
      url: words(2_048),
      tokenFile: words(4_096).optional(),
      status: count(100, 599).optional(),
      contains: expectation.optional(),
      json: z
        .record(
          z.string().regex(/^(\/.{0,200})?$/, 'expected a JSON Pointer, such as /status'),
          z.union([expectation, z.number(), z.boolean(), z.null()]),
        )
        .refine((values) => Object.keys(values).length <= LIMITS.probeExpectMax, 'are too many')
        .optional(),
    }),
  ],
  { error: 'expected https://www.example.net/, or { url: https://www.example.net/, status: 200 }' },
);

const dnsKind = section({
  sip: words(280).optional(),
  name: words(253).optional(),
  type: z.enum(DNS_TYPES, { error: `expected one of ${DNS_TYPES.join(', ')}` }).optional(),
  servers: z
    .union([
      words(280),
      list(words(280), LIMITS.probeDnsServersMax, '[ns1.example.net]').min(1, 'must not be empty'),
    ])
    .optional(),
  authoritative: flag.optional(),
  expect: z
    .union([expectation, list(expectation, LIMITS.probeExpectMax, '[192.0.2.1]').min(1, 'must not be empty')])
    .optional(),
  grace: duration.optional(),
});

const certificateKind = z.union(
  [words(280), section({ of: words(280), name: words(253).optional(), warnDays: count(1, 365).optional() })],
  { error: 'expected www.example.net:443, or { of: www.example.net:443, warnDays: 14 }' },
);

const account = {
  server: words(280),
  domain: words(253).optional(),
  user: words(128),
  password: words(256).optional(),
  passwordFile: words(4_096).optional(),
} as const;

const registerSection = section(account);

/** A phone, which has a user; or a place where a carrier would be. */
const callSection = section({
  to: words(64),
  from: section({
    ...account,
    user: words(128).optional(),
    address: words(64).optional(),
    number: words(64).optional(),
  }),
  answer: section({
    ...account,
    server: words(280).optional(),
    user: words(128).optional(),
    listen: endpoint.optional(),
    from: z
      .union([
        words(64),
        list(words(64), LIMITS.probeSourcesMax, '[198.51.100.0/24]').min(1, 'must not be empty'),
      ])
      .optional(),
  }),
});

const probeKinds = {
  sipOptions: words(280).optional(),
  http: httpKind.optional(),
  tcp: words(280).optional(),
  dns: dnsKind.optional(),
  certificate: certificateKind.optional(),
  register: registerSection.optional(),
  call: callSection.optional(),
} as const;

export const probeSection = section({
  name,
  ...probeKinds,
  interval: duration.optional(),
  timeout: duration.optional(),
  slowAfter: duration.optional(),
});

export type AccountSection = z.infer<typeof registerSection>;
export type CallSection = z.infer<typeof callSection>;
export type ProbeKind = keyof typeof probeKinds;
export type ProbeSection = z.infer<typeof probeSection>;
