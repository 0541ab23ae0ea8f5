// Hash functions by node:crypto (OpenSSL). MD5 is here because phones still need it (RFC 8760 §2.6); the
// digest code offers SHA-256 first.

import { createHmac, hash } from 'node:crypto';
import type { Hashing } from '../../ports/hashing.ts';

export const nodeHashing: Hashing = {
  md5Hex: (text) => hash('md5', text),
  sha256Hex: (text) => hash('sha256', text),
  hmacSha256Hex: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
};
