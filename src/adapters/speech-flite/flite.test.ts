import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import { Flite } from './flite.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringthrough-flite-'));
});
after(() => rm(folder, { recursive: true }));

/** A program that stands for flite: its arguments are `-voice … -f - -o <file>`. */
async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

describe('a text', () => {
  test('reaches the program on its standard input, no shell in between, in letters that it knows', async () => {
    const echo = await program('echo', 'for last; do :; done; cat > "$last"');
    const spoken = await new Flite({ program: echo }).speak('“Café” – $(touch x); `id` & it’s open');
    assert.equal(Buffer.from(spoken).toString(), '"Cafe" ,  $(touch x); `id` & it\'s open\n');
  });

  test('is not spoken where the program is missing, and the package is named', async () => {
    await assert.rejects(new Flite({ program: join(folder, 'nowhere') }).speak('Hello'), {
      code: 'SPEECH_UNAVAILABLE',
      message: /is not installed: .*apt-get install flite/,
    });
  });

  test('that fails tells what the program said', async () => {
    const failing = await program('failing', 'echo "no such voice" >&2; exit 3');
    await assert.rejects(new Flite({ program: failing }).speak('Hello'), {
      code: 'SPEECH_UNAVAILABLE',
      message: /failed with 3: no such voice/,
    });
    const silent = await program('silent', 'exit 0');
    await assert.rejects(new Flite({ program: silent }).speak('Hello'), { message: /spoke nothing/ });
  });

  test('that takes too long is given up, and its program is gone', async () => {
    const hanging = await program('hanging', 'exec tail -f /dev/null');
    await assert.rejects(new Flite({ program: hanging, timeoutMs: 200 }).speak('Hello'), {
      code: 'LIMIT_REACHED',
    });
  });

  test('waits for those before it, and is refused where too many do', async () => {
    const echo = await program('one', 'for last; do :; done; cat > "$last"');
    const flite = new Flite({ program: echo });
    const spoken = Array.from({ length: LIMITS.speechesMax }, (_, index) => flite.speak(`${index}`));
    await assert.rejects(flite.speak('one more'), { code: 'LIMIT_REACHED' });
    assert.deepEqual(
      (await Promise.all(spoken)).map((bytes) => Buffer.from(bytes).toString()),
      spoken.map((_, index) => `${index}\n`),
    );
    assert.deepEqual(
      (await readdir(tmpdir())).filter((name) => name.startsWith('ringthrough-speech-')),
      [],
    );
  });
});
