// The views as they travel over the API, as schemas: the API writes its answers with them and makes its OpenAPI
// document of them, and the CLI reads the answers with them. Times are milliseconds inside and RFC 3339 outside.
//
// An answer holds what its schema names and nothing else, so a secret that a view should carry by mistake would
// still not leave. That each fits its view, the compiler checks where a route answers with it.

import { z } from 'zod';
import { type CheckName, WEIGHTS } from '../readiness/readiness.ts';
import { contactInput, hoursInput, mailboxInput, menuInput, planInput } from './provisioning/schema.ts';

/** Milliseconds since 1970 ⇄ `2026-11-24T09:30:00.000Z`. */
export const instant = z
  .codec(
    z.iso.datetime({ offset: true, error: 'expected a time such as 2026-11-24T09:30:00Z' }),
    z.number(),
    {
      decode: (text) => Date.parse(text),
      encode: (milliseconds) => new Date(milliseconds).toISOString(),
    },
  )
  .meta({ type: 'string', format: 'date-time' });

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

const roundTripMs = z.number().optional();

const binding = z
  .object({
    contact: z.string(),
    address: z.string().meta({ description: 'Where it really is', examples: ['192.0.2.7:5060'] }),
    transport: z.string(),
    userAgent: z.string(),
    registeredAt: instant,
    expiresAt: instant,
    q: z.number(),
    reachability: z
      .enum(['reachable', 'unknown', 'unreachable'])
      .meta({ description: 'unknown: registered, but nothing sent to it was answered yet' }),
    reachabilitySince: instant,
    instance: z
      .string()
      .optional()
      .meta({ description: 'Contacts with the same one are flows of one device', examples: ['urn:uuid:…'] }),
    regId: z.number().optional().meta({ description: 'Which of its device’s flows it is' }),
    roundTripMs,
    graceUntil: instant.optional().meta({
      description:
        'It has come to its end, and is kept until then: its phone may not have been able to refresh it',
    }),
  })
  .meta({ id: 'Binding', description: 'A registered contact of a phone' });

export const phone = z
  .object({
    account: z.string(),
    user: z.string(),
    displayName: z.string().optional(),
    callerId: z.string().optional(),
    bindings: listOf(binding),
    messages: z
      .object({ fresh: z.number().meta({ description: 'Not heard yet' }), saved: z.number() })
      .optional()
      .meta({ description: 'What its lamp tells of; absent: no mailbox names it' }),
  })
  .meta({ id: 'PhoneView' });

const divert = z
  .object({
    to: z.string().optional(),
    voicemail: z.string().optional().meta({ description: 'A mailbox, where it is not a number' }),
    since: instant,
    until: instant.optional(),
    by: z.string().meta({ description: 'Who set it' }),
  })
  .meta({ id: 'DivertView', description: 'A manual override of a plan' });

export const number = z
  .object({
    account: z.string(),
    number: z.string(),
    plan: planInput,
    planText: z.string().meta({ description: 'The plan in words' }),
    divert: divert.optional(),
    forwards: z
      .object({ unreachable: divert.optional(), noAnswer: divert.optional(), busy: divert.optional() })
      .optional()
      .meta({ description: 'Where calls go when the phones of the plan could not take them' }),
  })
  .meta({ id: 'NumberView' });

const limits = z
  .object({
    callsMax: z.number(),
    divertedCallsMax: z.number(),
    divertedMinutesPerMonth: z.number().optional(),
    messageMinutesMax: z.number().optional(),
    phonesMax: z.number(),
    bindingsPerPhoneMax: z.number(),
    destinationsAllowed: listOf(z.string()),
    destinationsDenied: listOf(z.string()),
    destinationsUsual: listOf(z.string()).optional(),
    divertClasses: listOf(z.enum(['mobile', 'national', 'premium', 'international'])).optional(),
    fraud: z.enum(['watch', 'slow', 'block']).optional(),
  })
  .meta({ id: 'LimitsView' });

const mailbox = z
  .object({ ...mailboxInput.omit({ pin: true }).shape, pinSet: z.boolean(), ownGreeting: z.boolean() })
  .meta({ id: 'MailboxView' });

