import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { Authority, type Issued } from '../../../test/authority.ts';
import { DAY_MS } from '../../base/time.ts';
import type { Log } from '../../ports/log.ts';
import { certificateDomains } from '../../sip/certificate/identity.ts';
import { openCertificates } from './certificates.ts';
import { createSelfSigned, writePair } from './create.ts';
import { readFacts } from './read.ts';

const TIMEOUT = { timeout: 10_000 };
const NAME = 'voice.example.net';
const NEVER_MS = 1_000_000_000;

let authority: Authority;
before(async () => {
  authority = await Authority.create();
});

interface Line {
  readonly level: string;
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>> | undefined;
}

class RecordedLog implements Log {
  readonly lines: Line[] = [];
  #waiting: (() => void)[] = [];

  debug = this.#level('debug');
  info = this.#level('info');
  warn = this.#level('warn');
  error = this.#level('error');

  async until(level: string, pattern: RegExp): Promise<Line> {
    for (;;) {
      const found = this.lines.find((line) => line.level === level && pattern.test(line.text));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #level(level: string): Log['info'] {
    return (text, facts) => {
      this.lines.push({ level, text, facts });
      for (const resume of this.#waiting.splice(0)) resume();
    };
  }
}

function folder(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'ringthrough-tls-'));
  t.after(() => rmSync(path, { recursive: true }));
  const files = {
    certificate: join(path, 'fullchain.pem'),
    key: join(path, 'privkey.pem'),
    authorities: [] as string[],
  };
  const put = ({ certificate, key }: Issued) => {
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.key, key);
  };
  return { path, files, put };
}

async function opened(t: TestContext, issued: Issued, lookMs = NEVER_MS) {
  const { path, files, put } = folder(t);
  put(issued);
  const log = new RecordedLog();
  const time = { now: Date.now() };
  const certificates = await openCertificates({ files, clock: { now: () => time.now }, log, lookMs });
  t.after(() => certificates.close());
  return { path, files, put, log, time, certificates };
}

