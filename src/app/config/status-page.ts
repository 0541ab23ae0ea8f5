// The `status.page` section: what the page says of the operator, and where it is published. Nothing in it runs: a logo
// that could do more than be looked at is refused, and what goes to ssh and rsync is checked letter by letter.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import { nearest } from '../../admin/documents/section.ts';
import { isTimeZone } from '../../admin/provisioning/hours.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Endpoint } from '../../base/net.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Site } from '../../status-page/view.ts';
import { isLoopback, isWildcard, parseEndpoint } from './addresses.ts';
import { codeOf, secretOf } from './secrets.ts';
import type { PageSection, PushSection } from './status-page-schema.ts';
import type { TrunkContext } from './trunks.ts';

export interface PageSettings {
  readonly site: Site;
  /** Absolute. */
  readonly folder?: string | undefined;
  readonly listen?: Endpoint | undefined;
  readonly push: readonly PushSettings[];
}

export type PushSettings =
  | {
      readonly type: 'rsync';
      readonly destination: string;
      /** Absent for a daemon. */
      readonly ssh?: { readonly key?: string; readonly knownHosts?: string; readonly port?: number };
      readonly passwordFile?: string;
    }
  | {
      readonly type: 's3';
      readonly endpoint: string;
      readonly region: string;
      readonly bucket: string;
      readonly prefix: string;
      readonly accessKey: string;
      readonly secretKey: string;
    };

/** `api` is where the API listens. */
type Context = Omit<TrunkContext, 'country'> & { readonly api: Endpoint };

const PATH: Path = ['status', 'page'];
const REGION = 'us-east-1';
const USER = '[A-Za-z0-9_.-]+@';
const HOST = '(?:[A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9A-Fa-f:]+\\])';
/** `status@web1.example.net:/srv/status/`; neither ssh, rsync nor a shell over there sees anything else in it. */
const SSH_DESTINATION = new RegExp(`^(?:(?!-)${USER})?${HOST}:(?!//)[A-Za-z0-9/~._][A-Za-z0-9/~._-]*$`);
/** `rsync://status@web1.example.net:873/module/folder/` */
const DAEMON_DESTINATION = new RegExp(`^rsync://(?:${USER})?${HOST}(?::\\d{1,5})?(?:/[A-Za-z0-9._-]+)+/?$`);
/** As ssh takes it among its options. */
const PLAIN_PATH = /^[A-Za-z0-9/._@+-]+$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._/-]*\/$/;

export function resolvePage(
  section: PageSection | undefined,
  context: Context,
  findings: Findings,
): PageSettings | undefined {
  if (section === undefined) return undefined;
  const { folder, listen, push = [] } = section;
  if (folder === undefined && listen === undefined && push.length === 0)
    findings.add(PATH, 'is published nowhere: give at least one of folder, listen and push');
  return {
    site: resolveSite(section, context, findings),
    folder: folder && resolve(context.folder, folder),
    listen: listen === undefined ? undefined : resolveListen(listen, context.api, findings),
    push: push.flatMap((one, index) => resolvePush(one, [...PATH, 'push', index], context, findings)),
  };
}

/** Two that listen in the same place would be told that another program is there. */
function resolveListen(text: string, api: Endpoint, findings: Findings): Endpoint {
  const path = [...PATH, 'listen'];
  const listen = findings.take(path, parseEndpoint(text), { address: '', port: 0 });
  const meets = listen.address === api.address || isWildcard(listen.address) || isWildcard(api.address);
  if (meets && listen.port !== 0 && listen.port === api.port)
    findings.add(path, 'is where the API listens (http.listen); give it a port of its own');
  return listen;
}

function resolveSite(section: PageSection, context: Context, findings: Findings): Site {
  const { name, url, homepage, logo, accent, timeZone = 'UTC', contact } = section;
  if (!isTimeZone(timeZone)) {
    const guess = nearest(timeZone, Intl.supportedValuesOf('timeZone'));
    const help = guess === undefined ? 'expected such as Europe/London' : `did you mean "${guess}"?`;
    findings.add([...PATH, 'timeZone'], `there is no time zone "${timeZone}"; ${help}`);
  }
  return {
    name,
    url: url && findings.take([...PATH, 'url'], addressOf(url, 'https://status.example.net/', true), ''),
    homepage:
      homepage &&
      findings.take([...PATH, 'homepage'], addressOf(homepage, 'https://www.example.net/', false), ''),
    logo:
      logo === undefined
        ? undefined
        : findings.take([...PATH, 'logo'], readLogo(resolve(context.folder, logo)), undefined),
    accent: accent && findings.take([...PATH, 'accent'], colourOf(accent), ''),
    timeZone,
    contact,
  };
}

function addressOf(text: string, example: string, isFolder: boolean): Result<string, string> {
  const url = URL.parse(text);
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain || (isFolder && (url.search !== '' || url.hash !== '')))
    return err(`expected the address of a page, such as ${example}`);
  return ok(isFolder && !url.href.endsWith('/') ? `${url.href}/` : url.href);
}

/** `#0b6` or `#00bb66`, as the second. */
function colourOf(text: string): Result<string, string> {
  const [, short, long] = /^#(?:([0-9a-f]{3})|([0-9a-f]{6}))$/i.exec(text) ?? [];
  if (short !== undefined) return ok(`#${[...short.toLowerCase()].map((digit) => digit + digit).join('')}`);
  return long === undefined
    ? err('expected a colour, such as "#0b6" or "#00bb66", in quotes')
    : ok(`#${long.toLowerCase()}`);
}

