import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cli } from '../../../test/surfaces/cli.ts';
import { NOW } from '../../../test/surfaces/example-admin.ts';
import { RingthroughError } from '../../base/errors.ts';
import { DAY_MS } from '../../base/time.ts';
import type { CertificateFacts } from '../../ports/certificates.ts';
import type { CertificateTools } from '../context.ts';

const FACTS: CertificateFacts = {
  name: 'tls/certificate.pem',
  names: 'DNS:voice.example.net, URI:sip:voice.example.net',
  subject: 'CN=voice.example.net',
  issuer: 'CN=voice.example.net',
  fingerprint: 'AA:BB',
  validFrom: NOW,
  validTo: NOW + 90 * DAY_MS,
};

function withTools(tools: Partial<CertificateTools> = {}) {
  const asked: Parameters<CertificateTools['make']>[0][] = [];
  const paths = { certificate: 'tls/certificate.pem', key: 'tls/key.pem' };
  const certificates: CertificateTools = {
    make: async (wanted) => {
      asked.push(wanted);
      return { paths, facts: FACTS };
    },
    read: async () => FACTS,
    ...tools,
  };
  return { ...cli({ certificates }), asked };
}

describe('ringthrough certificate', () => {
  test('create says what it made, and what to write into the configuration', async () => {
    const { run, asked } = withTools();
    const { code, out } = await run('certificate', 'create', '--name', 'voice.example.net', '--days', '30');
    assert.equal(code, 0);
    assert.match(out, /^speaks for {2}voice\.example\.net$/m);
    assert.match(out, /^tls: \{ certificate: tls\/certificate\.pem, key: tls\/key\.pem \}$/m);
    assert.deepEqual(asked, [
      { names: ['voice.example.net'], folder: './tls', days: 30, force: false, now: NOW },
    ]);
  });

  test('create is told how long in days', async () => {
    const { run, asked } = withTools();
    const { code, err } = await run('certificate', 'create', '--days', 'forever');
    assert.equal(code, 64);
    assert.match(err, /--days must be a whole number from 1 to 3650/);
    assert.deepEqual(asked, []);
  });

  test('show tells names, expiry and fingerprint', async () => {
    const { out } = await withTools().run('certificate', 'show', 'tls/certificate.pem');
    assert.match(out, /^issuer {6}itself \(self-signed\)$/m);
    assert.match(out, /^valid to .*\(in 90 d\)$/m);
    assert.match(out, /^SHA-256 {5}AA:BB$/m);
  });

  test('show gives programs JSON', async () => {
    const { out } = await withTools().run('certificate', 'show', 'tls/certificate.pem', '--json');
    const view = JSON.parse(out);
    assert.deepEqual(view.domains, ['voice.example.net']);
    assert.equal(view.validTo, new Date(FACTS.validTo).toISOString());
  });

  test('show says in one line what is wrong with a file', async () => {
    const read = () => Promise.reject(new RingthroughError('CERTIFICATE_INVALID', 'x.pem does not exist'));
    const { code, err } = await withTools({ read }).run('certificate', 'show', 'x.pem');
    assert.deepEqual([code, err], [78, 'ringthrough: x.pem does not exist\n']);
  });
});
