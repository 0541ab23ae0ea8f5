// From what people write about accounts to the records that the node works with. Here the whole is looked at:
// that numbers are numbers and belong to one account only, and that whatever a plan names is there.
//
// Diverts and forwards are not written in files, so they are carried over from what is stored; so are the secrets of
// phones for which no password is given.

import type { Hashing } from '../../ports/hashing.ts';
import type { Account, E164, Hours, NumberRecord, Phone, PhoneSecret } from '../../ports/records.ts';
import type { SecretHashing } from '../../ports/secret-hashing.ts';
import type { Directory } from '../../routing/directory.ts';
import { ha1 } from '../../sip/auth/digest.ts';
import type { Path } from '../documents/document.ts';
import type { Findings } from '../documents/findings.ts';
import { nearest } from '../documents/section.ts';
import type { NewPassword } from '../views.ts';
import { formatSpan, isDate, isTimeZone, parseSpans } from './hours.ts';
import { compileLimits, limitsInputOf } from './limits.ts';
import { readNumber } from './number.ts';
import { compilePlan, planInputOf } from './plan.ts';
import type { AccountInput, HoursInput, PhoneInput } from './schema.ts';
import { compileTelephone, telephoneInputOf } from './telephone.ts';

export interface CompileContext {
  /** What is stored now. */
  readonly stored: Directory;
  readonly realm: string;
  readonly country: string;
  readonly prompts: readonly string[];
  /** Those that take calls out. */
  readonly trunks: readonly string[];
  readonly hashing: Hashing;
  readonly secrets: SecretHashing;
  newPassword(): string;
  /** Six digits. */
  newControlId(): string;
}

export interface Compiled {
  readonly accounts: readonly Account[];
  /** Of phones that have none yet and were given none. */
  readonly newPasswords: readonly NewPassword[];
}

/** Accounts that are compiled in one go, in a few milliseconds; then whoever else waits for the thread has it. */
const ACCOUNTS_AT_ONCE = 50;

/** One or more accounts, each as a whole. `pathOf` says where each stands in what was written. */
export async function compileAccounts(
  inputs: readonly AccountInput[],
  pathOf: (index: number) => Path,
  context: CompileContext,
  findings: Findings,
): Promise<Compiled> {
  const owners = new Owners(inputs, context);
  const newPasswords: NewPassword[] = [];
  const accounts: Account[] = [];
  for (const [index, input] of inputs.entries()) {
    if (index > 0 && index % ACCOUNTS_AT_ONCE === 0) await new Promise(setImmediate);
    const path = pathOf(index);
    owners.claim('account', input.name, input.name, [...path, 'name'], findings);
    const before = context.stored.account(input.name);
    const accountContext = { ...context, owners, newPasswords, before };
    accounts.push(await compileAccount(input, path, accountContext, findings));
  }
  return { accounts, newPasswords };
}

interface AccountContext extends CompileContext {
  readonly owners: Owners;
  readonly newPasswords: NewPassword[];
  /** As it is stored. */
  readonly before: Account | undefined;
}

async function compileAccount(
  input: AccountInput,
  path: Path,
  context: AccountContext,
  findings: Findings,
): Promise<Account> {
  const { owners } = context;
  const hours = (input.hours ?? []).map((one, index) =>
    compileHours(one, [...path, 'hours', index], findings),
  );
  unique(hours, [...path, 'hours'], findings);
  const numbers = (input.numbers ?? []).map(({ number }, index) => {
    const at = [...path, 'numbers', index, 'number'];
    const value = findings.take(at, readNumber(number, context.country), '');
    if (value !== '') owners.claim('number', value, input.name, at, findings);
    return value;
  });
  const limits = compileLimits(input.limits ?? {}, numbers.filter(Boolean));
  const phones = (input.phones ?? []).map((phone, index) => {
    const at = [...path, 'phones', index];
    owners.claim('phone', phone.user, input.name, [...at, 'user'], findings);
    return compilePhone(phone, input.name, numbers, at, context, findings);
  });
  if (phones.length > limits.phonesMax) {
    findings.add([...path, 'phones'], `has ${phones.length} phones; limits.phonesMax is ${limits.phonesMax}`);
  }
  const { before } = context;
  const planContext = {
    phones: phones.map(({ user }) => user),
    hours: hours.map(({ name }) => name),
    prompts: context.prompts,
    sounds: (before?.sounds ?? []).map(({ name }) => name),
    mailboxes: (input.mailboxes ?? []).map(({ name }) => name),
    menus: (input.menus ?? []).map(({ name }) => name),
    trunks: context.trunks,
    limits,
    country: context.country,
  };
  const records = (input.numbers ?? []).map(({ plan }, index): NumberRecord => {
    const number = numbers[index] ?? '';
    const at = [...path, 'numbers', index, 'plan'];
    const compiled = compilePlan(plan, at, { ...planContext, number }, findings);
    return { number, plan: compiled, ...divertsOf(number, input.name, context.stored) };
  });
  unique(input.mailboxes ?? [], [...path, 'mailboxes'], findings);
  unique(input.menus ?? [], [...path, 'menus'], findings);
  const newControlId = () => owners.newControlId(context);
  const telephoneContext = { ...context, ...planContext, numbers, newControlId };
  const telephone = await compileTelephone(input, path, telephoneContext, findings);
  if (telephone.control !== undefined) {
    owners.claim('control ID', telephone.control.id, input.name, [...path, 'control', 'id'], findings);
  }
  return { name: input.name, phones, numbers: records, hours, limits, ...telephone };
}