function readLogo(file: string): Result<NonNullable<Site['logo']>, string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    return err(`${file} cannot be read (${codeOf(cause)})`);
  }
  if (bytes.length > LIMITS.pageLogoBytesMax)
    return err(
      `${file} has ${bytes.length} bytes, of ${LIMITS.pageLogoBytesMax}: it is in the way of what people come for`,
    );
  if (bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n')
    return ok({ type: 'image/png', bytes });
  const text = bytes.toString('utf8');
  if (!/^\ufeff?\s*(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)*<svg[\s>]/s.test(text))
    return err(`${file} is neither SVG nor PNG`);
  const more = moreThanAPicture(text);
  return more === undefined
    ? ok({ type: 'image/svg+xml', bytes })
    : err(`${file} has ${more}: a logo must be only a picture`);
}

/** What makes an SVG run, ask or hide something, read as widely as a browser might. */
function moreThanAPicture(svg: string): string | undefined {
  const text = svg.replaceAll(/&#(?:x([0-9a-f]+)|(\d+));?/gi, (_, hex, decimal) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code < 0x80 ? String.fromCharCode(code) : '?';
  });
  if (/<!(doctype|entity)/i.test(text)) return 'a document type';
  if (/<[^>]*\bscript\b|javascript:/i.test(text)) return 'a script';
  if (/[\s"'/]on[a-z]+\s*=/i.test(text)) return 'an event handler';
  if (/<(\w+:)?(foreignobject|iframe|embed|object|audio|video|handler|listener|set|animate\w*)\b/i.test(text))
    return 'an element that is not a part of a picture';
  const references = [...text.matchAll(/(?:href|src)\s*=\s*["']?\s*([^"'\s>]*)/gi)].map(([, to]) => to ?? '');
  const urls = [...text.matchAll(/url\(\s*["']?\s*([^"')\s]*)/gi)].map(([, to]) => to ?? '');
  const isOutside = [...references, ...urls].some((to) => !/^(#|data:image\/(png|jpeg|gif|webp);)/i.test(to));
  return isOutside || /@import/i.test(text) ? 'a reference to something else' : undefined;
}

function resolvePush(
  { rsync, s3 }: PushSection,
  path: Path,
  context: Context,
  findings: Findings,
): readonly PushSettings[] {
  if ((rsync === undefined) === (s3 === undefined)) findings.add(path, 'needs exactly one of rsync and s3');
  return [
    ...(rsync === undefined ? [] : [resolveRsync(rsync, [...path, 'rsync'], context, findings)]),
    ...(s3 === undefined ? [] : [resolveS3(s3, [...path, 's3'], context, findings)]),
  ];
}

function resolveRsync(
  { to, key, knownHosts, port, passwordFile }: NonNullable<PushSection['rsync']>,
  path: Path,
  context: Context,
  findings: Findings,
): PushSettings {
  const fileAt = (name: string, written: string | undefined) => {
    if (written === undefined) return undefined;
    const found = resolve(context.folder, written);
    if (!PLAIN_PATH.test(found))
      findings.add([...path, name], `${found} has letters that ssh would take apart`);
    return found;
  };
  const isDaemon = DAEMON_DESTINATION.test(to);
  if (!isDaemon && !SSH_DESTINATION.test(to))
    findings.add(
      [...path, 'to'],
      'expected a host and a folder, such as status@web1.example.net:/srv/status/ or rsync://web1.example.net/status/',
    );
  for (const [name, value] of Object.entries({ key, knownHosts, port })) {
    if (isDaemon && value !== undefined)
      findings.add([...path, name], 'is for ssh, and this is an rsync daemon');
  }
  if (!isDaemon && passwordFile !== undefined)
    findings.add([...path, 'passwordFile'], 'is for an rsync daemon; ssh is let in by key');
  const [keyFile, hostsFile] = [fileAt('key', key), fileAt('knownHosts', knownHosts)];
  const ssh = {
    ...(keyFile === undefined ? {} : { key: keyFile }),
    ...(hostsFile === undefined ? {} : { knownHosts: hostsFile }),
    ...(port === undefined ? {} : { port }),
  };
  const password = fileAt('passwordFile', passwordFile);
  return {
    type: 'rsync',
    destination: to,
    ...(isDaemon ? {} : { ssh }),
    ...(password === undefined ? {} : { passwordFile: password }),
  };
}

function resolveS3(
  section: NonNullable<PushSection['s3']>,
  path: Path,
  context: Context,
  findings: Findings,
): PushSettings {
  const { endpoint, region = REGION, bucket, prefix = '', accessKey } = section;
  const secretKey = secretOf(section, 'secretKey', path, context, findings);
  if (secretKey === undefined)
    findings.add([...path, 'secretKey'], 'is missing: give secretKey or secretKeyFile');
  const url = URL.parse(endpoint);
  const isLocal =
    url !== null && (isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')) || url.hostname === 'localhost');
  const isEndpoint =
    url !== null &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) &&
    url.pathname === '/';
  if (!isEndpoint || /[?#@]/.test(endpoint))
    findings.add(
      [...path, 'endpoint'],
      'expected an https address, such as https://s3.eu-west-2.amazonaws.com',
    );
  if (!BUCKET.test(bucket)) findings.add([...path, 'bucket'], 'is no name of a bucket');
  if (prefix !== '' && !PREFIX.test(prefix)) findings.add([...path, 'prefix'], 'expected such as status/');
  return {
    type: 's3',
    endpoint: url?.origin ?? '',
    region,
    bucket,
    prefix,
    accessKey,
    secretKey: secretKey ?? '',
  };
}
