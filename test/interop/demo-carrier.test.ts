// The demo carrier by itself, called by phones and carriers that we did not write.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ear } from './ear.ts';
import { Baresip } from './peers/baresip.ts';
import { DemoCarrier, startProgram } from './peers/demo-carrier.ts';
import { Sipp } from './peers/sipp.ts';
import { createRig, HOST } from './rig.ts';

const PROVIDER_PREFIX = '+44207946';
const KEYS = { called: '+442079460000', caller: '+447700900123' };

describe('the demo carrier', () => {
  test('answers a mobile with its tone, hears the caller, and ends when he hangs up', async (t) => {
    const rig = createRig(t);
    const carrier = await DemoCarrier.start(rig);
    for (const codec of ['PCMU', 'PCMA'] as const) {
      const phone = await Baresip.start(rig, {
        user: codec.toLowerCase(),
        toneHz: 700,
        answer: 'manual',
        codec,
      });
      phone.dial(`sip:+447700900123@127.0.0.1:${carrier.port}`);
      await phone.event('CALL_RINGING');
      await phone.event('CALL_ESTABLISHED');
      await phone.heard(440);
      phone.command('hangup');
      await carrier.child.line(
        new RegExp(`${codec.toLowerCase()} → \\+447700900123: .*heard audio .*ended by the caller`),
        5_000,
      );
    }
  });

  test('is silent to a caller who holds, and speaks again when he resumes', async (t) => {
    const rig = createRig(t);
    const carrier = await DemoCarrier.start(rig);
    const ear = await Ear.open(rig, HOST);
    const keys = { called: '+447700900123', caller: '+442079460000', ear: String(ear.port) };
    const caller = await Sipp.start(rig, { scenario: 'holding-caller', target: carrier, keys });

    await caller.succeeded();
    const { ms, before, after } = ear.longestPause();
    assert.ok(
      ms > 400 && before > 5 && after > 5,
      `${before} packets, a pause of ${ms} ms, ${after} packets`,
    );
  });

  test('presents a call to the provider of its number as a new one, and hands both sides on', async (t) => {
    const rig = createRig(t);
    const provider = await Sipp.start(rig, { scenario: 'answerer', calls: 3 });
    const carrier = await DemoCarrier.start(rig, { routes: { [PROVIDER_PREFIX]: provider } });
    const caller = await Sipp.start(rig, { scenario: 'caller', calls: 3, target: carrier, keys: KEYS });

    assert.deepEqual(await caller.succeeded(), { successful: 3, failed: 0, retransmissions: 0 });
    await provider.succeeded();
    await carrier.child.line(/\+447700900123 → \+442079460000: answered, .* ended by the caller/, 5_000);
  });

  test('passes audio through from end to end', async (t) => {
    const rig = createRig(t);
    const bob = await Baresip.start(rig, { user: '+442079460000', toneHz: 1_900, answer: 'auto' });
    const port = Number(bob.address.split(':')[1]);
    const carrier = await DemoCarrier.start(rig, { routes: { [PROVIDER_PREFIX]: { port } } });
    const alice = await Baresip.start(rig, { user: 'alice', toneHz: 700, answer: 'manual' });

    alice.dial(`sip:+442079460000@127.0.0.1:${carrier.port}`);
    await Promise.all([alice.heard(1_900), bob.heard(700)]);
    bob.command('hangup');
    await alice.event('CALL_CLOSED');
  });

  test('hands the caller’s CANCEL on', async (t) => {
    const rig = createRig(t);
    const bob = await Baresip.start(rig, { user: '+442079460000', toneHz: 1_900, answer: 'manual' });
    const port = Number(bob.address.split(':')[1]);
    const carrier = await DemoCarrier.start(rig, { routes: { [PROVIDER_PREFIX]: { port } } });
    const alice = await Baresip.start(rig, { user: 'alice', toneHz: 700, answer: 'manual' });

    alice.dial(`sip:+442079460000@127.0.0.1:${carrier.port}`);
    await bob.event('CALL_INCOMING');
    await alice.event('CALL_RINGING');
    alice.command('hangup');
    await bob.event('CALL_CLOSED');
    await carrier.child.line(/answered 487: cancelled by the caller/, 5_000);
  });

  test('hands a refusal back', async (t) => {
    const rig = createRig(t);
    const bob = await Baresip.start(rig, { user: '+442079460000', toneHz: 1_900, answer: 'manual' });
    const port = Number(bob.address.split(':')[1]);
    const carrier = await DemoCarrier.start(rig, { routes: { [PROVIDER_PREFIX]: { port } } });
    const alice = await Baresip.start(rig, { user: 'alice', toneHz: 700, answer: 'manual' });

    alice.dial(`sip:+442079460000@127.0.0.1:${carrier.port}`);
    await bob.event('CALL_INCOMING');
    bob.command('hangup');
    assert.match((await alice.event('CALL_CLOSED')).param ?? '', /486|Busy|Reject/i);
  });

  test('knows no other numbers', async (t) => {
    const rig = createRig(t);
    const carrier = await DemoCarrier.start(rig);
    const phone = await Baresip.start(rig, { user: 'alice', toneHz: 700, answer: 'manual' });
    phone.dial(`sip:+441632960000@127.0.0.1:${carrier.port}`);
    assert.match((await phone.event('CALL_CLOSED')).param ?? '', /404/);
  });

  test('ends its calls with BYE on SIGTERM', async (t) => {
    const rig = createRig(t);
    const carrier = await DemoCarrier.start(rig);
    const phone = await Baresip.start(rig, { user: 'alice', toneHz: 700, answer: 'manual' });
    phone.dial(`sip:+447700900123@127.0.0.1:${carrier.port}`);
    await phone.event('CALL_ESTABLISHED');
    carrier.child.signal('SIGTERM');
    await phone.event('CALL_CLOSED');
    assert.deepEqual(await carrier.child.end(5_000), { code: 0, signal: null });
  });

  test('says in one line that its port is taken, and fails', async (t) => {
    const rig = createRig(t);
    const carrier = await DemoCarrier.start(rig);
    const second = startProgram(rig, ['--listen', `udp:127.0.0.1:${carrier.port}`]);
    assert.equal((await second.end(5_000)).code, 69);
    assert.match(
      second.output,
      /^demo carrier: udp 127\.0\.0\.1:\d+ is in use by another program; .*--listen$/,
    );
  });

  test('refuses to be pointed at anything but loopback', async (t) => {
    const rig = createRig(t);
    for (const parameters of [
      ['--listen', 'udp:0.0.0.0:5070'],
      ['--listen', 'udp:192.0.2.1:5070'],
      ['--provider', '203.0.113.7:5060', '--route', '+44207946'],
      ['--route', '+44207946=carrier.example:5060'],
      ['--route', '+44207946=[2001:db8::1]:5060'],
    ]) {
      const program = startProgram(rig, parameters);
      assert.equal((await program.end(5_000)).code, 64, parameters.join(' '));
      assert.match(program.output, /^demo carrier: --\w+ .*$/);
    }
  });

  test('ends with the program that started it, when told to', async (t) => {
    const rig = createRig(t);
    // Its standard input is at its end already, as a dead parent's pipe would be.
    const program = startProgram(rig, ['--listen', 'udp:127.0.0.1:0', '--with-parent']);
    assert.equal((await program.end(5_000)).code, 0);
  });
});
