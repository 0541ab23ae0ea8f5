// What an account says by telephone, and by telephone is told: from what people write to records, and back. Secrets are
// written in clear and kept as slow hashes; what a file does not hold (greetings, sounds, one-time codes, when a mobile
// was confirmed) is carried over from what is stored.

import { LIMITS } from '../../base/limits.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import type { Account, Contact, Control, E164, Mailbox, Menu, Mobile } from '../../ports/records.ts';
import type { SecretHashing } from '../../ports/secret-hashing.ts';
import { destinationAllowed } from '../../routing/destinations.ts';
import type { Path } from '../documents/document.ts';
import type { Findings } from '../documents/findings.ts';
import { durationMs, formatDuration } from '../documents/section.ts';
import { readNumber } from './number.ts';
import { pinFault } from './pin.ts';
import { compilePlan, mustBeKnown, type PlanContext, planInputOf } from './plan.ts';
import type { AccountInput, ControlInput, MailboxInput, MenuInput } from './schema.ts';

export interface TelephoneContext extends PlanContext {
  /** The account as it is stored. */
  readonly before: Account | undefined;
  readonly numbers: readonly E164[];
  readonly secrets: SecretHashing;
  newControlId(): string;
}

export type Telephone = Pick<Account, 'mailboxes' | 'menus' | 'sounds' | 'control' | 'contacts' | 'language'>;

export const MAILBOX_DEFAULTS = {
  messagesMax: 100,
  messageMaxMs: 3 * MINUTE_MS,
  retentionMs: 30 * DAY_MS,
};

/** Undefined parts are absent, so that an account without them is as it was before there were any. */
export async function compileTelephone(
  input: AccountInput,
  path: Path,
  context: TelephoneContext,
  findings: Findings,
): Promise<Telephone> {
  const { before } = context;
  const mailboxes: Mailbox[] = [];
  for (const [index, mailbox] of (input.mailboxes ?? []).entries()) {
    mailboxes.push(await compileMailbox(mailbox, [...path, 'mailboxes', index], context, findings));
  }
  const menus = (input.menus ?? []).map((menu, index) =>
    compileMenu(menu, [...path, 'menus', index], context, findings),
  );
  menusMustLead(menus, [...path, 'menus'], findings);
  const control =
    input.control && (await compileControl(input.control, [...path, 'control'], context, findings));
  const contacts = compileContacts(input, [...path, 'contacts'], context, findings);
  return {
    ...(mailboxes.length > 0 && { mailboxes }),
    ...(menus.length > 0 && { menus }),
    ...(before?.sounds && { sounds: before.sounds }),
    ...(control && { control }),
    ...(contacts.length > 0 && { contacts }),
    ...(input.language !== undefined && { language: input.language }),
  };
}

async function compileMailbox(
  input: MailboxInput,
  path: Path,
  context: TelephoneContext,
  findings: Findings,
): Promise<Mailbox> {
  const known = context.before?.mailboxes?.find(({ name }) => name === input.name);
  const phones = input.phones ?? [];
  for (const [index, phone] of phones.entries()) {
    mustBeKnown('phone', phone, context.phones, [...path, 'phones', index], findings);
  }
  const messageMaxMs = lengthOf(input.messageMax, MAILBOX_DEFAULTS.messageMaxMs);
  if (messageMaxMs < SECOND_MS || messageMaxMs > LIMITS.messageMaxMs) {
    const most = formatDuration(LIMITS.messageMaxMs);
    findings.add([...path, 'messageMax'], `must be from 1s to ${most}`);
  }
  const retentionMs = lengthOf(input.retention, MAILBOX_DEFAULTS.retentionMs);
  if (retentionMs < DAY_MS || retentionMs > LIMITS.messageRetentionMaxMs) {
    const most = LIMITS.messageRetentionMaxMs / DAY_MS;
    findings.add([...path, 'retention'], `must be from 1d to ${most}d`);
  }
  const pin = await compilePin(input.pin, known?.pin, undefined, [...path, 'pin'], context, findings);
  return {
    name: input.name,
    ...(pin !== undefined && { pin }),
    ...(known?.greeting !== undefined && { greeting: known.greeting }),
    email: input.email ?? [],
    phones,
    messagesMax: input.messagesMax ?? MAILBOX_DEFAULTS.messagesMax,
    messageMaxMs,
    retentionMs,
  };
}

function compileMenu(input: MenuInput, path: Path, context: TelephoneContext, findings: Findings): Menu {
  const { number: _, ...inMenus } = context;
  mustBeKnown('sound or prompt', input.greeting, said(context), [...path, 'greeting'], findings);
  const choices = Object.entries(input.choices).map(([key, steps]) => {
    return { key, steps: compilePlan(steps, [...path, 'choices', key], inMenus, findings).steps };
  });
  const otherwise = compilePlan(input.otherwise ?? [], [...path, 'otherwise'], inMenus, findings).steps;
  return { name: input.name, greeting: input.greeting, choices, otherwise };
}