const control = z
  .object({
    id: z.string().meta({ description: 'Names the account on the telephone' }),
    pinSet: z.boolean(),
    mobiles: listOf(
      z.object({ number: z.string(), name: z.string().optional(), confirmedAt: instant.optional() }),
    ),
    codesLeft: z.number().meta({ description: 'One-time codes that were not used yet' }),
    featureCodes: z.boolean(),
  })
  .meta({ id: 'ControlView', description: 'How the account is run by telephone' });

export const soundView = z
  .object({
    account: z.string(),
    name: z.string(),
    lengthMs: z.number(),
    text: z.string().optional().meta({ description: 'What it says, where it was spoken by the node' }),
  })
  .meta({ id: 'SoundView', description: 'What announcements and menus of an account can say' });

export const account = z
  .object({
    name: z.string(),
    phones: listOf(phone),
    numbers: listOf(number),
    hours: listOf(hoursInput),
    limits,
    diverted: z
      .object({
        month: z.string().meta({ description: 'UTC', examples: ['2026-11'] }),
        seconds: z.number().meta({ description: 'Of answered diverted calls, those in progress included' }),
        callsNow: z.number(),
      })
      .meta({ id: 'DivertedView', description: 'What its diverted calls have used of this month' }),
    mailboxes: listOf(mailbox).optional(),
    menus: listOf(menuInput).optional(),
    sounds: listOf(soundView.omit({ account: true })).optional(),
    control: control.optional(),
    contacts: listOf(contactInput).optional(),
    language: z.string().optional(),
  })
  .meta({ id: 'AccountView' });

export const newPassword = z
  .object({ user: z.string(), password: z.string() })
  .meta({ id: 'NewPassword', description: 'Told this once; only its hashes are kept' });

const provisionChange = z
  .object({
    kind: z.enum(['added', 'changed', 'removed']),
    account: z.string(),
    subject: z.string(),
    text: z.string(),
  })
  .meta({ id: 'ProvisionChange' });

export const provisionReport = z
  .object({
    dryRun: z.boolean(),
    changes: listOf(provisionChange),
    newPasswords: listOf(newPassword),
  })
  .meta({ id: 'ProvisionReport' });

const timelineEntry = z
  .object({ at: instant, what: z.string(), text: z.string() })
  .meta({ id: 'TimelineEntry' });

const legStatistics = z
  .object({
    leg: z.string(),
    packetsReceived: z.number(),
    packetsSent: z.number(),
    packetsLost: z.number(),
    jitterMs: z.number(),
    strangersDropped: z.number(),
    heardAudio: z.boolean(),
  })
  .meta({ id: 'LegStatistics' });

const direction = z.enum(['in', 'out', 'internal']);
export const outcome = z.enum([
  'answered',
  'diverted',
  'voicemail',
  'announced',
  'abandoned',
  'lost',
  'refused',
]);

export const ledgerEntry = z
  .object({
    id: z.string(),
    direction,
    account: z.string(),
    called: z.string(),
    caller: z.string(),
    startedAt: instant,
    answeredAt: instant.optional(),
    endedAt: instant.optional(),
    outcome: outcome.optional().meta({ description: 'Absent while in progress' }),
    answeredBy: z.string().optional(),
    reason: z.string(),
    status: z.number().optional().meta({ description: 'The final SIP status that the caller got' }),
    timeline: listOf(timelineEntry),
    legs: listOf(legStatistics),
  })
  .meta({ id: 'LedgerEntry', description: 'One attempt to reach a number' });

export const ledgerPage = z
  .object({
    entries: listOf(ledgerEntry),
    next: z.string().optional().meta({ description: 'The cursor of the next page; absent on the last' }),
  })
  .meta({ id: 'LedgerPage' });

export const call = z
  .object({
    id: z.string(),
    direction,
    account: z.string(),
    called: z.string(),
    caller: z.string(),
    state: z.enum(['trying', 'ringing', 'announcing', 'answered', 'ending']),
    startedAt: instant,
    answeredAt: instant.optional(),
    answeredBy: z.string().optional(),
    legs: listOf(z.object({ id: z.string(), peer: z.string(), state: z.string() })),
  })
  .meta({ id: 'Call', description: 'A call in progress' });

