// Reads the configuration and checks it as a whole before anything is opened. Every mistake is told at once,
// with its path, its line and what would be right.
//
// Without a file the node runs on embedded defaults: loopback only, and the demo carrier as its trunk.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { formatMistake, readDocument } from '../../admin/documents/document.ts';
import { Findings } from '../../admin/documents/findings.ts';
import { type Mistake, RingthroughError } from '../../base/errors.ts';
import type { Endpoint } from '../../base/net.ts';
import type { Config } from './config.ts';
import { type ResolveContext, resolveConfig } from './resolve.ts';
import { configFile } from './schema.ts';

/** Where the demo carrier listens. */
export const DEMO_CARRIER: Endpoint = { address: '127.0.0.1', port: 5070 };

const DEMO_YAML = `
trunks:
  - name: demo-carrier
    address: ${DEMO_CARRIER.address}:${DEMO_CARRIER.port}
    inbound: true
    outbound: true
    note: demo carrier, stands for the PSTN
`;

/**
 * Reads the file, or gives the embedded defaults where there is none. `dataFolder` overrides `node.data`.
 * Throws CONFIG_UNREADABLE, or CONFIG_INVALID whose message has one line for each mistake.
 */
export function loadConfig(path?: string, options: { readonly dataFolder?: string } = {}): Config {
  const text = path === undefined ? DEMO_YAML : readConfigFile(path);
  const folder = path === undefined ? process.cwd() : dirname(resolve(path));
  const config = parseConfig(text, {
    file: path ?? 'the embedded configuration',
    folder,
    readSecret: (secretPath) => readFileSync(secretPath, 'utf8'),
  });
  return {
    ...config,
    ...(path === undefined ? {} : { file: path }),
    demo: path === undefined,
    node: { ...config.node, dataFolder: resolve(options.dataFolder ?? config.node.dataFolder) },
  };
}

/** `file` is its name in messages; relative paths in it count from `folder`. */
export function parseConfig(
  text: string,
  context: ResolveContext & { readonly file: string },
): Omit<Config, 'demo'> {
  const document = readDocument(text, configFile);
  if (!document.ok) throw configInvalid(context.file, document.error);
  const findings = new Findings();
  const config = resolveConfig(document.value.value, context, findings);
  if (findings.all.length > 0) throw configInvalid(context.file, document.value.locate(findings.all));
  return config;
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : String(cause);
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read by this user'
          : `cannot be read (${code})`;
    throw new RingthroughError('CONFIG_UNREADABLE', `${path} ${reason}; give another with --config`, {
      cause,
    });
  }
}

function configInvalid(file: string, mistakes: readonly Mistake[]): RingthroughError {
  const lines = mistakes.map((mistake) => `${file}: ${formatMistake(mistake)}`);
  return new RingthroughError('CONFIG_INVALID', lines.join('\n'), { mistakes });
}
