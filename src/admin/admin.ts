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
import type { CallView, DoorView, FraudView, ShieldView, TrunkView } from '../node/views.ts';
import type { DeskAnswer, DeskQuestion, ForwardWhen } from '../ports/desk.ts';
import type { Account, Divert, E164, LedgerEntry } from '../ports/records.ts';
import type { AuditPage, LedgerPage } from '../ports/store.ts';
import type { Directory } from '../routing/directory.ts';
import type { Abuser } from '../shield/abuse/abusers.ts';
import { attempts, PAGE_DEFAULT } from './attempts.ts';
import { Audit, authorBy } from './audit.ts';
import { type Change, Changes, mistaken } from './changes.ts';
import { type ControlChange, controlChange } from './control.ts';
import {
  accountIn,
  existing,
  invalid,
  mistakeOf,
  mustFit,
  ownerOfNumber,
  ownerOfPhone,
  recordOf,
  validated,
} from './demands.ts';
import { type DivertContext, divertAsked, divertWrites, withDivert } from './diverts.ts';
import { type Path, readDocument } from './documents/document.ts';
import { Findings } from './documents/findings.ts';
import { type DoorInput, doorCommand, doorInput } from './doors.ts';
import { type AllowanceInput, allowanceOf } from './fraud.ts';
import { newControlId, newPassword } from './made.ts';
import { Notices } from './notices.ts';
import type { AdminOptions } from './options.ts';
import { type RehearsalLine, type RehearsalRequest, rehearsePlan } from './plan-rehearsal.ts';
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
import { type ReadinessPage, type ReadinessRequest, readinessPage } from './readiness.ts';
import { rehearse } from './rehearsal.ts';
import { type NewCodes, Selfcare } from './selfcare.ts';
import { readSeries, type SeriesRequest, type SeriesView } from './series.ts';
import { Sounds } from './sounds.ts';
import { followTestCall } from './test-call.ts';
import { Traces } from './trace.ts';
import type {
  AccountView,
  AuditRequest,
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

export class Admin {
  readonly #options: AdminOptions;
  readonly #changes: Changes;
  readonly #audit: Audit;
  readonly #selfcare: Selfcare;
  /** What people bring to be heard, and what callers left. */
  readonly sounds: Sounds;
  readonly notices: Notices;
  readonly #traces: Traces;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#changes = new Changes(options);
    this.#audit = new Audit(options);
    this.sounds = new Sounds({ ...options, changes: this.#changes, audit: this.#audit });
    this.#selfcare = new Selfcare({ ...options, changes: this.#changes, audit: this.#audit });
    const read = (text: string) => this.#readNumber(text, ['number']);
    this.notices = new Notices({ ...options, desk: options.notices, readNumber: read });
    this.#traces = new Traces(options.trace, options.clock, read);
  }

  async accounts(): Promise<readonly AccountView[]> {
    const { accounts } = await this.#changes.directory();
    const registered = this.#options.node.phones();
    return accounts.map((account) => this.#viewOf(account, registered));
  }

  async account(name: string): Promise<AccountView> {
    return this.#viewOf(accountIn(await this.#changes.directory(), name));
  }

  /** Makes the account exactly so, diverts excepted: they stay. Made passwords are told this once. */
  async putAccount(
    input: AccountInput,
    by = 'api',
  ): Promise<{ account: AccountView; newPasswords: readonly NewPassword[] }> {
    const edit = { input: validated(accountInput, input), path: [] };
    const { accounts, newPasswords } = await this.#changes.make((stored) => this.#rewrite(edit, stored, by));
    return { account: this.#viewOf(only(accounts)), newPasswords };
  }

  removeAccount(name: string, by = 'api'): Promise<void> {
    return this.#changes.make((stored) => {
      accountIn(stored, name);
      const after = new Map([[name, undefined]]);
      const gone = this.#audit.row(name, authorBy(by), 'the account was removed');
      return { writes: [{ type: 'account-removed', name }, gone], after, told: undefined };
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
    return this.#changeDivert(number, by, (context) => divertAsked(asked, context));
  }

  async clearDivert(number: string, by = 'api'): Promise<NumberView> {
    return this.#changeDivert(number, by, () => undefined);
  }

  /** Where calls go when the phones of the plan could not take them. */
  async setForward(number: string, when: ForwardWhen, input: DivertInput, by: string): Promise<NumberView> {
    const asked = validated(divertInput, input);
    return this.#changeDivert(number, by, (context) => divertAsked(asked, context), when);
  }

  async clearForward(number: string, when: ForwardWhen, by: string): Promise<NumberView> {
    return this.#changeDivert(number, by, () => undefined, when);
  }

  /** What is asked on the telephone. Never rejects. */
  answer(question: DeskQuestion): Promise<DeskAnswer> {
    return this.#selfcare.answer(question);
  }

  /** A sheet of one-time codes, told this once. CONFLICT where the account cannot be run by telephone. */
  makeCodes(account: string, by: string): Promise<NewCodes> {
    return this.#selfcare.makeCodes(account, authorBy(by));
  }

  /** Answers with the account as it is then. */
  async changeControl(name: string, input: ControlChange, by: string): Promise<AccountView> {
    const change = validated(controlChange, input);
    const readNumber = (text: string, path: Path) => this.#readNumber(text, path);
    return this.#viewOf(await this.#selfcare.changeControl(name, change, authorBy(by), readNumber));
  }

  /** How ready numbers are for the loss of their site. */
  async readiness(request: ReadinessRequest): Promise<ReadinessPage> {
    const directory = await this.#changes.directory();
    return readinessPage(request, { ...this.#options, directory, now: this.#now() });
  }

  /** Who changed what, newest first. */
  async audit({ limit = PAGE_DEFAULT, ...rest }: AuditRequest): Promise<AuditPage> {
    mustFit(limit, LIMITS.auditPageMax);
    return this.#options.store.audit({ ...rest, limit });
  }

  /**
   * `text` is a provisioning file, YAML or JSON. Each account in it becomes exactly as written, diverts
   * excepted: they stay. Accounts that it does not name are left alone.
   */
  async provision(
    text: string,
    { dryRun, by = 'api' }: { readonly dryRun: boolean; readonly by?: string },
  ): Promise<ProvisionReport> {
    const document = readDocument(text, provisioningFile);
    if (!document.ok) throw mistaken('PROVISION_INVALID', 'the provisioning file', document.error);
    const { value, locate } = document.value;
    return this.#changes.make(async (stored) => {
      const findings = new Findings();
      const compiled = await this.#compile(value.accounts, (index) => ['accounts', index], stored, findings);
      if (findings.all.length > 0) {
        throw mistaken('PROVISION_INVALID', 'the provisioning file', locate(findings.all));
      }
      const { writes, after, changes } = this.#changeTo(compiled.accounts, stored, by);
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
    return attempts(request, { ...this.#options, directory: await this.#changes.directory() });
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

  series(request: SeriesRequest): Promise<SeriesView> {
    return readSeries(request, this.#options);
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

  /** Walks a plan with nobody calling and tells what works; where the signal aborts, it goes on unheard. */
  async *rehearsePlan(
    request: RehearsalRequest,
    by: string,
    signal?: AbortSignal,
  ): AsyncGenerator<RehearsalLine, void, undefined> {
    const number = this.#readNumber(request.number, ['number']);
    const owner = ownerOfNumber(await this.#changes.directory(), number);
    yield* rehearsePlan({ ...request, number, by, owner }, this.#options, signal);
  }

  /** Messages as they come, until `signal` aborts or they end. LIMIT_REACHED where as many watch as may. */
  trace(request: TraceRequest, signal?: AbortSignal): AsyncGenerator<TraceLine, void, undefined> {
    return this.#traces.follow(request, signal);
  }

  /** Messages that are kept. NOT_FOUND for a call of which nothing is kept. */
  traceKept(request: TraceRequest): Promise<readonly TraceLine[]> {
    return this.#traces.kept(request);
  }

  /** The same as a capture file. */
  traceFile(request: TraceRequest): Promise<Uint8Array> {
    return this.#traces.file(request);
  }

  #edit(edit: (stored: Directory) => Edit): Promise<Compiled> {
    return this.#changes.make((stored) => this.#rewrite(edit(stored), stored, 'api'));
  }

  /** One account, rewritten. Mistakes outside the edited part are of the kind that the rest no longer fits. */
  async #rewrite({ input, path }: Edit, stored: Directory, by: string): Promise<Change<Compiled>> {
    const findings = new Findings();
    const compiled = await this.#compile([input], () => [], stored, findings);
    const own = findings.all.filter((finding) => begins(finding.path, path));
    if (own.length > 0) throw invalid(own.map((one) => ({ ...one, path: one.path.slice(path.length) })));
    if (findings.all.length > 0)
      throw mistaken('CONFLICT', `account "${input.name}"`, findings.all.map(mistakeOf));
    return { ...this.#changeTo(compiled.accounts, stored, by), told: compiled };
  }

  /** What has to be written, and is told, to get from what is stored to these accounts. */
  #changeTo(accounts: readonly Account[], stored: Directory, by: string) {
    const changes = accounts.flatMap((account) => differences(stored.account(account.name), account));
    const changed = new Set(changes.map(({ account }) => account));
    const touched = accounts.filter(({ name }) => changed.has(name));
    const after = new Map(touched.map((account) => [account.name, account]));
    const rows = this.#audit.rows(changes, authorBy(by));
    return { writes: [...writesFor(touched, stored), ...rows], after, changes };
  }

  #compile(
    inputs: readonly AccountInput[],
    pathOf: (index: number) => Path,
    stored: Directory,
    findings: Findings,
  ): Promise<Compiled> {
    const { random } = this.#options;
    const made = { newPassword: () => newPassword(random), newControlId: () => newControlId(random) };
    const trunks = this.trunks().flatMap(({ name, outbound }) => (outbound ? [name] : []));
    return compileAccounts(inputs, pathOf, { ...this.#options, ...made, trunks, stored }, findings);
  }

  #changeDivert(
    number: string,
    by: string,
    decide: (context: DivertContext) => Divert | undefined,
    when?: ForwardWhen,
  ): Promise<NumberView> {
    const readNumber = (text: string, path: Path) => this.#readNumber(text, path);
    const e164 = readNumber(number, ['number']);
    return this.#changes.make((stored) => {
      const account = ownerOfNumber(stored, e164);
      const now = this.#now();
      const divert = decide({ account, number: e164, now, by, readNumber });
      const after = withDivert(account, e164, divert, when);
      const [before, since] = [recordOf(account, e164), recordOf(after, e164)];
      const context = { account: account.name, author: authorBy(by), now, audit: this.#audit };
      return {
        writes: divertWrites(before, since, context),
        after: new Map([[account.name, after]]),
        told: this.#numberOf(after, e164),
      };
    });
  }

  async #accountsOf(name: string | undefined): Promise<readonly Account[]> {
    const directory = await this.#changes.directory();
    return name === undefined ? directory.accounts : [accountIn(directory, name)];
  }

  #viewOf(account: Account, registered = this.#options.node.phones()): AccountView {
    return accountView(account, registered, this.#options.node.diverted(account.name), this.#now());
  }

  #phoneOf(account: Account, user: string): PhoneDetails {
    const phones = phoneDetails(account, this.#options.node.phones());
    return present(
      phones.find((phone) => phone.user === user),
      `phone ${user}`,
    );
  }

  #numberOf(account: Account, e164: E164): NumberView {
    return numberView(account, recordOf(account, e164), this.#now());
  }

  #readNumber(text: string, path: Path): E164 {
    const number = readNumber(text, this.#options.country);
    if (!number.ok) throw invalid([{ path, reason: number.error }]);
    return number.value;
  }

  #now(): Instant {
    return this.#options.clock.now();
  }
}

function only(accounts: readonly Account[]): Account {
  return present(accounts[0], 'the account that was written');
}

function begins(path: Path, prefix: Path): boolean {
  return prefix.every((part, index) => path[index] === part);
}