describe('reading a certificate and its key', () => {
  async function refusal(t: TestContext, change: (at: ReturnType<typeof folder>) => unknown) {
    const at = folder(t);
    at.put(await authority.issue({ names: [NAME] }));
    await change(at);
    const options = { files: at.files, clock: { now: Date.now }, log: new RecordedLog(), lookMs: NEVER_MS };
    const error = await openCertificates(options).then(
      () => assert.fail('it was taken'),
      (thrown: unknown) => thrown,
    );
    assert(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'CERTIFICATE_INVALID');
    return error.message.replaceAll(`${at.path}/`, '');
  }

  test('a file that is not there is named', async (t) => {
    assert.equal(await refusal(t, ({ files }) => rmSync(files.key)), 'privkey.pem does not exist');
  });

  test('a key of another certificate is named with it', async (t) => {
    const message = await refusal(t, async ({ files }) => {
      writeFileSync(files.key, (await authority.issue({ names: [NAME] })).key);
    });
    assert.match(message, /^privkey\.pem is not the key of the first certificate in fullchain\.pem; /);
  });

  test('a key behind a passphrase is told with the way to unlock it', async (t) => {
    const message = await refusal(t, ({ files }) =>
      writeFileSync(
        files.key,
        '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n',
      ),
    );
    assert.match(message, /^privkey\.pem is locked with a passphrase.*openssl pkey -in /);
  });

  test('a certificate that is none, and one that is damaged, are told apart', async (t) => {
    const none = await refusal(t, ({ files }) => writeFileSync(files.certificate, 'hello'));
    assert.equal(none, 'fullchain.pem holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)');
    const damaged = await refusal(t, ({ files }) =>
      writeFileSync(files.certificate, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    );
    assert.match(damaged, /^fullchain\.pem holds a certificate that cannot be read: /);
  });

  test('an authority that cannot be read stops it too', async (t) => {
    const message = await refusal(t, ({ path, files }) => {
      files.authorities.push(join(path, 'carriers.pem'));
    });
    assert.equal(message, 'carriers.pem does not exist');
  });
});

describe('a certificate that is renewed', () => {
  const swaps: readonly (readonly [how: string, swap: (path: string, file: string, text: string) => void])[] =
    [
      ['written in place', (_path, file, text) => writeFileSync(file, text)],
      [
        'renamed over',
        (path, file, text) => {
          writeFileSync(join(path, 'new'), text);
          renameSync(join(path, 'new'), file);
        },
      ],
      [
        'swapped by a symbolic link',
        (path, file, text) => {
          const target = join(path, `archive-${text.length}-${file.endsWith('privkey.pem')}`);
          writeFileSync(target, text);
          symlinkSync(target, join(path, 'link'));
          renameSync(join(path, 'link'), file);
        },
      ],
    ];
  for (const [how, swap] of swaps) {
    test(`is seen when it was ${how}`, TIMEOUT, async (t) => {
      const { path, files, log, certificates } = await opened(t, await authority.issue({ names: [NAME] }), 5);
      const told: string[] = [];
      certificates.onChange((material) => told.push(material.certificate));
      const next = await authority.issue({ names: [NAME, 'new.example.net'] });
      swap(path, files.certificate, next.certificate);
      swap(path, files.key, next.key);
      const line = await log.until('info', /was loaded/);
      assert.match(String(line.facts?.['names']), /new\.example\.net/);
      assert.deepEqual(told, [next.certificate]);
      assert.equal(certificates.current.key, next.key);
    });
  }

  test(
    'without its key is refused once, and the one before stays until both are there',
    TIMEOUT,
    async (t) => {
      const first = await authority.issue({ names: [NAME] });
      const { files, log, certificates } = await opened(t, first, 5);
      const next = await authority.issue({ names: [NAME] });
      writeFileSync(files.certificate, next.certificate);
      const refused = await log.until('error', /refused; the one before stays in use/);
      assert.match(String(refused.facts?.['reason']), /is not the key of the first certificate/);
      assert.equal(certificates.current.certificate, first.certificate);
      writeFileSync(files.key, next.key);
      await log.until('info', /was loaded/);
      assert.equal(certificates.current.certificate, next.certificate);
      assert.equal(log.lines.filter(({ level }) => level === 'error').length, 1);
    },
  );

  test('is refused where it has expired and the one before has not', async (t) => {
    const { put, log, certificates } = await opened(t, await authority.issue({ names: [NAME] }));
    const validTo = Date.now() - DAY_MS;
    put(await authority.issue({ names: [NAME], validFrom: validTo - DAY_MS, validTo }));
    await certificates.reload();
    assert.match(String((await log.until('error', /refused/)).facts?.['reason']), /expired on 20/);
  });

  test('a reload that is asked for says so when nothing has changed', async (t) => {
    const { log, certificates } = await opened(t, await authority.issue({ names: [NAME] }));
    await certificates.reload();
    assert.deepEqual(
      log.lines.map(({ text }) => text),
      ['the certificate has not changed'],
    );
  });
});

describe('the end of a certificate', () => {
  test('is warned of from 21 days before, once a day, and is an error when it has come', async (t) => {
    const issued = await authority.issue({ names: [NAME], validTo: Date.now() + 30 * DAY_MS });
    const { log, time, certificates } = await opened(t, issued);
    const start = time.now;
    const said = async (days: number) => {
      const before = log.lines.length;
      time.now = start + days * DAY_MS;
      await certificates.reload();
      return log.lines.slice(before).filter(({ level }) => level !== 'info');
    };
    assert.deepEqual(await said(8), []);
    const [warning] = await said(9.5);
    assert.equal(warning?.level, 'warn');
    assert.equal(warning?.text, 'the certificate expires in 20 days; renew it');
    assert.deepEqual(await said(10.4), []);
    assert.equal((await said(10.6)).length, 1);
    const [error] = await said(31);
    assert.equal(error?.level, 'error');
    assert.match(error?.text ?? '', /^the certificate has expired/);
  });

  test('does not stop a start, for the other transports must not suffer', async (t) => {
    const validTo = Date.now() - DAY_MS;
    const { log } = await opened(
      t,
      await authority.issue({ names: [NAME], validFrom: validTo - DAY_MS, validTo }),
    );
    assert.match(log.lines[0]?.text ?? '', /^the certificate has expired/);
  });
});

describe('a certificate of our own making', () => {
  test('speaks for its names and addresses, and is good for a node', async (t) => {
    const now = Date.now();
    const issued = await createSelfSigned({
      names: [NAME, '127.0.0.1', '::1'],
      validFrom: now,
      validTo: now + 365 * DAY_MS,
      serialNumber: '1f',
    });
    const { files } = await opened(t, issued);
    const facts = await readFacts(files.certificate);
    assert(facts.ok);
    assert.deepEqual(certificateDomains(facts.value.names), [NAME, '127.0.0.1', '0:0:0:0:0:0:0:1']);
    assert.equal(facts.value.subject, `CN=${NAME}`);
    assert.match(facts.value.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });
});

describe('writing a pair', () => {
  const pair = { certificate: 'certificate\n', key: 'key\n' };

  test('keeps the key from others, and replaces nothing unasked', async (t) => {
    const folder = join(mkdtempSync(join(tmpdir(), 'ringthrough-tls-')), 'tls');
    t.after(() => rmSync(folder, { recursive: true }));
    const paths = await writePair(folder, pair, { force: false });
    assert.equal(statSync(paths.key).mode & 0o777, 0o600);
    assert.equal(readFileSync(paths.certificate, 'utf8'), pair.certificate);
    await assert.rejects(writePair(folder, pair, { force: false }), { code: 'CONFLICT', message: /--force/ });
    await chmod(paths.key, 0o644);
    await writePair(folder, { ...pair, key: 'new\n' }, { force: true });
    assert.equal(readFileSync(paths.key, 'utf8'), 'new\n');
    assert.equal(statSync(paths.key).mode & 0o777, 0o600);
  });
});
