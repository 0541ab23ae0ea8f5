// TLS with programs that we did not write: baresip, and sipp with socat before it. Debian's sipp speaks no TLS by
// itself; socat does it by OpenSSL, verifies the node's certificate, and has one of its own.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { authorityIn, type Trust, writeIssued } from './certificates.ts';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { Sipp } from './peers/sipp.ts';
import { tlsBefore, tlsTowards } from './peers/socat.ts';
import { CARRIER_HOST, createRig, HOST, type Rig } from './rig.ts';

const CARRIER = 'sip.carrier.example';
const PROVISIONING = account(['reception', 'workshop'], ['{ ring: [reception], for: 20s }']);

/** A node whose certificate an authority of the test's own has signed. */
async function secured(rig: Rig, trust?: Trust, trunks: readonly string[] = []) {
  const { authority, ca } = trust ?? (await authorityIn(rig.folder));
  const files = writeIssued(rig.folder, await authority.issue({ names: [HOST] }));
  const tls = { ...files, ca };
  const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING, tls, trunks });
  return { authority, ca, files, node };
}

describe('phones over TLS', () => {
  test('baresip registers, calls and is called', async (t) => {
    const rig = createRig(t);
    const { node } = await secured(rig);
    const phones = [];
    for (const [user, toneHz, answer] of [
      ['reception', 700, 'manual'],
      ['workshop', 1_900, 'auto'],
    ] as const) {
      const registrar = node.secureRegistrar;
      phones.push(await Baresip.start(rig, { user, toneHz, answer, registrar, transport: 'tls' }));
    }
    const [reception, workshop] = phones;
    assert.ok(reception && workshop);
    reception.dial('workshop');
    await Promise.all([reception.heard(1_900), workshop.heard(700)]);
    workshop.command('hangup');
    await reception.event('CALL_CLOSED');
    assert.equal((await node.attempt('workshop')).answeredBy, 'workshop');
  });

  test('a new certificate drops no connection: the call goes on, and is ended over it', async (t) => {
    const rig = createRig(t);
    const { authority, files, node } = await secured(rig);
    const registrar = node.secureRegistrar;
    const options = { registrar, transport: 'tls' } as const;
    const reception = await Baresip.start(rig, {
      user: 'reception',
      toneHz: 700,
      answer: 'auto',
      ...options,
    });
    const workshop = await Baresip.start(rig, {
      user: 'workshop',
      toneHz: 1_900,
      answer: 'auto',
      ...options,
    });
    reception.dial('workshop');
    await reception.heard(1_900);
    const renewed = await authority.issue({ names: [HOST, 'renewed.example'] });
    writeFileSync(files.certificate, renewed.certificate);
    writeFileSync(files.key, renewed.key);
    node.reload();
    await node.says(/renewed\.example.*was loaded/);
    reception.command('hangup');
    await workshop.event('CALL_CLOSED');
    assert.equal((await node.attempt('workshop')).outcome, 'answered');
  });

  test('sipp registers, with OpenSSL between', async (t) => {
    const rig = createRig(t);
    const { authority, ca, node } = await secured(rig);
    const own = await authority.issue({ names: ['phone.example'] });
    const registration = await Sipp.start(rig, {
      scenario: 'register',
      transport: 'tcp',
      target: await tlsTowards(rig, node.secureRegistrar, own, ca),
      credentials: { user: 'workshop', password: node.registrar.password },
      keys: { user: 'workshop' },
    });
    await registration.succeeded();
  });
});

describe('carriers over mutual TLS', () => {
  function trunk(port: number, certificateDomain: string, order = 1): string {
    const name = certificateDomain.replaceAll('.', '-');
    return (
      `{ name: ${name}, address: "${CARRIER_HOST}:${port}", transport: tls, outbound: true, order: ${order}, ` +
      `tls: { certificateDomain: ${certificateDomain} } }`
    );
  }

  /** sipp behind socat, which takes only callers with a certificate that the authority signed. */
  async function carrier(rig: Rig, { authority, ca }: Trust, name: string) {
    const sipp = await Sipp.start(rig, { scenario: 'answerer', transport: 'tcp', rtpEcho: true });
    const front = await tlsBefore(rig, CARRIER_HOST, sipp, await authority.issue({ names: [name] }), ca);
    return { sipp, port: front.port };
  }

  test('a call goes out to the one whose certificate is right, past the one whose is not', async (t) => {
    const rig = createRig(t);
    const trust = await authorityIn(rig.folder);
    const [wrong, right] = [await carrier(rig, trust, 'other.example'), await carrier(rig, trust, CARRIER)];
    const trunks = [trunk(wrong.port, 'sip.first.example'), trunk(right.port, CARRIER, 2)];
    const { node } = await secured(rig, trust, trunks);
    const phone = await Baresip.start(rig, {
      user: 'reception',
      toneHz: 700,
      answer: 'manual',
      codec: 'PCMA',
      registrar: node.secureRegistrar,
      transport: 'tls',
    });
    phone.dial(MOBILE);
    await phone.heard(700);
    phone.command('hangup');
    await right.sipp.succeeded();
    const trouble = await node.trunkTrouble('sip-first-example');
    assert.match(trouble, /the certificate of .* speaks for other\.example, not for sip\.first\.example/);
  });

  test('a call comes in by certificate alone, and without one it is asked for a password', async (t) => {
    const rig = createRig(t);
    const trust = await authorityIn(rig.folder);
    const { authority, ca, node } = await secured(rig, trust, [trunk(9, CARRIER)]);
    const phone = await Baresip.start(rig, {
      user: 'reception',
      toneHz: 700,
      answer: 'auto',
      codec: 'PCMA',
      registrar: node.secureRegistrar,
      transport: 'tls',
    });
    const keys = { called: NUMBER, caller: MOBILE };
    const call = async (name: string) => {
      const target = await tlsTowards(
        rig,
        node.secureRegistrar,
        await authority.issue({ names: [name] }),
        ca,
      );
      return Sipp.start(rig, { scenario: 'caller', transport: 'tcp', target, keys });
    };
    const stranger = await call('stranger.example');
    await assert.rejects(stranger.succeeded(), /401/);
    const caller = await call(CARRIER);
    await caller.succeeded();
    await phone.event('CALL_ESTABLISHED');
    assert.equal((await node.attempt(NUMBER)).outcome, 'answered');
  });
});
