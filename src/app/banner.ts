// What a person sees when the node is up: where everything is, and what to try first.

import path from 'node:path';
import type { PublishingView, StatusView } from '../admin/status.ts';
import { type AccountView, divertedTo, type NewPassword } from '../admin/views.ts';
import { counted } from '../base/names.ts';
import { formatEndpoint } from '../base/net.ts';
import { API_DEFAULT } from '../cli/client.ts';
import type { Listener } from '../ports/signalling.ts';
import type { DemoCarrier } from './demo.ts';

export interface BannerFacts {
  readonly version: string;
  readonly startedInMs: number;
  readonly domain: string;
  readonly listeners: readonly Listener[];
  readonly apiUrl: string;
  readonly tokenFile: string;
  readonly accounts: readonly AccountView[];
  /** What the node watches. */
  readonly status: StatusView;
  readonly page: PublishingView | undefined;
  /** Present with the demo configuration only. */
  readonly demo?: {
    readonly carrier: DemoCarrier;
    readonly account: string;
    readonly number: string;
    readonly phones: readonly NewPassword[];
    readonly passwordsFile: string;
  };
}

export function banner(facts: BannerFacts): readonly string[] {
  const { version, startedInMs, domain, listeners, apiUrl, tokenFile } = facts;
  const where = listeners.map(({ transport, local }) => `${transport} ${formatEndpoint(local)}`).join(', ');
  return [
    `Ringthrough ${version} is up, ${(startedInMs / 1000).toFixed(1)} s after it was started.`,
    '',
    `  SIP      ${where} (domain ${domain})`,
    ...(facts.demo === undefined ? accountLines(facts.accounts) : demoLines(facts, facts.demo)),
    ...watchLines(facts),
    `  API      ${apiUrl}/v1, documented at ${apiUrl}/docs (token in ${tokenFile})`,
    '',
    ...tryLines(facts),
  ];
}

export type WatchBannerFacts = Pick<
  BannerFacts,
  'version' | 'startedInMs' | 'apiUrl' | 'tokenFile' | 'status' | 'page'
>;

/** Of a node that only watches. */
export function watchBanner(facts: WatchBannerFacts): readonly string[] {
  const { version, startedInMs, apiUrl, tokenFile } = facts;
  return [
    `Ringthrough ${version} watches, ${(startedInMs / 1000).toFixed(1)} s after it was started.`,
    '',
    ...watchLines(facts),
    `  API      ${apiUrl}/v1, documented at ${apiUrl}/docs (token in ${tokenFile})`,
    '',
    ...nextLines(facts, ['status', 'uptime', '--help']),
  ];
}

/** The key is what whoever judges by its results must know. */
function watchLines({ status, page }: Pick<BannerFacts, 'status' | 'page'>): readonly string[] {
  const { watcher, components } = status;
  const probes = new Set(components.flatMap((one) => one.probes.map(({ name }) => name))).size;
  const judges = `${counted(components.length, 'component')} by ${counted(probes, 'probe')}`;
  const places = page && [
    ...(page.url === undefined ? [] : [page.url]),
    ...page.targets.map(({ name }) => name),
  ];
  return [
    ...(watcher === undefined ? [] : [`  Watcher  ${watcher.name}, key ${watcher.publicKey}`]),
    ...(components.length === 0 ? [] : [`  Judges   ${judges}`]),
    ...(places === undefined ? [] : [`  Page     ${places.join(', ')}`]),
  ];
}

/** Commands, and what each must be told to find this node where that is not where they look. */
function nextLines(
  { apiUrl, tokenFile }: Pick<BannerFacts, 'apiUrl' | 'tokenFile'>,
  commands: readonly string[],
): readonly string[] {
  const options = [
    ...(apiUrl === API_DEFAULT ? [] : [`--api ${apiUrl}`]),
    ...(tokenFile === './data/api.token' ? [] : [`--token-file ${tokenFile}`]),
  ];
  return [
    `Next: ${commands.map((words) => `ringthrough ${words}`).join(', ')}`,
    ...(options.length === 0 ? [] : [`      with ${options.join(' ')}`]),
  ];
}

/** Paths as a person in the working folder would write them. */
export function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : `./${relative}`;
}

function accountLines(accounts: readonly AccountView[]): readonly string[] {
  const phones = accounts.reduce((sum, account) => sum + account.phones.length, 0);
  const numbers = accounts.reduce((sum, account) => sum + account.numbers.length, 0);
  const counts = [counted(accounts.length, 'account'), counted(phones, 'phone'), counted(numbers, 'number')];
  return [`  Serving  ${counts.join(', ')}`];
}

function demoLines({ accounts }: BannerFacts, demo: NonNullable<BannerFacts['demo']>): readonly string[] {
  const account = accounts.find(({ name }) => name === demo.account);
  const passwords = new Map(demo.phones.map(({ user, password }) => [user, password]));
  const phones = (account?.phones ?? []).map(({ user }) => {
    const password = passwords.get(user);
    return `    phone  ${user.padEnd(10)} ${password === undefined ? 'password changed since the first start' : `password ${password}`}`;
  });
  const numbers = (account?.numbers ?? []).map(
    ({ number, planText, divert }) =>
      `    number ${number} ${divert === undefined ? planText : `is diverted to ${divertedTo(divert)}`}`,
  );
  return [
    `  Account  ${demo.account} (passwords kept in ${demo.passwordsFile})`,
    ...phones,
    ...numbers,
    `  Carrier  demo carrier on udp ${formatEndpoint(demo.carrier.address)}: stands for the telephone network, demo only`,
  ];
}

function tryLines(facts: BannerFacts): readonly string[] {
  const { demo, listeners } = facts;
  if (demo === undefined) return nextLines(facts, ['provision FILE', 'phone list', '--help']);
  const registrar = listeners[0] === undefined ? '' : formatEndpoint(listeners[0].local);
  const steps = [
    [`Register any SIP phone as reception at ${registrar}, and see it:`, 'phone list'],
    ['Call the number, and watch what happens:', `call ${demo.number}`],
    ['Kill the phone, call again, and see every attempt:', 'ledger'],
  ] as const;
  const width = Math.max(...steps.map(([what]) => what.length));
  return [
    'Try:',
    ...steps.map(([what, words], index) => `  ${index + 1}. ${what.padEnd(width)}  npx ringthrough ${words}`),
  ];
}
