// How the node itself is called: the numbers that answer on it, and what phones dial instead.

import type { Findings } from '../../admin/documents/findings.ts';
import { readNumber } from '../../admin/provisioning/number.ts';
import type { ControlSettings } from '../../node/options.ts';
import { asList, type ControlSection, itemPath } from './schema.ts';

const DEFAULTS = { controlCode: '*98', mailboxCode: '*97' } as const;

export function resolveControl(
  section: ControlSection,
  country: string,
  findings: Findings,
): ControlSettings {
  const { numbers: written = [] } = section;
  const { controlCode = DEFAULTS.controlCode, mailboxCode = DEFAULTS.mailboxCode } = section;
  const numbers = asList(written).map((text, index) =>
    findings.take(itemPath(['control', 'numbers'], written, index), readNumber(text, country), ''),
  );
  if (controlCode === mailboxCode) findings.add(['control', 'mailboxCode'], 'is the same as controlCode');
  return { numbers, controlCode, mailboxCode };
}
