// The use-cases, shared by every surface. Each change is validated, stored, and only then told to the node;
// changes run one after another, so that two requests cannot interleave and overwrite each other.
//
//   surface ─▶ Admin ─ validate ─▶ Store.write ─ durable ─▶ NodeControl.directoryChanged
//
// All methods throw RingthroughError: INVALID_INPUT or PROVISION_INVALID with `mistakes`, NOT_FOUND, CONFLICT,
// STORE_FULL, STORE_FAILED, and what NodeControl throws.

import { present } from '../base/assert.ts';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Allowance } from '../fraud/allowances.ts';
import type {
  CallView,
  DoorView,
  FraudView,
  NodeControl,
  NodeHealth,
  ShieldView,
  TrunkView,
} from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';
import type { Account, Divert, E164, LedgerEntry } from '../ports/records.ts';
import type { LedgerPage, Store } from '../ports/store.ts';
import { destinationAllowed } from '../routing/destinations.ts';
import type { Directory } from '../routing/directory.ts';
import type { Abuser } from '../shield/abuse/abusers.ts';
import type { TraceFilter } from '../trace/filter.ts';
import type { Trace } from '../trace/trace.ts';
import { type Change, Changes, mistaken } from './changes.ts';
import {
  accountIn,
  existing,
  invalid,
  mistakeOf,
  ownerOfNumber,
  ownerOfPhone,
  validated,
} from './demands.ts';
import { type Path, readDocument } from './documents/document.ts';
import { Findings } from './documents/findings.ts';
import { durationMs } from './documents/section.ts';
import { type DoorInput, doorCommand, doorInput } from './doors.ts';
import { type AllowanceInput, allowanceOf } from './fraud.ts';
import { accountView, numberView, phoneDetails } from './present.ts';
import { type Compiled, compileAccounts } from './provisioning/compile.ts';
import { differences, writesFor } from './provisioning/difference.ts';
import { type Edit, withNumber, withoutNumber, withoutPhone, withPhone } from './provisioning/edit.ts';
import { readNumber } from './provisioning/number.ts';
import {
  type AccountInput,
  accountInput,
  type DivertInput,
  divertInput,
  type NumberInput,
  numberInput,
  type PhoneInput,
  type PlanInput,
  phoneInput,
  planInput,
  provisioningFile,
} from './provisioning/schema.ts';
import { rehearse } from './rehearsal.ts';
import { followTestCall } from './test-call.ts';
import { filterOf, followTrace, keptFile, keptLines } from './trace.ts';
import type {
  AccountView,
  LedgerRequest,
  NewPassword,
  NumberView,
  PhoneDetails,
  ProvisionReport,
  RehearsalView,
  TestCallStep,
  TraceLine,
  TraceRequest,
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
  readonly trace: Trace;
}

const LEDGER_PAGE_DEFAULT = 50;
/** Without those that are mistaken for one another when a phone is set up by hand. 16 of them are 80 bits. */
const PASSWORD_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const PASSWORD_LENGTH = 16;

