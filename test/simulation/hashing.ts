// The hash functions of the simulated world: real ones, since both ends of digest have to agree.

import { createHmac, hash } from 'node:crypto';
import type { Hashing } from '../../src/ports/hashing.ts';

export const hashing: Hashing = {
  md5Hex: (text) => hash('md5', text),
  sha256Hex: (text) => hash('sha256', text),
  hmacSha256Hex: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
};
