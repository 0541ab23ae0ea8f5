import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FILE, NUMBER, Stage } from '../../test/admin-stage.ts';
import { present } from '../base/assert.ts';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { VoicemailMessage } from '../ports/records.ts';
import { decodeG711, encodeG711 } from '../rtp/g711.ts';
import { sineSamples } from '../rtp/tone.ts';
import { readWav, writeWav } from '../rtp/wav.ts';

const TONE = sineSamples({ frequencyHz: 600, sampleRate: 8_000, count: 20_000, amplitude: 0.1 });
const SAMPLES = encodeG711('PCMA', TONE);
const WAV = writeWav({ codec: 'PCMA', samples: SAMPLES });
const MAILBOX_FILE = FILE.replace('    phones:', '    mailboxes: [{ name: reception }]\n    phones:');

async function stageWithMailbox(file = MAILBOX_FILE): Promise<Stage> {
  const stage = new Stage();
  await stage.admin.provision(file, { dryRun: false });
  return stage;
}

async function audited(stage: Stage): Promise<readonly string[]> {
  const { entries } = await stage.store.audit({ limit: 100 });
  return entries.map(({ who, how, what }) => `${who} ${how}: ${what}`);
}

describe('a sound of an account', () => {
  test('is uploaded, listed, listened to and removed, each change in the audit', async () => {
    const stage = await stageWithMailbox();
    const { sounds } = stage.admin;
    const view = await sounds.set('acme', 'welcome', WAV, 'cli');
    assert.deepEqual(view, { account: 'acme', name: 'welcome', lengthMs: 2_500 });
    assert.deepEqual(await sounds.list('acme'), [view]);
    assert.deepEqual((await stage.admin.account('acme')).sounds, [{ name: 'welcome', lengthMs: 2_500 }]);
    assert.deepEqual(await sounds.get('acme', 'welcome'), WAV);
    await sounds.remove('acme', 'welcome', 'cli');
    assert.deepEqual(await stage.recordings.list(), []);
    await assert.rejects(sounds.get('acme', 'welcome'), { code: 'NOT_FOUND' });
    assert.ok((await audited(stage)).includes('cli cli: sound welcome added: 3 s, from a file'));
    assert.ok((await audited(stage)).includes('cli cli: sound welcome removed'));
  });

  test('that is spoken is as loud as prompts are, with silence around it, and keeps its words', async () => {
    const stage = await stageWithMailbox();
    stage.speech.speak = async (text) => {
      assert.equal(text, 'Welcome to Acme.');
      return WAV;
    };
    const view = await stage.admin.sounds.set('acme', 'welcome', { text: 'Welcome to Acme.' }, 'api');
    assert.deepEqual(view, { account: 'acme', name: 'welcome', lengthMs: 3_400, text: 'Welcome to Acme.' });
    const [recorded] = stage.recordings.kept.values();
    const linear = decodeG711('PCMA', present(recorded, 'what was kept').samples);
    const peak = linear.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    assert.ok(peak > 12_000 && peak < 17_000, `peaks at ${peak}`);
    const quiet = [linear.subarray(0, 3_200), linear.subarray(-4_000)];
    assert.ok(quiet.every((part) => part.every((sample) => Math.abs(sample) < 20)));
  });

  test('takes the place of one of the same name, whose recording goes', async () => {
    const stage = await stageWithMailbox();
    await stage.admin.sounds.set('acme', 'welcome', WAV, 'api');
    const before = await stage.recordings.list();
    await stage.admin.sounds.set('acme', 'welcome', WAV, 'api');
    const after = await stage.recordings.list();
    assert.equal(after.length, 1);
    assert.notDeepEqual(after, before);
  });

  test('is kept by a provisioning file, and goes with its account', async () => {
    const stage = await stageWithMailbox();
    await stage.admin.sounds.set('acme', 'welcome', WAV, 'api');
    await stage.admin.provision(FILE, { dryRun: false });
    assert.equal((await stage.admin.sounds.list('acme')).length, 1);
    await stage.admin.removeAccount('acme');
    assert.deepEqual(await stage.recordings.list(), []);
  });

  test('may be announced by plans and said by menus, and is not removed meanwhile', async () => {
    const stage = await stageWithMailbox();
    const { admin } = stage;
    await assert.rejects(admin.setPlan(NUMBER, [{ announcement: 'welcome' }]), { code: 'INVALID_INPUT' });
    await admin.sounds.set('acme', 'welcome', WAV, 'api');
    await admin.setPlan(NUMBER, [{ announcement: 'welcome' }]);
    await assert.rejects(admin.sounds.remove('acme', 'welcome', 'api'), {
      code: 'CONFLICT',
      message: `the plan of ${NUMBER} says the sound "welcome"; change that first`,
    });
    const menus =
      '    menus: [{ name: main, greeting: welcome, choices: { 1: [{ ring: reception }] } }]\n    phones:';
    await admin.provision(FILE.replace('    phones:', menus), { dryRun: false });
    await assert.rejects(admin.sounds.remove('acme', 'welcome', 'api'), { message: /^the menu main says/ });
  });

  test('is refused where it is no WAV file, too long or empty, with what to do; nothing is kept then', async () => {
    const stage = await stageWithMailbox();
    const set = (wav: Uint8Array) => stage.admin.sounds.set('acme', 'welcome', wav, 'api');
    const silence = (seconds: number) =>
      writeWav({ codec: 'PCMA', samples: new Uint8Array(seconds * 8_000) });
    for (const [wav, reason] of [
      [new Uint8Array(Buffer.from('ID3 an MP3')), /is not a WAV file/],
      [silence(LIMITS.soundMaxMs / 1_000 + 1), /is longer than 110 s/],
      [silence(0), /has nothing in it/],
      [new Uint8Array(LIMITS.soundFileBytesMax + 1), /is larger than/],
    ] as const) {
      await assert.rejects(set(wav), (error: RingthroughError) => {
        assert.equal(error.code, 'INVALID_INPUT');
        assert.match(error.message, reason);
        return true;
      });
    }
    assert.deepEqual(await stage.recordings.list(), []);
  });

  test('whose row cannot be written leaves no recording', async () => {
    const stage = await stageWithMailbox();
    stage.store.failing = new RingthroughError('STORE_FULL', 'the disk is full');
    await assert.rejects(stage.admin.sounds.set('acme', 'welcome', WAV, 'api'), { code: 'STORE_FULL' });
    assert.deepEqual(await stage.recordings.list(), []);
  });
});

