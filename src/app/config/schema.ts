// What may be written in ringthrough.yaml. docs/configuration.md explains each key, and a test fails where
// the two disagree. Shapes only; resolve.ts works out what they mean and whether they fit together.

import { z } from 'zod';
import type { Path } from '../../admin/documents/document.ts';
import { count, duration, flag, list, section, words } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import { probeSection } from './probe-schema.ts';
import { pageSection } from './status-page-schema.ts';
import { endpoint, name, oneOrMore } from './vocabulary.ts';

const country = words(2).regex(/^[A-Z]{2}$/, 'expected an ISO 3166 country in capitals, such as GB');

const nodeSection = section({
  name: name.optional(),
  data: words(4_096).optional(),
  country: country.optional(),
  probeAccounts: oneOrMore('watch').optional(),
  roles: list(z.enum(['watch'], { error: 'expected watch' }), 4, '[watch]')
    .min(1, 'must not be empty')
    .optional(),
});

const clientCertificates = z.enum(['off', 'ask', 'require'], { error: 'expected off, ask or require' });

/** `tls:0.0.0.0:5061`, or with what is said of this listener alone. */
const listener = z.union(
  [
    words(128),
    section({ on: words(128), clientCertificates: clientCertificates.optional(), strict: flag.optional() }),
  ],
  {
    error: 'expected such as udp:0.0.0.0:5060, or { on: tls:0.0.0.0:5061, clientCertificates: require }',
  },
);

const sipSection = section({
  domain: words(253).optional(),
  listen: z
    .union([listener, list(listener, 32, '[udp:127.0.0.1:5060]').min(1, 'must not be empty')], {
      error: 'expected udp:127.0.0.1:5060, or a list of such',
    })
    .optional(),
  advertise: oneOrMore('203.0.113.7').optional(),
  acceptMd5: flag.optional(),
  webOrigins: oneOrMore('https://portal.example.net').optional(),
  sessionExpires: duration.optional(),
  minSessionExpires: duration.optional(),
});

const tlsSection = section({
  certificate: words(4_096),
  key: words(4_096),
  ca: oneOrMore('./carriers-ca.pem').optional(),
  clientCertificates: clientCertificates.optional(),
});

const mediaSection = section({
  address: oneOrMore('203.0.113.7').optional(),
  advertise: oneOrMore('203.0.113.7').optional(),
  ports: words(16, 'expected a range of ports, such as 20000-29999').optional(),
  silence: duration.optional(),
  prompts: words(4_096).optional(),
  language: words(35)
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as en or en-GB')
    .optional(),
});

const httpSection = section({ listen: endpoint.optional() });

const dnsSection = section({
  servers: oneOrMore('192.0.2.53').optional(),
  timeout: duration.optional(),
});

const logSection = section({
  level: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'expected debug, info, warn or error' })
    .optional(),
});

const traceSection = section({
  keep: duration.optional(),
  hep: section({
    collector: words(128),
    captureId: count(0, 4_294_967_295).optional(),
    password: words(256).optional(),
    passwordFile: words(4_096).optional(),
  }).optional(),
});

const kernel = z.enum(['auto', 'off', 'require'], { error: 'expected auto, off or require' });
/** As the kernel takes names of interfaces (IFNAMSIZ), without what nftables would read otherwise. */
const networkInterface = words(15).regex(
  /^[A-Za-z0-9][A-Za-z0-9._@-]*$/,
  'expected an interface, such as eth0',
);

const code = words(8).regex(/^\*\d{1,4}$/, 'expected a star and one to four digits, such as *98');

const controlSection = section({
  numbers: oneOrMore('"+442079460111"').optional(),
  controlCode: code.optional(),
  mailboxCode: code.optional(),
});

const shieldSection = section({
  kernel: kernel.optional(),
  interface: z
    .union([networkInterface, list(networkInterface, 16, '[eth0]').min(1, 'must not be empty')], {
      error: 'expected eth0, or a list of such',
    })
    .optional(),
  doors: words(16).optional(),
  moveDoors: flag.optional(),
});

const mailSection = section({
  from: words(320),
  server: words(280),
  tls: z
    .enum(['required', 'implicit', 'offered', 'off'], {
      error: 'expected required, implicit, offered or off',
    })
    .optional(),
  ca: words(4_096).optional(),
  user: words(256).optional(),
  password: words(256).optional(),
  passwordFile: words(4_096).optional(),
});

