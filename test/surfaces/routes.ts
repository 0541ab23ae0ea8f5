// The routes of the API as its tests call them, and what each must ask of the use-cases.

import type { UseCase } from './example-admin.ts';

/** Every route under /v1, what it asks of the use-cases, and its status. */
export const ROUTES: readonly {
  readonly call: string;
  readonly body?: unknown;
  readonly asks: readonly [UseCase, ...unknown[]];
  readonly status?: number;
}[] = [
  { call: 'GET /v1/accounts', asks: ['accounts'] },
  { call: 'GET /v1/accounts/acme', asks: ['account', 'acme'] },
  {
    call: 'PUT /v1/accounts/acme',
    body: { phones: [{ user: 'reception' }] },
    asks: ['putAccount', { name: 'acme', phones: [{ user: 'reception' }] }],
  },
  { call: 'DELETE /v1/accounts/acme', asks: ['removeAccount', 'acme'], status: 204 },
  { call: 'GET /v1/phones', asks: ['phones', undefined] },
  { call: 'GET /v1/phones?account=acme', asks: ['phones', 'acme'] },
  { call: 'GET /v1/phones/reception', asks: ['phone', 'reception'] },
  {
    call: 'PUT /v1/accounts/acme/phones/workshop',
    body: { displayName: 'Workshop' },
    asks: ['putPhone', 'acme', { user: 'workshop', displayName: 'Workshop' }],
  },
  { call: 'DELETE /v1/phones/workshop', asks: ['removePhone', 'workshop'], status: 204 },
  { call: 'GET /v1/numbers', asks: ['numbers', undefined] },
  { call: 'GET /v1/numbers/+442079460000', asks: ['number', '+442079460000'] },
  {
    call: 'PUT /v1/accounts/acme/numbers/+442079460000',
    body: { plan: [{ ring: 'reception', for: '20s' }] },
    asks: ['putNumber', 'acme', { number: '+442079460000', plan: [{ ring: 'reception', for: '20s' }] }],
  },
  { call: 'DELETE /v1/numbers/+442079460000', asks: ['removeNumber', '+442079460000'], status: 204 },
  {
    call: 'PUT /v1/numbers/+442079460000/plan',
    body: [{ dial: '+447700900123' }],
    asks: ['setPlan', '+442079460000', [{ dial: '+447700900123' }]],
  },
  {
    call: 'PUT /v1/numbers/+442079460000/divert',
    body: { to: '+447700900123', until: '2h' },
    asks: ['setDivert', '+442079460000', { to: '+447700900123', until: '2h' }, 'api'],
  },
  { call: 'DELETE /v1/numbers/+442079460000/divert', asks: ['clearDivert', '+442079460000', 'api'] },
  {
    call: 'PUT /v1/numbers/+442079460000/forwards/busy',
    body: { voicemail: 'reception' },
    asks: ['setForward', '+442079460000', 'busy', { voicemail: 'reception' }, 'api'],
  },
  {
    call: 'DELETE /v1/numbers/+442079460000/forwards/no-answer',
    asks: ['clearForward', '+442079460000', 'no-answer', 'api'],
  },
  {
    call: 'POST /v1/accounts/acme/control',
    body: { do: 'set-pin', pin: '739164' },
    asks: ['changeControl', 'acme', { do: 'set-pin', pin: '739164' }, 'api'],
  },
  { call: 'POST /v1/accounts/acme/control/codes', asks: ['makeCodes', 'acme', 'api'] },
  {
    call: 'GET /v1/messages?account=acme&mailbox=reception',
    asks: ['sounds.messages', 'acme', 'reception'],
  },
  {
    call: 'GET /v1/series?names=calls.offered,audio.mos&from=2026-11-24T09:00:00Z&points=200',
    asks: [
      'series',
      { names: ['calls.offered', 'audio.mos'], from: Date.parse('2026-11-24T09:00:00Z'), points: 200 },
    ],
  },
  {
    call: 'GET /v1/readiness?account=acme&failing=true&limit=5&cursor=%2B442079460000',
    asks: ['readiness', { account: 'acme', failing: true, limit: 5, cursor: '+442079460000' }],
  },
  { call: 'GET /v1/notices?account=acme&limit=5', asks: ['notices.list', 'acme', 5] },
  { call: 'POST /v1/notices/retry', body: { id: 'notice-1' }, asks: ['notices.retry', 'notice-1'] },
  {
    call: 'POST /v1/notices/test',
    body: { email: 'owner@example.net' },
    asks: ['notices.test', { email: 'owner@example.net' }],
  },
  { call: 'GET /v1/messages/message-1/recording', asks: ['sounds.message', 'message-1', 'api'] },
  { call: 'DELETE /v1/messages/message-1', asks: ['sounds.deleteMessage', 'message-1', 'api'], status: 204 },
  { call: 'GET /v1/accounts/acme/sounds', asks: ['sounds.list', 'acme'] },
  { call: 'GET /v1/accounts/acme/sounds/welcome', asks: ['sounds.get', 'acme', 'welcome'] },
  {
    call: 'PUT /v1/accounts/acme/sounds/welcome',
    body: { text: 'Welcome to Acme.' },
    asks: ['sounds.set', 'acme', 'welcome', { text: 'Welcome to Acme.' }, 'api'],
  },
  {
    call: 'DELETE /v1/accounts/acme/sounds/welcome',
    asks: ['sounds.remove', 'acme', 'welcome', 'api'],
    status: 204,
  },
  {
    call: 'GET /v1/accounts/acme/mailboxes/reception/greeting',
    asks: ['sounds.greeting', 'acme', 'reception'],
  },
  {
    call: 'PUT /v1/accounts/acme/mailboxes/reception/greeting',
    body: { text: 'We are closed.' },
    asks: ['sounds.setGreeting', 'acme', 'reception', { text: 'We are closed.' }, 'api'],
    status: 204,
  },
  {
    call: 'DELETE /v1/accounts/acme/mailboxes/reception/greeting',
    asks: ['sounds.clearGreeting', 'acme', 'reception', 'api'],
    status: 204,
  },
  { call: 'GET /v1/audit?account=acme&limit=5', asks: ['audit', { account: 'acme', limit: 5 }] },
  {
    call: 'GET /v1/ledger?called=%2B442079460000&outcome=lost&since=2026-11-24T09:30:00Z&limit=5&cursor=x',
    asks: [
      'ledger',
      {
        called: '+442079460000',
        outcome: 'lost',
        since: Date.UTC(2026, 10, 24, 9, 30),
        limit: 5,
        cursor: 'x',
      },
    ],
  },
  { call: 'GET /v1/ledger/attempt-1', asks: ['ledgerEntry', 'attempt-1'] },
  { call: 'GET /v1/calls', asks: ['calls'] },
  { call: 'GET /v1/calls/call-1', asks: ['call', 'call-1'] },
  { call: 'DELETE /v1/calls/call-1', asks: ['hangUp', 'call-1'], status: 204 },
  { call: 'GET /v1/trunks', asks: ['trunks'] },
  { call: 'GET /v1/shield', asks: ['shield'] },
  { call: 'GET /v1/shield/abusers', asks: ['abusers'] },
  { call: 'DELETE /v1/shield/abusers/192.0.2.66', asks: ['pardon', '192.0.2.66'], status: 204 },
  { call: 'GET /v1/fraud', asks: ['fraud'] },
  { call: 'DELETE /v1/fraud/acme', asks: ['clearUnusual', 'acme'], status: 204 },
  {
    call: 'PUT /v1/fraud/acme/allowed/+353',
    body: { for: '2h' },
    asks: ['allowUnusual', 'acme', '+353', { for: '2h' }, 'api'],
  },
  {
    call: 'DELETE /v1/fraud/acme/allowed/+353',
    asks: ['disallowUnusual', 'acme', '+353'],
    status: 204,
  },
  { call: 'GET /v1/doors', asks: ['doors'] },
  { call: 'GET /v1/accounts/acme/door', asks: ['doors', 'acme'] },
  {
    call: 'POST /v1/accounts/acme/door',
    body: { do: 'move', grace: '2h' },
    asks: ['changeDoor', 'acme', { do: 'move', grace: '2h' }, 'api'],
  },
  { call: 'GET /v1/shield/rehearsal?rule=registrations', asks: ['rehearsal', 'registrations'] },
  {
    call: 'POST /v1/provision',
    body: 'accounts: []',
    asks: ['provision', 'accounts: []', { dryRun: false, by: 'api' }],
  },
  {
    call: 'POST /v1/provision?dryRun=true',
    body: 'accounts: []',
    asks: ['provision', 'accounts: []', { dryRun: true, by: 'api' }],
  },
  {
    call: 'POST /v1/rehearsals',
    body: { number: '+442079460000', dial: true },
    asks: ['rehearsePlan', { number: '+442079460000', dial: true }, 'api'],
  },
  { call: 'POST /v1/test-calls', body: { number: '+442079460000' }, asks: ['testCall', '+442079460000'] },
  { call: 'GET /v1/trace?phone=reception', asks: ['trace', { phone: 'reception' }] },
  {
    call: 'GET /v1/trace.pcap?number=020%207946%200000&since=2026-11-24T09:30:00Z',
    asks: ['traceFile', { number: '020 7946 0000', since: Date.UTC(2026, 10, 24, 9, 30) }],
  },
  { call: 'GET /v1/calls/attempt-1/trace', asks: ['traceKept', { call: 'attempt-1' }] },
  { call: 'GET /v1/calls/attempt-1/trace.pcap', asks: ['traceFile', { call: 'attempt-1' }] },
];