describe('the greeting of a mailbox', () => {
  test('is uploaded, listened to, and the default one put back', async () => {
    const stage = await stageWithMailbox();
    const { sounds } = stage.admin;
    await assert.rejects(sounds.greeting('acme', 'reception'), { code: 'NOT_FOUND' });
    await sounds.setGreeting('acme', 'reception', WAV, 'cli');
    const read = readWav(await sounds.greeting('acme', 'reception'));
    assert.ok(read.ok && read.value.lengthMs === 2_500);
    assert.equal((await stage.admin.account('acme')).mailboxes?.[0]?.ownGreeting, true);
    await sounds.clearGreeting('acme', 'reception', 'cli');
    assert.deepEqual(await stage.recordings.list(), []);
    assert.ok((await audited(stage)).includes('cli cli: the mailbox reception has a new greeting: 3 s'));
    await assert.rejects(sounds.setGreeting('acme', 'nobody', WAV, 'cli'), { code: 'NOT_FOUND' });
  });

  test('goes with its mailbox', async () => {
    const stage = await stageWithMailbox();
    await stage.admin.sounds.setGreeting('acme', 'reception', WAV, 'cli');
    await stage.admin.provision(MAILBOX_FILE.replace('mailboxes: [{ name: reception }]', 'mailboxes: []'), {
      dryRun: false,
    });
    assert.deepEqual(await stage.recordings.list(), []);
  });
});

describe('a message, for an operator', () => {
  const MESSAGE: VoicemailMessage = {
    id: 'message-1',
    account: 'acme',
    mailbox: 'reception',
    called: NUMBER,
    caller: '+442079460999',
    at: 1,
    lengthMs: 2_500,
    recording: 'a'.repeat(32),
  };

  async function withMessage(): Promise<Stage> {
    const stage = await stageWithMailbox(
      MAILBOX_FILE.replace('    phones:', '    contacts: [{ email: owner@example.net }]\n    phones:'),
    );
    await stage.recordings.put(MESSAGE.recording, { codec: 'PCMA', samples: SAMPLES });
    await stage.store.write([{ type: 'message', message: MESSAGE }]);
    return stage;
  }

  test('is listened to only when that stands in the audit', async () => {
    const stage = await withMessage();
    assert.deepEqual(await stage.admin.sounds.message('message-1', 'cli'), WAV);
    const what = 'the message of +442079460999 in the mailbox reception was listened to';
    assert.ok((await audited(stage)).includes(`cli cli: ${what}`));
    stage.store.failing = new RingthroughError('STORE_FULL', 'the disk is full');
    await assert.rejects(stage.admin.sounds.message('message-1', 'cli'), { code: 'STORE_FULL' });
    await assert.rejects(stage.admin.sounds.message('message-2', 'cli'), { code: 'NOT_FOUND' });
  });

  test('is deleted by the node, with its audit and a word to the contacts in the same batch', async () => {
    const stage = await withMessage();
    await stage.admin.sounds.deleteMessage('message-1', 'api');
    const [[id, also] = ['', []]] = stage.node.deleted;
    assert.equal(id, 'message-1');
    assert.deepEqual(
      also.map(({ type }) => type),
      ['audit', 'notice'],
    );
    stage.node.deleteMessage = async () => ({ type: 'refused', why: 'failed' });
    await assert.rejects(stage.admin.sounds.deleteMessage('message-1', 'api'), { code: 'STORE_FAILED' });
  });
});
