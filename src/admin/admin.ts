// The use-cases, shared by every surface. Each change is validated, stored, and only then told to the node;
// changes run one after another, so that two requests cannot interleave and overwrite each other.
//
//   surface ─▶ Admin ─ validate ─▶ Store.write ─ durable ─▶ NodeControl.directoryChanged
//
// All methods throw RingthroughError: INVALID_INPUT or PROVISION_INVALID with `mistakes`, NOT_FOUND, CONFLICT,
// STORE_FULL, STORE_FAILED, and what NodeControl throws.

import type { CallView, NodeControl, NodeHealth, TrunkView } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';
import type { LedgerEntry } from '../ports/records.ts';
import type { LedgerPage, Store } from '../ports/store.ts';
import type { AccountInput, DivertInput, NumberInput, PhoneInput, PlanInput } from './provisioning/schema.ts';
import type {
  AccountView,
  LedgerRequest,
  NewPassword,
  NumberView,
  PhoneDetails,
  ProvisionReport,
  TestCallStep,
} from './views.ts';

export interface AdminOptions {
  readonly store: Store;
  readonly node: NodeControl;
  readonly clock: Clock;
  readonly random: Random;
  readonly hashing: Hashing;
  /** The digest realm, which is the SIP domain. */
  readonly realm: string;
  /** ISO 3166 country in whose national format numbers may be written. */
  readonly country: string;
  /** Names of the prompts that the media relay can play. */
  readonly prompts: readonly string[];
}

export class Admin {
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  accounts(): Promise<readonly AccountView[]> {
    return notYet();
  }

  account(_name: string): Promise<AccountView> {
    return notYet();
  }

  /** Makes the account exactly so, diverts excepted: they stay. Made passwords are told this once. */
  putAccount(_input: AccountInput): Promise<{ account: AccountView; newPasswords: readonly NewPassword[] }> {
    return notYet();
  }

  removeAccount(_name: string): Promise<void> {
    return notYet();
  }

  /** Of one account, or of all. */
  phones(_account?: string): Promise<readonly PhoneDetails[]> {
    return notYet();
  }

  phone(_user: string): Promise<PhoneDetails> {
    return notYet();
  }

  /** `newPassword` where the phone is new and none was given. */
  putPhone(
    _account: string,
    _input: PhoneInput,
  ): Promise<{ phone: PhoneDetails; newPassword?: NewPassword }> {
    return notYet();
  }

  /** CONFLICT while a plan still rings it. */
  removePhone(_user: string): Promise<void> {
    return notYet();
  }

  numbers(_account?: string): Promise<readonly NumberView[]> {
    return notYet();
  }

  number(_number: string): Promise<NumberView> {
    return notYet();
  }

  /** A divert that is in force stays. */
  putNumber(_account: string, _input: NumberInput): Promise<NumberView> {
    return notYet();
  }

  removeNumber(_number: string): Promise<void> {
    return notYet();
  }

  setPlan(_number: string, _plan: PlanInput): Promise<NumberView> {
    return notYet();
  }

  /** `by` says who, for people: `api`, `cli`. */
  setDivert(_number: string, _input: DivertInput, _by: string): Promise<NumberView> {
    return notYet();
  }

  clearDivert(_number: string): Promise<NumberView> {
    return notYet();
  }

  /** `text` is a provisioning file, YAML or JSON. */
  provision(_text: string, _options: { dryRun: boolean }): Promise<ProvisionReport> {
    return notYet();
  }

  ledger(_request: LedgerRequest): Promise<LedgerPage> {
    return notYet();
  }

  ledgerEntry(_id: string): Promise<LedgerEntry> {
    return notYet();
  }

  calls(): readonly CallView[] {
    return this.#options.node.calls();
  }

  call(_id: string): CallView {
    throw new Error('not yet');
  }

  /** NOT_FOUND where there is no such call. */
  hangUp(_id: string): void {
    throw new Error('not yet');
  }

  trunks(): readonly TrunkView[] {
    return this.#options.node.trunks();
  }

  health(): NodeHealth {
    return this.#options.node.health();
  }

  /**
   * Calls the number as any caller would and tells what happens, as it happens, until the call has ended or
   * `signal` aborts (the call itself then goes on to its own end). Throws before the first step where the
   * call cannot be placed.
   */
  testCall(_number: string, _signal?: AbortSignal): AsyncIterable<TestCallStep> {
    throw new Error('not yet');
  }
}

function notYet(): Promise<never> {
  return Promise.reject(new Error('not yet'));
}