function said({ sounds, prompts }: TelephoneContext): readonly string[] {
  return [...sounds, ...prompts];
}

/** Menus may lead to one another in circles, but whoever presses the right keys must come out somewhere. */
function menusMustLead(menus: readonly Menu[], path: Path, findings: Findings): void {
  const leading = new Set<string>();
  const leads = ({ choices, otherwise }: Menu) =>
    [otherwise, ...choices.map(({ steps }) => steps)]
      .flat()
      .some((step) => step.type !== 'menu' || leading.has(step.menu));
  for (let before = -1; before < leading.size; ) {
    before = leading.size;
    for (const menu of menus) if (leads(menu)) leading.add(menu.name);
  }
  for (const [index, { name }] of menus.entries()) {
    if (!leading.has(name))
      findings.add([...path, index], 'leads nowhere: no key of it rings or says anything');
  }
}

async function compileControl(
  input: ControlInput,
  path: Path,
  context: TelephoneContext,
  findings: Findings,
): Promise<Control> {
  const known = context.before?.control;
  const id = input.id ?? known?.id ?? context.newControlId();
  const pin = await compilePin(input.pin, known?.pin, id, [...path, 'pin'], context, findings);
  const mobiles = (input.mobiles ?? []).map((mobile, index): Mobile => {
    const at = [...path, 'mobiles', index, 'number'];
    const number = findings.take(at, readNumber(mobile.number, context.country), '');
    if (number !== '') findings.take(at, destinationAllowed(number, context.limits), undefined);
    const confirmedAt = known?.mobiles.find((one) => one.number === number)?.confirmedAt;
    return {
      number,
      ...(mobile.name !== undefined && { name: mobile.name }),
      ...(confirmedAt !== undefined && { confirmedAt }),
    };
  });
  return {
    id,
    ...(pin !== undefined && { pin }),
    mobiles: input.mobiles === undefined ? (known?.mobiles ?? []) : mobiles,
    codes: known?.codes ?? [],
    featureCodes: input.featureCodes ?? true,
  };
}

function compileContacts(
  { contacts = [] }: AccountInput,
  path: Path,
  context: TelephoneContext,
  findings: Findings,
): readonly Contact[] {
  return contacts.map(({ email, sms }, index): Contact => {
    const at = [...path, index];
    if ((email === undefined) === (sms === undefined)) findings.add(at, 'needs exactly one of email and sms');
    const number =
      sms === undefined ? undefined : findings.take([...at, 'sms'], readNumber(sms, context.country), '');
    return { ...(email !== undefined && { email }), ...(number !== undefined && { sms: number }) };
  });
}

/** What is kept where none is given. The same PIN keeps its hash, so that the same file twice changes nothing. */
async function compilePin(
  written: string | undefined,
  known: string | undefined,
  id: string | undefined,
  path: Path,
  { numbers, secrets }: TelephoneContext,
  findings: Findings,
): Promise<string | undefined> {
  if (written === undefined) return known;
  const fault = pinFault(written, { id, numbers });
  if (fault !== undefined) {
    findings.add(path, fault);
    return known;
  }
  return known !== undefined && (await secrets.verify(known, written)) ? known : secrets.hash(written);
}

function lengthOf(written: string | undefined, byDefault: number): number {
  return written === undefined ? byDefault : durationMs(written);
}

/** As it would be written in a provisioning file, secrets left out. */
export function telephoneInputOf(account: Account): Partial<AccountInput> {
  const { mailboxes, menus, control, contacts, language } = account;
  return {
    ...(mailboxes && { mailboxes: mailboxes.map(mailboxInputOf) }),
    ...(menus && { menus: menus.map(menuInputOf) }),
    ...(control && { control: controlInputOf(control) }),
    ...(contacts && { contacts: contacts.map((contact) => ({ ...contact })) }),
    ...(language !== undefined && { language }),
  };
}

function mailboxInputOf(mailbox: Mailbox): MailboxInput {
  const { name, email, phones, messagesMax, messageMaxMs, retentionMs } = mailbox;
  const lengths = { messageMax: formatDuration(messageMaxMs), retention: formatDuration(retentionMs) };
  return { name, email: [...email], phones: [...phones], messagesMax, ...lengths };
}

function menuInputOf({ name, greeting, choices, otherwise }: Menu): MenuInput {
  const written = choices.map(({ key, steps }) => [key, planInputOf({ steps })] as const);
  const rest = otherwise.length === 0 ? {} : { otherwise: planInputOf({ steps: otherwise }) };
  return { name, greeting, choices: Object.fromEntries(written), ...rest };
}

function controlInputOf({ id, mobiles, featureCodes }: Control): ControlInput {
  const numbers = mobiles.map(({ number, name }) => ({ number, ...(name !== undefined && { name }) }));
  return { id, mobiles: numbers, featureCodes };
}