export const trunk = z
  .object({
    name: z.string(),
    target: z.string(),
    health: z.enum(['up', 'down', 'unknown']),
    healthSince: instant,
    healthReason: z.string(),
    roundTripMs,
    servers: listOf(
      z.object({
        address: z.string(),
        name: z.string(),
        priority: z.number(),
        weight: z.number(),
        health: z.enum(['up', 'down', 'unknown']),
        healthReason: z.string(),
        roundTripMs,
      }),
    ),
    registration: z
      .object({
        state: z.enum(['registered', 'trying', 'failed']),
        reason: z.string(),
        until: instant.optional(),
      })
      .optional(),
    inbound: z.boolean(),
    outbound: z.boolean(),
    callsActive: z.number(),
    callsWaiting: z.number().optional().meta({ description: 'Of these, for their turn at the carrier' }),
    carrier: z.string().meta({ description: 'Whose network it leads to' }),
    note: z.string().optional(),
  })
  .meta({ id: 'Trunk' });

export const door = z
  .object({
    account: z.string(),
    port: z.number(),
    addresses: listOf(z.string()).meta({ description: 'Where phones reach it, over UDP' }),
    state: z
      .enum(['open', 'grace'])
      .meta({ description: 'grace: moved or being closed; it goes on for those who use it' }),
    openedAt: instant,
    until: instant
      .optional()
      .meta({ description: 'In grace: when it closes, unless phones still use it then' }),
    why: z.string(),
    name: z.string().optional().meta({ description: 'The host name by which phones find it' }),
    srv: z.string().optional().meta({ description: 'The DNS record to publish for it' }),
    phones: z.number().meta({ description: 'Phones that are registered through it' }),
    trouble: z.string().optional().meta({ description: 'Why it cannot be reached at present' }),
  })
  .meta({ id: 'Door', description: 'A private port of an account' });

export const testCallStep = z
  .object({
    at: instant,
    source: z.enum(['caller', 'node']),
    what: z.string(),
    text: z.string(),
    final: z.boolean(),
    passed: z.boolean().optional(),
    callId: z.string().optional(),
  })
  .meta({ id: 'TestCallStep', description: 'What happened; the last one is final' });

const toll = z
  .object({
    name: z.string(),
    requests: z.number().meta({ description: 'Good requests of theirs' }),
    touched: z.number().meta({ description: 'Of these, what the rule would have touched' }),
  })
  .meta({ id: 'Toll' });

export const rehearsal = z
  .object({
    rule: z.string(),
    does: z.string().meta({ description: 'What the rule does, in words' }),
    from: instant.meta({ description: 'Of the oldest request that was tried' }),
    until: instant,
    requests: z.number().meta({ description: 'Good requests outside of calls' }),
    touched: z.number().meta({ description: 'Dropped, put off or answered in brief, as the rule says' }),
    recovered: z.number().meta({ description: 'Of these, what would have got in by being sent again' }),
    emergencies: z.number(),
    emergenciesTouched: z.number().meta({ description: 'Always 0' }),
    atOnceMax: z.number().optional().meta({
      description: 'Packets of newcomers that the kernel lets in at once; where it does, and the rule shares',
    }),
    phonesTouched: z.number(),
    worstSpell: z
      .object({ lastsMs: z.number(), from: instant, touched: z.number() })
      .optional()
      .meta({ description: 'The rule lasts so long at most; the worst such time' }),
    accounts: listOf(toll),
    carriers: listOf(toll),
    clients: listOf(toll),
    worst: listOf(toll.extend({ account: z.string().optional(), client: z.string() })),
  })
  .meta({ id: 'Rehearsal', description: 'Whom a rule of the shield would have hurt in the last hour' });

const endpoint = z.object({ address: z.string(), port: z.number() });

export const traceLine = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('call').meta({ description: 'Before the first message of a call' }),
      callId: z.string(),
      called: z.string().optional(),
      caller: z.string().optional(),
    }),
    z.object({
      type: z.literal('message'),
      at: instant,
      direction: z.enum(['in', 'out']),
      transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
      local: endpoint,
      remote: endpoint,
      peer: z.string().optional().meta({ description: "A phone's user or a trunk's name" }),
      callId: z.string().optional(),
      sipCallId: z.string().optional(),
      method: z.string().optional(),
      status: z.number().optional(),
      reason: z.string().optional(),
      cseq: z.number().optional(),
      sdp: z.boolean(),
      text: z.string().meta({ description: 'The whole message, its secrets struck out' }),
    }),
    z.object({
      type: z.literal('left-out').meta({ description: 'So many messages are not shown here' }),
      count: z.number(),
    }),
    z.object({ type: z.literal('idle').meta({ description: 'Nothing to tell' }), at: instant }),
    z.object({ type: z.literal('end'), reason: z.string() }),
  ])
  .meta({ id: 'TraceLine', description: 'A SIP message, or a word about what is between them' });