export class Admin {
  readonly #options: AdminOptions;
  readonly #changes: Changes;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#changes = new Changes(options.store, options.node);
  }

  async accounts(): Promise<readonly AccountView[]> {
    const { accounts } = await this.#changes.directory();
    const registered = this.#options.node.phones();
    return accounts.map((account) => accountView(account, registered, this.#now()));
  }

  async account(name: string): Promise<AccountView> {
    return this.#viewOf(accountIn(await this.#changes.directory(), name));
  }

  /** Makes the account exactly so, diverts excepted: they stay. Made passwords are told this once. */
  async putAccount(
    input: AccountInput,
  ): Promise<{ account: AccountView; newPasswords: readonly NewPassword[] }> {
    const edit = { input: validated(accountInput, input), path: [] };
    const { accounts, newPasswords } = await this.#changes.make((stored) => this.#rewrite(edit, stored));
    return { account: this.#viewOf(only(accounts)), newPasswords };
  }

  removeAccount(name: string): Promise<void> {
    return this.#changes.make((stored) => {
      accountIn(stored, name);
      const after = new Map([[name, undefined]]);
      return { writes: [{ type: 'account-removed', name }], after, told: undefined };
    });
  }

  /** Of one account, or of all. */
  async phones(account?: string): Promise<readonly PhoneDetails[]> {
    const registered = this.#options.node.phones();
    return (await this.#accountsOf(account)).flatMap((one) => phoneDetails(one, registered));
  }

  async phone(user: string): Promise<PhoneDetails> {
    return this.#phoneOf(ownerOfPhone(await this.#changes.directory(), user), user);
  }

  /** `newPassword` where the phone is new and none was given. */
  async putPhone(
    account: string,
    input: PhoneInput,
  ): Promise<{ phone: PhoneDetails; newPassword?: NewPassword }> {
    const phone = validated(phoneInput, input);
    const { accounts, newPasswords } = await this.#edit((stored) =>
      withPhone(accountIn(stored, account), phone),
    );
    const details = this.#phoneOf(only(accounts), phone.user);
    const [newPassword] = newPasswords;
    return newPassword === undefined ? { phone: details } : { phone: details, newPassword };
  }

  /** CONFLICT while a plan still rings it. */
  async removePhone(user: string): Promise<void> {
    await this.#edit((stored) => withoutPhone(ownerOfPhone(stored, user), user));
  }

  async numbers(account?: string): Promise<readonly NumberView[]> {
    const now = this.#now();
    return (await this.#accountsOf(account)).flatMap((one) => {
      return one.numbers.map((number) => numberView(one, number, now));
    });
  }

  async number(number: string): Promise<NumberView> {
    const e164 = this.#readNumber(number, ['number']);
    return this.#numberOf(ownerOfNumber(await this.#changes.directory(), e164), e164);
  }

  /** A divert that is in force stays. */
  async putNumber(account: string, input: NumberInput): Promise<NumberView> {
    const number = validated(numberInput, input);
    const e164 = this.#readNumber(number.number, ['number']);
    const { accounts } = await this.#edit((stored) => withNumber(accountIn(stored, account), number, e164));
    return this.#numberOf(only(accounts), e164);
  }

  /** CONFLICT while a phone still presents it. */
  async removeNumber(number: string): Promise<void> {
    const e164 = this.#readNumber(number, ['number']);
    await this.#edit((stored) => withoutNumber(ownerOfNumber(stored, e164), e164));
  }

  async setPlan(number: string, input: PlanInput): Promise<NumberView> {
    const plan = validated(planInput, input);
    const e164 = this.#readNumber(number, ['number']);
    const { accounts } = await this.#edit((stored) => {
      const edit = withNumber(ownerOfNumber(stored, e164), { number: e164, plan }, e164);
      return { ...edit, path: [...edit.path, 'plan'] };
    });
    return this.#numberOf(only(accounts), e164);
  }

  /** `by` says who, for people: `api`, `cli`. */
  async setDivert(number: string, input: DivertInput, by: string): Promise<NumberView> {
    const asked = validated(divertInput, input);
    return this.#changeDivert(number, (e164, account) => this.#compileDivert(asked, e164, account, by));
  }

  async clearDivert(number: string): Promise<NumberView> {
    return this.#changeDivert(number, () => undefined);
  }

  /**
   * `text` is a provisioning file, YAML or JSON. Each account in it becomes exactly as written, diverts
   * excepted: they stay. Accounts that it does not name are left alone.
   */
  async provision(text: string, { dryRun }: { readonly dryRun: boolean }): Promise<ProvisionReport> {
    const document = readDocument(text, provisioningFile);
    if (!document.ok) throw mistaken('PROVISION_INVALID', 'the provisioning file', document.error);
    const { value, locate } = document.value;
    return this.#changes.make(async (stored) => {
      const findings = new Findings();
      const compiled = await this.#compile(value.accounts, (index) => ['accounts', index], stored, findings);
      if (findings.all.length > 0) {
        throw mistaken('PROVISION_INVALID', 'the provisioning file', locate(findings.all));
      }
      const { writes, after, changes } = changeTo(compiled.accounts, stored);
      const newPasswords = dryRun ? [] : compiled.newPasswords;
      const told = { dryRun, changes, newPasswords };
      return dryRun ? { writes: [], after: new Map(), told } : { writes, after, told };
    });
  }

  async abusers(): Promise<readonly Abuser[]> {
    return this.#options.node.abusers();
  }

  /** NOT_FOUND where nothing is held against it. */
  async pardon(address: string): Promise<void> {
    existing(this.#options.node.pardon(address) || undefined, `abuser at "${address}"`);
  }

  /** Accounts that call where they do not usually call. */
  fraud(): FraudView {
    return this.#options.node.fraud();
  }

  /** Lets the account call there for a time. `by` says who, for people. */
  async allowUnusual(account: string, prefix: string, input: AllowanceInput, by: string): Promise<Allowance> {
    const owner = accountIn(await this.#changes.directory(), account);
    const allowance = allowanceOf(owner, prefix, input, by, this.#now());
    if (this.#options.node.allowUnusual(allowance)) return allowance;
    throw new RingthroughError(
      'LIMIT_REACHED',
      `${LIMITS.fraudAllowancesMax} destinations are allowed for a time already`,
    );
  }

  /** NOT_FOUND where that is not allowed for a time. */
  async disallowUnusual(account: string, prefix: string): Promise<void> {
    const found = this.#options.node.disallowUnusual(account, prefix);
    existing(found || undefined, `allowance of ${prefix} for account "${account}"`);
  }

  /** NOT_FOUND where nothing is held against the account. */
  async clearUnusual(account: string): Promise<void> {
    const found = this.#options.node.clearUnusual(account);
    existing(found || undefined, `unusual call that is held against account "${account}"`);
  }

  /** Of one account, or of all. */
  async doors(account?: string): Promise<readonly DoorView[]> {
    if (account !== undefined) accountIn(await this.#changes.directory(), account);
    return this.#options.node.doors(account);
  }

  /** `by` says who, for people. Answers with the account's doors as they are then. */
  async changeDoor(account: string, input: DoorInput, by: string): Promise<readonly DoorView[]> {
    const command = { ...doorCommand(validated(doorInput, input)), account, by };
    accountIn(await this.#changes.directory(), account);
    await this.#options.node.changeDoor(command);
    return this.#options.node.doors(account);
  }

  async ledger(request: LedgerRequest): Promise<LedgerPage> {
    const { called, limit = LEDGER_PAGE_DEFAULT, ...rest } = request;
    if (!Number.isInteger(limit) || limit < 1 || limit > LIMITS.ledgerPageMax) {
      throw invalid([
        { path: ['limit'], reason: `expected a whole number from 1 to ${LIMITS.ledgerPageMax}` },
      ]);
    }
    if (called === undefined) return this.#options.store.ledger({ ...rest, limit });
    const user = (await this.#changes.directory()).phone(called);
    const number = readNumber(called, this.#options.country);
    const asRouted = user === undefined && number.ok ? number.value : called;
    return this.#options.store.ledger({ ...rest, limit, called: asRouted });
  }

  async ledgerEntry(id: string): Promise<LedgerEntry> {
    return existing(await this.#options.store.ledgerEntry(id), `ledger entry ${id}`);
  }

  calls(): readonly CallView[] {
    return this.#options.node.calls();
  }

  call(id: string): CallView {
    return existing(
      this.calls().find((call) => call.id === id),
      `call ${id}`,
    );
  }

  /** NOT_FOUND where there is no such call. */
  hangUp(id: string): void {
    existing(this.#options.node.hangUp(id) || undefined, `call ${id}`);
  }

  trunks(): readonly TrunkView[] {
    return this.#options.node.trunks();
  }

  /** How the shield sees things now. */
  shield(): ShieldView {
    return this.#options.node.shield();
  }

  /** Whom a rule of the shield would have hurt in the last hour. */
  rehearsal(rule: string): Promise<RehearsalView> {
    return rehearse(this.#options.node, this.#options.clock, rule);
  }

  health(): NodeHealth {
    return this.#options.node.health();
  }

  /**
   * Calls one of the node's numbers as any caller would and tells what happens, as it happens, until the call
   * has ended or `signal` aborts (the call itself then goes on to its own end). Throws instead of the first
   * step where the call cannot be placed.
   */
  async *testCall(number: string, signal?: AbortSignal): AsyncGenerator<TestCallStep, void, undefined> {
    const e164 = this.#readNumber(number, ['number']);
    ownerOfNumber(await this.#changes.directory(), e164);
    yield* followTestCall(this.#options.node, e164, signal);
  }

  /** Messages as they come, until `signal` aborts or they end. LIMIT_REACHED where as many watch as may. */
  trace(request: TraceRequest, signal?: AbortSignal): AsyncGenerator<TraceLine, void, undefined> {
    const { trace, clock } = this.#options;
    const filter = this.#traceFilter(request);
    if (trace.stats.watchers >= LIMITS.traceWatchersMax) {
      throw new RingthroughError('LIMIT_REACHED', `${LIMITS.traceWatchersMax} others watch messages already`);
    }
    return followTrace(trace, filter, request.since, clock, signal);
  }

  /** Messages that are kept. NOT_FOUND for a call of which nothing is kept. */
  async traceKept(request: TraceRequest): Promise<readonly TraceLine[]> {
    const filter = this.#traceFilter(request);
    return keptLines(this.#options.trace, filter, request.since ?? 0, this.#now());
  }

  /** The same as a capture file. */
  async traceFile(request: TraceRequest): Promise<Uint8Array> {
    const filter = this.#traceFilter(request);
    return keptFile(this.#options.trace, filter, request.since ?? 0, this.#now());
  }

  #traceFilter(request: TraceRequest): TraceFilter {
    return filterOf(request, this.#options.trace, (number) => this.#readNumber(number, ['number']));
  }

  #edit(edit: (stored: Directory) => Edit): Promise<Compiled> {
    return this.#changes.make((stored) => this.#rewrite(edit(stored), stored));
  }

  /** One account, rewritten. Mistakes outside the edited part are of the kind that the rest no longer fits. */
  async #rewrite({ input, path }: Edit, stored: Directory): Promise<Change<Compiled>> {
    const findings = new Findings();
    const compiled = await this.#compile([input], () => [], stored, findings);
    const own = findings.all.filter((finding) => begins(finding.path, path));
    if (own.length > 0) throw invalid(own.map((one) => ({ ...one, path: one.path.slice(path.length) })));
    if (findings.all.length > 0)
      throw mistaken('CONFLICT', `account "${input.name}"`, findings.all.map(mistakeOf));
    return { ...changeTo(compiled.accounts, stored), told: compiled };
  }

  #compile(
    inputs: readonly AccountInput[],
    pathOf: (index: number) => Path,
    stored: Directory,
    findings: Findings,
  ): Promise<Compiled> {
    const { realm, country, prompts, hashing } = this.#options;
    const context = { stored, realm, country, prompts, hashing, newPassword: () => this.#newPassword() };
    return compileAccounts(inputs, pathOf, context, findings);
  }

  #changeDivert(
    number: string,
    decide: (e164: E164, account: Account) => Divert | undefined,
  ): Promise<NumberView> {
    const e164 = this.#readNumber(number, ['number']);
    return this.#changes.make((stored) => {
      const account = ownerOfNumber(stored, e164);
      const divert = decide(e164, account);
      const before = stored.number(e164)?.number.divert;
      const after = withDivert(account, e164, divert);
      const same = before === undefined && divert === undefined;
      return {
        writes: same ? [] : [{ type: 'divert', number: e164, divert }],
        after: new Map([[account.name, after]]),
        told: this.#numberOf(after, e164),
      };
    });
  }

  #compileDivert(asked: DivertInput, number: E164, account: Account, by: string): Divert {
    const to = this.#readNumber(asked.to, ['to']);
    if (to === number) throw invalid([{ path: ['to'], reason: 'is the number itself' }]);
    const allowed = destinationAllowed(to, account.limits);
    if (!allowed.ok) throw invalid([{ path: ['to'], reason: allowed.error }]);
    const since = this.#now();
    if (asked.until === undefined) return { to, since, by };
    const written = Date.parse(asked.until);
    const until = Number.isNaN(written) ? since + durationMs(asked.until) : written;
    if (until <= since) throw invalid([{ path: ['until'], reason: 'has passed already' }]);
    return { to, since, until, by };
  }

  async #accountsOf(name: string | undefined): Promise<readonly Account[]> {
    const directory = await this.#changes.directory();
    return name === undefined ? directory.accounts : [accountIn(directory, name)];
  }

  #viewOf(account: Account): AccountView {
    return accountView(account, this.#options.node.phones(), this.#now());
  }

  #phoneOf(account: Account, user: string): PhoneDetails {
    const phones = phoneDetails(account, this.#options.node.phones());
    return present(
      phones.find((phone) => phone.user === user),
      `phone ${user}`,
    );
  }

  #numberOf(account: Account, e164: E164): NumberView {
    const record = present(
      account.numbers.find(({ number }) => number === e164),
      `number ${e164}`,
    );
    return numberView(account, record, this.#now());
  }

  #readNumber(text: string, path: Path): E164 {
    const number = readNumber(text, this.#options.country);
    if (!number.ok) throw invalid([{ path, reason: number.error }]);
    return number.value;
  }

  #newPassword(): string {
    const bytes = this.#options.random.bytes(PASSWORD_LENGTH);
    return Array.from(bytes, (byte) => PASSWORD_LETTERS[byte % PASSWORD_LETTERS.length]).join('');
  }

  #now(): Instant {
    return this.#options.clock.now();
  }
}

/** What has to be written, and is told, to get from what is stored to these accounts. */
function changeTo(accounts: readonly Account[], stored: Directory) {
  const changes = accounts.flatMap((account) => differences(stored.account(account.name), account));
  const changed = new Set(changes.map(({ account }) => account));
  const touched = accounts.filter(({ name }) => changed.has(name));
  const after = new Map(touched.map((account) => [account.name, account]));
  return { writes: writesFor(touched, stored), after, changes };
}

function withDivert(account: Account, number: E164, divert: Divert | undefined): Account {
  const numbers = account.numbers.map((known) => {
    if (known.number !== number) return known;
    const { divert: _, ...others } = known;
    return divert === undefined ? others : { ...others, divert };
  });
  return { ...account, numbers };
}

function only(accounts: readonly Account[]): Account {
  return present(accounts[0], 'the account that was written');
}

function begins(path: Path, prefix: Path): boolean {
  return prefix.every((part, index) => path[index] === part);
}
