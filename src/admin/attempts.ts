// What the store has of the past, as it is asked for: attempts to reach numbers, and messages that were left.

import { LIMITS } from '../base/limits.ts';
import type { VoicemailMessage } from '../ports/records.ts';
import type { LedgerPage, Store } from '../ports/store.ts';
import type { Directory } from '../routing/directory.ts';
import { accountIn, mustFit } from './demands.ts';
import { readNumber } from './provisioning/number.ts';
import type { LedgerRequest } from './views.ts';

export const PAGE_DEFAULT = 50;

/** A number may be asked for as people write it. */
export async function attempts(
  { called, limit = PAGE_DEFAULT, ...rest }: LedgerRequest,
  { store, directory, country }: { store: Store; directory: Directory; country: string },
): Promise<LedgerPage> {
  mustFit(limit, LIMITS.ledgerPageMax);
  if (called === undefined) return store.ledger({ ...rest, limit });
  const number = directory.phone(called) === undefined ? readNumber(called, country) : undefined;
  return store.ledger({ ...rest, limit, called: number?.ok ? number.value : called });
}

/** Messages of one account, or of all; of one mailbox, or of all. */
export async function messagesOf(
  { account, mailbox }: { readonly account: string | undefined; readonly mailbox: string | undefined },
  { store, directory }: { store: Store; directory: Directory },
): Promise<readonly VoicemailMessage[]> {
  if (account !== undefined) accountIn(directory, account);
  const messages = await store.messages();
  return messages.filter((one) => {
    return one.account === (account ?? one.account) && one.mailbox === (mailbox ?? one.mailbox);
  });
}