function compilePhone(
  input: PhoneInput,
  account: string,
  numbers: readonly E164[],
  path: Path,
  context: AccountContext,
  findings: Findings,
): Phone {
  if (input.password === input.user)
    findings.add([...path, 'password'], 'is the user name, the first thing tried');
  const callerId =
    input.callerId === undefined
      ? undefined
      : findings.take([...path, 'callerId'], readNumber(input.callerId, context.country), undefined);
  if (callerId !== undefined && !numbers.includes(callerId)) {
    findings.add([...path, 'callerId'], `${callerId} is not one of the account's numbers`);
  }
  return {
    user: input.user,
    ...(input.displayName === undefined ? {} : { displayName: input.displayName }),
    ...(callerId === undefined ? {} : { callerId }),
    secret: secretOf(input, account, context),
  };
}

/** A secret of another realm is of no use: the domain was changed since, and the password is not known here. */
function secretOf(input: PhoneInput, account: string, context: AccountContext): PhoneSecret {
  const { realm, stored } = context;
  const known = stored.phone(input.user);
  const kept =
    known?.account.name === account && known.phone.secret.realm === realm ? known.phone.secret : undefined;
  if (input.password === undefined && kept !== undefined) return kept;
  const password = input.password ?? context.newPassword();
  if (input.password === undefined) context.newPasswords.push({ user: input.user, password });
  return {
    realm,
    md5Ha1: ha1(context.hashing, 'MD5', input.user, realm, password),
    sha256Ha1: ha1(context.hashing, 'SHA-256', input.user, realm, password),
  };
}

function divertsOf(
  number: E164,
  account: string,
  stored: Directory,
): Pick<NumberRecord, 'divert' | 'forwards'> {
  const known = stored.number(number);
  if (known?.account.name !== account) return {};
  const { divert, forwards } = known.number;
  return { ...(divert && { divert }), ...(forwards && { forwards }) };
}

function compileHours(input: HoursInput, path: Path, findings: Findings): Hours {
  if (!isTimeZone(input.zone)) {
    const guess = nearest(input.zone, Intl.supportedValuesOf('timeZone'));
    const help = guess === undefined ? 'expected such as Europe/London' : `did you mean "${guess}"?`;
    findings.add([...path, 'zone'], `there is no time zone "${input.zone}"; ${help}`);
  }
  const holidays = input.holidays ?? [];
  for (const [index, date] of holidays.entries()) {
    if (!isDate(date))
      findings.add([...path, 'holidays', index], `"${date}" is no date; expected such as 2026-12-25`);
  }
  const open = input.open.flatMap((text, index) =>
    findings.take([...path, 'open', index], parseSpans(text), []),
  );
  return { name: input.name, zone: input.zone, open, holidays };
}

function unique(named: readonly { readonly name: string }[], path: Path, findings: Findings): void {
  const seen = new Set<string>();
  for (const [index, { name }] of named.entries()) {
    if (seen.has(name)) findings.add([...path, index, 'name'], `"${name}" is there twice`);
    seen.add(name);
  }
}

type OwnedKind = 'account' | 'phone' | 'number' | 'control ID';

const HOLDERS = {
  phone: (stored: Directory, key: string) => stored.phone(key)?.account,
  number: (stored: Directory, key: string) => stored.number(key)?.account,
  'control ID': (stored: Directory, key: string) => stored.controlled(key),
};

/** Who has what, among the accounts that are being written and the stored ones that stay as they are. */
class Owners {
  readonly #claimed = new Map<string, string>();
  readonly #context: CompileContext;
  readonly #written: ReadonlySet<string>;

  constructor(inputs: readonly AccountInput[], context: CompileContext) {
    this.#context = context;
    this.#written = new Set(inputs.map(({ name }) => name));
  }

  claim(kind: OwnedKind, key: string, account: string, path: Path, findings: Findings): void {
    const holder = this.#claimed.get(`${kind} ${key}`) ?? this.#storedHolder(kind, key);
    this.#claimed.set(`${kind} ${key}`, account);
    if (holder === undefined) return;
    findings.add(path, holder === account ? `${key} is there twice` : `${key} belongs to account ${holder}`);
  }

  /** One that nobody has. */
  newControlId(context: Pick<CompileContext, 'newControlId'>): string {
    for (;;) {
      const id = context.newControlId();
      const taken =
        this.#claimed.has(`control ID ${id}`) || this.#storedHolder('control ID', id) !== undefined;
      if (!taken) return id;
    }
  }

  #storedHolder(kind: OwnedKind, key: string): string | undefined {
    const { stored } = this.#context;
    if (kind === 'account') return undefined;
    const holder = HOLDERS[kind](stored, key)?.name;
    return holder === undefined || this.#written.has(holder) ? undefined : holder;
  }
}

/** As it would be written in a provisioning file, passwords left out. */
export function accountInputOf(account: Account): AccountInput {
  const numbers = account.numbers.map(({ number }) => number);
  return {
    name: account.name,
    phones: account.phones.map(({ user, displayName, callerId }) => ({
      user,
      ...(displayName === undefined ? {} : { displayName }),
      ...(callerId === undefined ? {} : { callerId }),
    })),
    numbers: account.numbers.map(({ number, plan }) => ({ number, plan: planInputOf(plan) })),
    hours: account.hours.map(hoursInputOf),
    limits: limitsInputOf(account.limits, numbers),
    ...telephoneInputOf(account),
  };
}

export function hoursInputOf({ name, zone, open, holidays }: Hours): HoursInput {
  return {
    name,
    zone,
    open: open.map(formatSpan),
    ...(holidays.length === 0 ? {} : { holidays: [...holidays] }),
  };
}
