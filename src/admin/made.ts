// What is made up where nobody has given it: passwords of phones and the IDs by which accounts are named on the
// telephone. Both are told once they are made; the password never again.

import type { Random } from '../ports/random.ts';

/** Without those that are mistaken for one another when a phone is set up by hand. 16 of them are 80 bits. */
const PASSWORD_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const PASSWORD_LENGTH = 16;
const CONTROL_ID_LENGTH = 6;

export function newPassword(random: Random): string {
  const bytes = random.bytes(PASSWORD_LENGTH);
  return Array.from(bytes, (byte) => PASSWORD_LETTERS[byte % PASSWORD_LETTERS.length]).join('');
}

/** It is a name and no secret, so that some digits are a little likelier does no harm. */
export function newControlId(random: Random): string {
  return Array.from(random.bytes(CONTROL_ID_LENGTH), (byte) => byte % 10).join('');
}
