// Files that people write, as values that are mostly right: a configuration, a provisioning file. Some of what is in
// them is then replaced, left out, doubled or blown up, and they are written as JSON or YAML, which is sometimes
// changed once more as text.

import { stringify } from 'yaml';
import type { SeededRandom } from '../simulation/world.ts';
import { mutateBytes } from './mutate.ts';
import { Words } from './words.ts';

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

export const CONFIGURATION: Value = {
  node: { name: 'london-1', data: './data', country: 'GB' },
  sip: {
    domain: 'voice.example.net',
    listen: ['udp:0.0.0.0:5060', 'tcp:127.0.0.1:5060', 'udp:[::1]:5060'],
    advertise: '203.0.113.7',
    acceptMd5: true,
  },
  media: { address: '203.0.113.7', ports: '20000-29999', silence: '60s' },
  http: { listen: '127.0.0.1:8080' },
  log: { level: 'info' },
  trunks: [
    { name: 'carrier-a', address: 'sip.carrier-a.example', from: ['198.51.100.0/24'], outbound: true },
    {
      name: 'carrier-b',
      address: '198.51.100.7:5080',
      transport: 'tcp',
      user: 'us',
      passwordFile: './carrier.password',
      register: { registrar: 'carrier-b.example', expires: '5m' },
      numberFormat: 'e164-without-plus',
      order: 2,
      weight: 10,
      callsMax: 100,
    },
  ],
};

const STEPS: Value = [
  { ring: ['reception', 'workshop'], for: '20s', order: 'in-turn', during: 'office' },
  { dial: '+447700900123', for: '30s' },
  { announcement: 'closed', outside: 'office' },
];

export const ACCOUNT: Value = {
  name: 'acme',
  phones: [
    { user: 'reception', password: 'secret-of-reception', callerId: '+442079460000' },
    { user: 'workshop', displayName: 'Workshop' },
  ],
  numbers: [{ number: '020 7946 0000', plan: STEPS }],
  hours: [{ name: 'office', zone: 'Europe/London', open: ['mon-fri 09:00-17:30'], holidays: ['2026-12-25'] }],
  limits: { callsMax: 10, divertedCallsMax: 2, destinationsAllowed: ['+44'], destinationsDenied: ['+4470'] },
};

export const PROVISIONING: Value = { accounts: [ACCOUNT, { name: 'other', phones: [{ user: 'desk' }] }] };

export const VALUES = { CONFIGURATION, ACCOUNT, PROVISIONING, STEPS } as const;

/** The value with up to five things changed in it, anywhere. */
export function mutateValue(value: Value, random: SeededRandom): Value {
  let changed = value;
  for (let i = random.between(0, 5); i > 0; i--) changed = changeSomewhere(changed, random);
  return changed;
}

function changeSomewhere(value: Value, random: SeededRandom): Value {
  const stays = typeof value === 'object' && value !== null && random.chance(0.8);
  if (!stays) return odd(value, random);
  if (isList(value)) {
    if (value.length === 0) return [odd(null, random)];
    const at = random.between(0, value.length - 1);
    const item = value[at] ?? null;
    return random.weighted<() => Value>([
      [6, () => value.with(at, changeSomewhere(item, random))],
      [1, () => value.toSpliced(at, 1)],
      [1, () => [...value, item]],
      [1, () => Array.from({ length: random.pick([2, 33, 33, 101, 101]) }, () => item)],
    ])();
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return value;
  const key = random.pick(keys);
  const { [key]: item = null, ...others } = value;
  return random.weighted<() => Value>([
    [8, () => ({ ...value, [key]: changeSomewhere(item, random) })],
    [1, () => others],
    [1, () => ({ ...others, [random.pick([`${key}s`, key.toUpperCase(), '__proto__', ''])]: item })],
    [1, () => ({ ...value, [random.pick(['name', 'constructor', 'on', 'x'])]: odd(item, random) })],
  ])();
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

const ODD: readonly Value[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  '',
  ' ',
  '\u0000',
  '\r\nVia: x',
  '0',
  '1s',
  '-1s',
  '99999999999999999999d',
  '1e9s',
  'off',
  '~',
  '2026-02-30',
  'mon-fri 25:00-99:99',
  'Europe/Nowhere',
  '+44',
  '+999999999999999',
  '0.0.0.0/0',
  '::/0',
  'udp:[::]:0',
  'tls:0.0.0.0:5061',
  '65536',
  '20000-19999',
  '../../etc/passwd',
  '__proto__',
  '١٢٣',
  '\ud800',
  [],
  {},
  [[]],
];

function odd(value: Value, random: SeededRandom): Value {
  const words = new Words(random, 0.5);
  return random.weighted<() => Value>([
    [6, () => random.pick(ODD)],
    [2, () => words.token()],
    [1, () => words.hostPort()],
    [1, () => 'x'.repeat(random.pick([64, 65, 254, 4_097]))],
    [1, () => [value, value]],
    [1, () => ({ a: value })],
    [1, () => nested(random.pick([10, 100]))],
  ])();
}

function nested(depth: number): Value {
  let value: Value = 'deep';
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** What somebody might have in a file. */
export function drawDocument(value: Value, random: SeededRandom): Uint8Array {
  const changed = mutateValue(value, random);
  const text = random.chance(0.4) ? JSON.stringify(changed) : yaml(changed);
  const bytes = Buffer.from(text);
  return random.weighted<() => Uint8Array>([
    [12, () => bytes],
    [6, () => mutateBytes(bytes, random, [bytes])],
    [2, () => Buffer.from(tricky(random))],
  ])();
}

function yaml(value: Value): string {
  try {
    return stringify(value);
  } catch {
    return JSON.stringify(value);
  }
}

/** YAML's own traps: aliases of aliases, deep nesting, tags, documents, merge keys. */
function tricky(random: SeededRandom): string {
  const many = random.pick([10, 10, 100, 100, 1_000, 5_000]);
  return random.pick([
    `a: &a [x, x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`}, *${i === 0 ? 'a' : `b${i - 1}`}]`).join('\n')}`,
    '['.repeat(many),
    '{a: '.repeat(many),
    `${'['.repeat(many)}${']'.repeat(many)}`,
    '- '.repeat(many),
    `${'a:\n'.repeat(1)}${Array.from({ length: Math.min(many, 200) }, (_, i) => `${' '.repeat(i)}a:`).join('\n')}`,
    '!!js/function x',
    '!!binary AAAA',
    'a: 1\n---\nb: 2\n',
    '%YAML 9.9\n---\na: 1',
    '<<: {a: 1}\naccounts: []',
    'accounts: *nobody',
    '? [a]\n: b',
    'a: 1\na: 2',
    '\ufeffaccounts: []',
    '\t- a',
    `a: ${'"'.repeat(many)}`,
    `a: ${'&x '.repeat(many)}`,
    `# ${'x'.repeat(many)}`,
  ]);
}