const smsSection = section({
  provider: z.enum(['twilio', 'telnyx', 'bandwidth', 'generic'], {
    error: 'expected twilio, telnyx, bandwidth or generic',
  }),
  from: words(32),
  url: words(2_048).optional(),
  user: words(256).optional(),
  token: words(1_024).optional(),
  tokenFile: words(4_096).optional(),
  application: words(256).optional(),
  inbound: section({
    url: words(2_048),
    secret: words(1_024).optional(),
    secretFile: words(4_096).optional(),
  }).optional(),
});

const trunkSection = section({
  name,
  address: words(280),
  transport: z.enum(['udp', 'tcp', 'tls'], { error: 'expected udp, tcp or tls' }).optional(),
  tls: section({
    verify: flag.optional(),
    certificateDomain: words(253).optional(),
    clientDomains: oneOrMore('sbc.carrier-a.example').optional(),
  }).optional(),
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
  callsPerSecondMax: count(1, 1_000).optional(),
  carrier: words(60).optional(),
  note: words(120).optional(),
});

const title = words(60);

const watchSection = section({
  name: name.optional(),
  runs: z.enum(['all', 'none'], { error: 'expected all or none' }).optional(),
  probes: list(
    probeSection,
    LIMITS.probesMax,
    '[{ name: main, sipOptions: "udp:sip.example.net:5060" }]',
  ).min(1, 'must not be empty'),
  watchers: list(
    section({ name, key: words(64) }),
    LIMITS.watchersMax,
    '[{ name: paris, key: … }]',
  ).optional(),
  report: oneOrMore('https://status.example.net').optional(),
  reportSeries: flag.optional(),
  seriesOf: name.optional(),
  ca: oneOrMore('./our-ca.pem').optional(),
});

/** Either one, or a list of them. */
const reminder = z.union([duration, list(duration, LIMITS.remindersMax, '[72h, 1h]')], {
  error: 'expected 72h, or a list of such',
});

const statusSection = section({
  components: list(
    section({
      name: title,
      group: title.optional(),
      fails: words(LIMITS.incidentFailsMax).optional(),
      probes: z.union([name, list(name, LIMITS.componentProbesMax, '[main]').min(1, 'must not be empty')], {
        error: 'expected the name of a probe, or a list of such',
      }),
    }),
    LIMITS.componentsMax,
    '[{ name: Outbound calls, probes: [main] }]',
  )
    .min(1, 'must not be empty')
    .optional(),
  page: pageSection.optional(),
  resolveAfter: duration.optional(),
  advice: words(LIMITS.incidentAdviceMax).optional(),
  templates: list(
    section({ name, text: words(LIMITS.incidentTextMax) }),
    LIMITS.incidentTemplatesMax,
    '[{ name: carrier, text: "{components} is down" }]',
  ).optional(),
  reminders: reminder.optional(),
});

export const configFile = section({
  node: nodeSection.optional(),
  sip: sipSection.optional(),
  tls: tlsSection.optional(),
  media: mediaSection.optional(),
  http: httpSection.optional(),
  dns: dnsSection.optional(),
  log: logSection.optional(),
  trace: traceSection.optional(),
  shield: shieldSection.optional(),
  mail: mailSection.optional(),
  sms: smsSection.optional(),
  control: controlSection.optional(),
  watch: watchSection.optional(),
  status: statusSection.optional(),
  trunks: list(
    trunkSection,
    100,
    '[{ name: carrier-a, address: sip.carrier-a.example, outbound: true }]',
  ).optional(),
});

export type ConfigFile = z.infer<typeof configFile>;
export type MailSection = z.infer<typeof mailSection>;
export type SmsSection = z.infer<typeof smsSection>;
export type ControlSection = z.infer<typeof controlSection>;
export type WatchSection = z.infer<typeof watchSection>;
export type StatusSection = z.infer<typeof statusSection>;
export type TraceSection = z.infer<typeof traceSection>;
export type TrunkSection = z.infer<typeof trunkSection>;
export type ListenerSection = z.infer<typeof listener>;

/** The values of a key that takes one or a list of them. */
export function asList<T extends string | object>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

/** The path of one of them, as it is written in the file. */
export function itemPath(path: Path, value: unknown, index: number): Path {
  return Array.isArray(value) ? [...path, index] : path;
}

function isList<T extends string | object>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
