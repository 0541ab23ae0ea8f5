// Which mailbox takes a call for a number that may not be sent on, because it would cost more than the account wants to
// pay: the one that the number's own plan ends in, else one that it leads to otherwise, else the account's first.

import type { Account, Divert, NumberRecord } from '../ports/records.ts';

/** `undefined`: the account has none. */
export function mailboxInstead(
  { plan, divert, forwards = {} }: NumberRecord,
  { mailboxes = [] }: Pick<Account, 'mailboxes'>,
): string | undefined {
  const named = [
    ...plan.steps.map((step) => (step.type === 'voicemail' ? step.mailbox : undefined)),
    ...[divert, forwards.noAnswer, forwards.busy, forwards.unreachable].map(mailboxOf),
  ];
  const there = new Set(mailboxes.map(({ name }) => name));
  return named.find((name) => name !== undefined && there.has(name)) ?? mailboxes[0]?.name;
}

function mailboxOf(divert: Divert | undefined): string | undefined {
  return typeof divert?.to === 'object' ? divert.to.mailbox : undefined;
}
