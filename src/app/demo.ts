// What only the demo configuration has: an account to try things with, and the demo carrier that stands for the
// telephone network. Neither knows a way into the node that others don't have: the account is provisioned, and
// the carrier is a program of its own that speaks SIP over loopback.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Admin } from '../admin/admin.ts';
import type { NewPassword } from '../admin/views.ts';
import { RingthroughError } from '../base/errors.ts';
import { hex } from '../base/ids.ts';
import { type Endpoint, formatEndpoint } from '../base/net.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { DEMO_CARRIER } from './config/load.ts';

export const DEMO_ACCOUNT = 'demo';
export const DEMO_NUMBER = '+442079460000';
const DEMO_PREFIX = '+44207946';
const PASSWORD_BYTES = 10;
const CARRIER_ATTEMPTS = 4;
const CARRIER_RETRY_MS = 500;
/** Within the data folder; mode 0600. */
export const DEMO_PASSWORDS_FILE = 'demo-phones.txt';

const DEMO_PHONES = ['reception', 'workshop'];

const provisioning = (phones: readonly NewPassword[]) => `
accounts:
  - name: ${DEMO_ACCOUNT}
    phones:
${phones.map(({ user, password }) => `      - { user: ${user}, password: "${password}" }`).join('\n')}
    numbers:
      - number: "${DEMO_NUMBER}"
        plan:
          - { ring: [reception, workshop], for: 20s }
          - { dial: "+447700900123", for: 30s }
`;

/** Makes the demo account at the first start; gives its phones' passwords as far as they are known. */
export async function demoPhones(
  admin: Admin,
  dataFolder: string,
  random: Random,
): Promise<readonly NewPassword[]> {
  const file = path.join(dataFolder, DEMO_PASSWORDS_FILE);
  const accounts = await admin.accounts();
  if (!accounts.some(({ name }) => name === DEMO_ACCOUNT)) {
    const phones = DEMO_PHONES.map((user) => ({ user, password: hex(random.bytes(PASSWORD_BYTES)) }));
    // Written first: a crash in between costs nothing, the other way round it would cost the passwords.
    writeFileSync(file, phones.map(({ user, password }) => `${user} ${password}\n`).join(''), {
      mode: 0o600,
    });
    await admin.provision(provisioning(phones), { dryRun: false });
    return phones;
  }
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [user, password] = line.split(' ');
    return user === undefined || password === undefined ? [] : [{ user, password }];
  });
}

export interface DemoCarrier {
  readonly address: Endpoint;
  close(): void;
}

/** Starts the demo carrier and waits for it to listen. Throws LISTEN_FAILED with its own words. */
export async function startDemoCarrier(provider: Endpoint, log: Log): Promise<DemoCarrier> {
  // After a crash of ours the last carrier may take a moment to notice, and to leave the port.
  for (let attempt = 1; ; attempt++) {
    try {
      return await runDemoCarrier(provider, log);
    } catch (error) {
      if (attempt === CARRIER_ATTEMPTS) throw error;
      await delay(CARRIER_RETRY_MS);
    }
  }
}

async function runDemoCarrier(provider: Endpoint, log: Log): Promise<DemoCarrier> {
  const program = fileURLToPath(new URL('../../examples/demo-carrier/main.ts', import.meta.url));
  const listen = `udp:${formatEndpoint(DEMO_CARRIER)}`;
  const child = spawn(
    process.execPath,
    [
      program,
      '--listen',
      listen,
      '--provider',
      formatEndpoint(provider),
      '--route',
      DEMO_PREFIX,
      '--with-parent',
    ],
    // A group of its own, so that Ctrl-C in the terminal leaves it running while the node drains.
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  await listening(child, log);
  let closing = false;
  child.on('exit', (code) => {
    if (!closing) log.warn('the demo carrier has ended; restart the node to have it back', { code });
  });
  const close = () => {
    closing = true;
    child.kill('SIGTERM');
  };
  return { address: DEMO_CARRIER, close };
}

function listening(child: ChildProcess, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const fail = (why: string) => reject(new RingthroughError('LISTEN_FAILED', why.trim()));
    child.once('error', (error) => fail(`the demo carrier cannot be started: ${error.message}`));
    child.once('exit', (code) =>
      fail(complaint === '' ? `the demo carrier ended at once (${code})` : complaint),
    );
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      log.debug(line);
      resolve();
    });
  });
}
