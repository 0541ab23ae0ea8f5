// Programs that are made to scan: by what they say of themselves, before anybody parses it.
//
//     User-Agent: friendly-scanner            sipvicious as it comes
//     From: "sipvicious"<sip:100@1.1.1.1>…    the same, with another User-Agent
//
// A name is no proof: anybody can write it, and forge the address besides. So it costs a message its answer, and
// nothing else where the source may be forged. Names that real phones bear too (VaxSIPUserAgent is a library that
// softphones are made with) are not among them: their owners would never get in.

import { LIMITS } from '../../base/limits.ts';

const NAMES = [
  'friendly-scanner',
  'friendly-request',
  'sipvicious',
  'sundayddr',
  'sip-scan',
  'sipscan',
  'pplsip',
  'sipcli',
  'iwar',
  'smap',
  'siparmyknife',
  'sipptk',
  'gulp',
];
/** A whole word of the product or the display name, in the two headers that tools sign. */
const SIGNED = new RegExp(
  `\\n(?:user-agent[ \\t]*:[ \\t]*|(?:from|f)[ \\t]*:[ \\t]*"?)(${NAMES.join('|')})(?![a-z0-9])`,
  'i',
);

/** The tool that the message says it comes from. */
export function toolOf(bytes: Uint8Array): string | undefined {
  // One character for each byte, so that what is no UTF-8 neither costs nor throws.
  const head = LATIN1.decode(bytes.subarray(0, LIMITS.toolNameWithinBytes));
  return SIGNED.exec(head)?.[1]?.toLowerCase();
}

const LATIN1 = new TextDecoder('latin1');
