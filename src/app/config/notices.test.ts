// How people are told: what the `mail` and `sms` sections mean, and that no secret goes where anybody can read it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

const context = { file: 'my.yaml', folder: '/etc', readSecret: () => 'from-a-file\n' };
const parse = (yaml: string) => parseConfig(yaml, context);

function mistake(yaml: string): string {
  try {
    parse(yaml);
  } catch (error) {
    assert(error instanceof RingthroughError);
    return error.message;
  }
  return assert.fail('the configuration was taken');
}

describe('mail', () => {
  test('with a password goes over TLS, by the port or by STARTTLS', () => {
    const { mail } = parse('mail: { from: a@b.example, server: smtp.b.example, user: u, passwordFile: p }');
    assert.deepEqual([mail?.port, mail?.tls, mail?.credentials?.password], [587, 'required', 'from-a-file']);
    const implicit = parse('mail: { from: a@b.example, server: "smtp.b.example:465" }').mail;
    assert.equal(implicit?.tls, 'implicit');
  });

  test('may not send a password where anybody in between reads it', () => {
    const yaml = 'mail: { from: a@b.example, server: smtp.b.example, user: u, password: p, tls: off }';
    assert.match(mistake(yaml.replace('off', '"off"')), /mail\.tls: must be required or implicit/);
  });
});

describe('text messages', () => {
  test('need what their carrier needs, and https beyond this machine', () => {
    assert.match(
      mistake('sms: { provider: twilio, from: "+442079460000", token: t }'),
      /sms\.user: is missing/,
    );
    const plain = 'sms: { provider: generic, from: "+442079460000", token: t, url: "http://sms.example/" }';
    assert.match(mistake(plain), /sms\.url: expected an https address/);
    assert.equal(parse(plain.replace('sms.example', '127.0.0.1')).sms?.provider, 'generic');
  });
});
