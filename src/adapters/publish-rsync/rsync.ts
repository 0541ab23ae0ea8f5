// The status page brought to another host by rsync: over ssh with a key of its own, or to an rsync daemon. Debian's
// rsync does the work; it is told exactly which files there are and which are gone, and touches nothing else there.
//
//   staging folder ─ rsync (all that is referred to) ─▶ host
//                  ─ rsync (pages that refer to it)  ─▶ host
//
// No shell sees any of it: arguments are a list, and ssh is told where to go by options that the configuration has
// checked. A host whose key is not known is refused, for whoever can pose as it could show a page that lies.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { printable } from '../../base/printable.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { PublishedFile, PublishTarget } from '../../ports/publishing.ts';

export interface RsyncOptions {
  /** `rsync://host[:port]/module/path` or `user@host:/path`, as the configuration has checked it. */
  readonly destination: string;
  /** For ssh; its options come without a shell, so none of these has a space or a quotation mark. */
  readonly ssh?: SshOptions | undefined;
  /** For a daemon: a file that holds the password. */
  readonly passwordFile?: string | undefined;
  /** A folder of the node's own, in which what is sent is put together. */
  readonly staging: string;
}

export interface SshOptions {
  readonly key?: string | undefined;
  readonly knownHosts?: string | undefined;
  readonly port?: number | undefined;
}

/** Nothing moves for this long: it is given up, well before the owner does. */
const SILENCE_MS = 20 * SECOND_MS;
const CONNECT_MS = 10 * SECOND_MS;
/** Kept of what rsync complains about. */
const COMPLAINT_LENGTH = 2_000;

export function createRsyncTarget(options: RsyncOptions): PublishTarget {
  return {
    name: `rsync ${hostOf(options.destination)}`,
    async push({ changed, removed }, signal) {
      await mkdir(options.staging, { recursive: true, mode: 0o700 });
      const folder = await mkdtemp(path.join(options.staging, 'push-'));
      try {
        for (const file of changed) await stage(folder, file);
        // What is gone is known by its absence from a folder that is there.
        for (const name of removed) await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
        const last = changed.filter(
          ({ path: name }) => !name.includes('/') && /^(index\.html|status\.json)$/.test(name),
        );
        const first = changed.filter((file) => !last.includes(file)).map((file) => file.path);
        if (first.length > 0) await run(options, folder, first, signal);
        const after = [...last.map((file) => file.path), ...removed];
        if (after.length > 0) await run(options, folder, after, signal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function stage(folder: string, { path: name, bytes }: PublishedFile): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

/** Those of `names` that are not in the folder are removed over there. */
async function run(
  options: RsyncOptions,
  folder: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const parameters = [
    '--files-from=-',
    '--delete-missing-args',
    '--checksum',
    '--delay-updates',
    '--chmod=D755,F644',
    `--timeout=${SILENCE_MS / SECOND_MS}`,
    ...(options.destination.startsWith('rsync://') ? [`--contimeout=${CONNECT_MS / SECOND_MS}`] : []),
    ...(options.passwordFile === undefined ? [] : [`--password-file=${options.passwordFile}`]),
    ...(options.ssh === undefined ? [] : ['-e', sshCommand(options.ssh)]),
    '--',
    `${folder}/`,
    options.destination,
  ];
  const child = spawn('rsync', parameters, { signal, stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(0, COMPLAINT_LENGTH);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(names.join('\n'));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(notRun(cause))).once('close', resolve);
  });
  if (code !== 0) throw new Error(`rsync: ${firstLine(complaint) || `exit code ${code}`}`);
}

function notRun(cause: Error): Error {
  const isMissing = 'code' in cause && cause.code === 'ENOENT';
  return isMissing ? new Error('rsync is not installed on this machine') : cause;
}

/** rsync takes it apart at spaces itself. */
function sshCommand({ key, knownHosts, port }: SshOptions): string {
  return [
    'ssh',
    '-o BatchMode=yes',
    '-o StrictHostKeyChecking=yes',
    '-o ClearAllForwardings=yes',
    `-o ConnectTimeout=${CONNECT_MS / SECOND_MS}`,
    ...(key === undefined ? [] : ['-o IdentitiesOnly=yes', `-i ${key}`]),
    ...(knownHosts === undefined ? [] : [`-o UserKnownHostsFile=${knownHosts}`]),
    ...(port === undefined ? [] : [`-p ${port}`]),
  ].join(' ');
}

function firstLine(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? '';
  // ssh ends its lines as terminals want them.
  return printable(line.trim().replace(/^(rsync|@ERROR): /, ''));
}

/** `rsync://user@web1.example.net:873/status` → `web1.example.net`. */
function hostOf(destination: string): string {
  const bare = destination.replace(/^rsync:\/\//, '').replace(/^[^@/]*@/, '');
  return /^(\[[^\]]*\]|[^:/]*)/.exec(bare)?.[1] ?? bare;
}
