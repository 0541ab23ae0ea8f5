// Ed25519 by node:crypto. The node's own key is a file in its data folder that only its owner can read; others know the
// public half of it, 32 bytes as base64url, from their configuration.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { utf8 } from '../../base/bytes.ts';
import { messageOf, RingthroughError } from '../../base/errors.ts';
import type { Signing, Verifying } from '../../ports/signing.ts';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

export const nodeVerifying: Verifying = {
  verify(publicKey, text, signature) {
    const key = Buffer.from(publicKey, 'base64url');
    const bytes = Buffer.from(signature, 'base64url');
    if (key.length !== KEY_BYTES || bytes.length !== SIGNATURE_BYTES) return false;
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
    return verify(null, utf8(text), createPublicKey({ key: jwk, format: 'jwk' }), bytes);
  },
};

/** With the key in `file`, which is made with mode 0600 where there is none. Throws DATA_FOLDER or KEY_INVALID. */
export async function openSigning(file: string): Promise<Signing> {
  const key = readable(await kept(file), file);
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return {
    ...nodeVerifying,
    publicKey: x,
    sign: (text) => sign(null, utf8(text), key).toString('base64url'),
  };
}

async function kept(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8').catch((cause) => {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return made(file);
      throw cause;
    });
  } catch (cause) {
    const reason = messageOf(cause);
    throw new RingthroughError('DATA_FOLDER', `the watcher's key ${file} cannot be kept: ${reason}`, {
      cause,
    });
  }
}

/** `wx`: never into a file, or through a link, that somebody else has put there. */
async function made(file: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(pem);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return pem;
}

function readable(pem: string, file: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is of type ${key.asymmetricKeyType}`);
  } catch (cause) {
    const remedy = 'delete it, and the next start makes a new one, which others must be told';
    throw new RingthroughError('KEY_INVALID', `the watcher's key ${file} is damaged; ${remedy}`, { cause });
  }
}