export const traceLines = z.object({ lines: listOf(traceLine) });

const message = z
  .object({
    id: z.string(),
    account: z.string(),
    mailbox: z.string(),
    called: z.string(),
    caller: z.string(),
    at: instant,
    lengthMs: z.number(),
    heardAt: instant.optional().meta({ description: 'Absent: it is new' }),
  })
  .meta({ id: 'VoicemailMessage' });

const auditEntry = z
  .object({
    id: z.string(),
    at: instant,
    account: z.string(),
    who: z.string(),
    how: z.enum(['api', 'cli', 'telephone', 'feature-code', 'sms', 'node']),
    what: z.string(),
  })
  .meta({ id: 'AuditEntry', description: 'Who changed what on an account, when and how' });

export const auditPage = z.object({ entries: listOf(auditEntry), next: z.string().optional() });

const finding = z
  .object({
    check: z.enum(Object.keys(WEIGHTS) as [CheckName, ...CheckName[]]),
    result: z.enum(['passed', 'failed', 'not-applicable']),
    text: z.string(),
    todo: z.string().optional().meta({ description: 'Where it failed: a command or a setting' }),
  })
  .meta({ id: 'ReadinessFinding' });

const readiness = z
  .object({
    number: z.string(),
    account: z.string(),
    score: z.number().meta({ description: '0 to 100: the share of the checks that apply, by their weights' }),
    findings: listOf(finding),
  })
  .meta({ id: 'Readiness', description: 'How ready a number is for the loss of its site' });

export const readinessPage = z.object({
  at: instant,
  numbers: listOf(readiness),
  next: z.string().optional(),
});

const rehearsedStep = {
  step: z.number().meta({ description: 'Of the plan, from 1' }),
  who: z.string(),
  result: z.enum(['works', 'failed', 'not-rung', 'skipped']).meta({
    description: 'not-rung: its way is there; skipped: its hours are others, or no call comes there',
  }),
  text: z.string(),
  tookMs: z.number(),
};

const planRehearsal = z
  .object({
    number: z.string(),
    account: z.string(),
    at: instant,
    by: z.string(),
    dialled: z.boolean(),
    passed: z.boolean(),
    why: z.string().optional().meta({ description: 'What kept it from passing' }),
    summary: z.string().meta({ description: 'Who answers a caller, and after how long' }),
    answeredBy: z.string().optional(),
    answeredAfterMs: z.number().optional(),
    steps: listOf(z.object(rehearsedStep)),
    heard: listOf(z.object({ number: z.string(), at: instant })).meta({
      description: 'Telephones where somebody pressed 1, in this rehearsal or an earlier one',
    }),
  })
  .meta({ id: 'PlanRehearsal' });

export const rehearsalLine = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('note'), time: instant, step: z.number(), text: z.string() }),
    z.object({ type: z.literal('step'), time: instant, ...rehearsedStep }),
    z.object({ type: z.literal('end'), time: instant, rehearsal: planRehearsal }),
  ])
  .meta({ id: 'RehearsalLine', description: 'What is tried, what came of it, and at the end of all' });

export const newCodes = z
  .object({
    account: z.string(),
    id: z.string().meta({ description: 'Names the account on the telephone' }),
    codes: listOf(z.string()),
  })
  .meta({ id: 'NewCodes', description: 'Told this once; only hashes are kept' });

// Lists, each under its own name, so that an answer can grow beside it.

export const accountList = z.object({ accounts: listOf(account) });
export const soundList = z.object({ sounds: listOf(soundView) });
export const messageList = z.object({ messages: listOf(message) });
export const phoneList = z.object({ phones: listOf(phone) });
export const numberList = z.object({ numbers: listOf(number) });
export const callList = z.object({ calls: listOf(call) });
export const trunkList = z.object({ trunks: listOf(trunk) });
export const doorList = z.object({ doors: listOf(door) });
