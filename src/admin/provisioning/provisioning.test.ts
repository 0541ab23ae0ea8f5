// What a provisioning file means: the records it makes, the words it is told in, and what is wrong with it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { PLAIN_SECRETS } from '../../../test/admin-stage.ts';
import { nodeHashing } from '../../adapters/node-hashing/node-hashing.ts';
import { present } from '../../base/assert.ts';
import type { Account, Plan } from '../../ports/records.ts';
import { Directory } from '../../routing/directory.ts';
import { formatMistake, readDocument } from '../documents/document.ts';
import { Findings } from '../documents/findings.ts';
import { accountInputOf, compileAccounts } from './compile.ts';
import { describePlan } from './describe-plan.ts';
import { differences, writesFor } from './difference.ts';
import { formatSpan, parseSpans } from './hours.ts';
import { provisioningFile } from './schema.ts';

let ids = 100_001;

const PROMPTS = ['unavailable', 'closed'];

async function compile(yaml: string, stored: readonly Account[] = [], realm = 'voice.example.net') {
  const document = readDocument(yaml, provisioningFile);
  if (!document.ok) return { mistakes: document.error.map(formatMistake), accounts: [], newPasswords: [] };
  const findings = new Findings();
  const context = {
    stored: new Directory(stored),
    realm,
    country: 'GB',
    prompts: PROMPTS,
    trunks: ['carrier-a', 'carrier-b'],
    hashing: nodeHashing,
    secrets: PLAIN_SECRETS,
    newPassword: () => 'made-up-password',
    newControlId: () => String(ids++),
  };
  const { accounts } = document.value.value;
  const compiled = await compileAccounts(accounts, (index) => ['accounts', index], context, findings);
  return { ...compiled, mistakes: document.value.locate(findings.all).map(formatMistake) };
}

async function accountsOf(yaml: string, stored: readonly Account[] = []): Promise<readonly Account[]> {
  const { accounts, mistakes } = await compile(yaml, stored);
  assert.deepEqual(mistakes, []);
  return accounts;
}

/** One account with two phones and this plan. */
function withPlan(plan: string): string {
  return `accounts:
  - name: acme
    phones: [{ user: reception, password: secret-of-reception }, { user: workshop, password: secret-of-workshop }]
    hours: [{ name: office, zone: Europe/London, open: [mon-fri 09:00-17:30] }]
    numbers:
      - number: "+44 20 7946 0000"
        plan: ${plan}
`;
}

async function planOf(plan: string): Promise<Plan> {
  return present((await accountsOf(withPlan(plan)))[0]?.numbers[0], 'number').plan;
}

describe('a provisioning file', () => {
  test('becomes records, with passwords as hashes and defaults where nothing is said', async () => {
    const [acme] = await accountsOf(
      withPlan('[{ ring: [reception, workshop], for: 20s }, { dial: 07700 900123 }]'),
    );
    assert.deepEqual(acme, {
      name: 'acme',
      phones: ['reception', 'workshop'].map((user) => ({
        user,
        secret: {
          realm: 'voice.example.net',
          md5Ha1: nodeHashing.md5Hex(`${user}:voice.example.net:secret-of-${user}`),
          sha256Ha1: nodeHashing.sha256Hex(`${user}:voice.example.net:secret-of-${user}`),
        },
      })),
      numbers: [
        {
          number: '+442079460000',
          plan: {
            steps: [
              { type: 'ring', phones: ['reception', 'workshop'], order: 'together', forMs: 20_000 },
              { type: 'dial', number: '+447700900123', forMs: 30_000 },
            ],
          },
        },
      ],
      hours: [
        {
          name: 'office',
          zone: 'Europe/London',
          open: [{ days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1_050 }],
          holidays: [],
        },
      ],
      limits: {
        callsMax: 10,
        messageMinutesMax: 600,
        divertedCallsMax: 4,
        phonesMax: 100,
        bindingsPerPhoneMax: 10,
        destinationsAllowed: ['+44'],
        destinationsDenied: ['+449', '+4470'],
      },
    });
  });

  test('may be JSON', async () => {
    assert.equal((await accountsOf('{"accounts": [{"name": "acme"}]}'))[0]?.name, 'acme');
  });

  test('written back as a file means the same, and twice the same file is no difference', async () => {
    const first = await accountsOf(documented);
    const again = await accountsOf(JSON.stringify({ accounts: first.map(accountInputOf) }), first);
    assert.deepEqual(again, first);
    assert.deepEqual(
      (await accountsOf(documented, first)).flatMap((account, index) => differences(first[index], account)),
      [],
    );
  });

  test('without a password makes one for a new phone, and keeps that of a known one', async () => {
    const yaml = 'accounts: [{ name: acme, phones: [{ user: reception }] }]';
    const first = await compile(yaml);
    assert.deepEqual(first.newPasswords, [{ user: 'reception', password: 'made-up-password' }]);
    const second = await compile(yaml, first.accounts);
    assert.deepEqual(second.newPasswords, []);
    assert.deepEqual(second.accounts, first.accounts);
  });

  test('makes a new password where the domain has changed, for the old hashes are of no use', async () => {
    const yaml = 'accounts: [{ name: acme, phones: [{ user: reception }] }]';
    const moved = await compile(yaml, (await compile(yaml)).accounts, 'new.example.net');
    assert.equal(moved.newPasswords.length, 1);
    assert.equal(moved.accounts[0]?.phones[0]?.secret.realm, 'new.example.net');
  });

  test('leaves diverts as they are', async () => {
    const [before] = await accountsOf(withPlan('[{ ring: reception }]'));
    const known = present(before, 'account');
    const divert = { to: '+447700900456', since: 1, by: 'cli' };
    const diverted = { ...known, numbers: known.numbers.map((number) => ({ ...number, divert })) };
    const [after] = await accountsOf(withPlan('[{ ring: workshop }]'), [diverted]);
    assert.deepEqual(after?.numbers[0]?.divert, divert);
  });

  test('moves phones and numbers from account to account, even both ways at once', async () => {
    const swap = (first: string, second: string) =>
      `accounts:
  - { name: a, phones: [{ user: ${first}, password: password-1 }], numbers: [{ number: "+4420794600${first}", plan: [{ ring: "${first}" }] }] }
  - { name: b, phones: [{ user: ${second}, password: password-2 }], numbers: [{ number: "+4420794600${second}", plan: [{ ring: "${second}" }] }] }
`.replaceAll(/user: (\d+)/g, 'user: "$1"');
    const before = await accountsOf(swap('11', '22'));
    const after = await accountsOf(swap('22', '11'), before);
    const writes = writesFor(after, new Directory(before));
    // Both let go before either takes.
    assert.deepEqual(
      writes.map((write) =>
        write.type === 'account' ? write.account.phones.map(({ user }) => user).join() : '',
      ),
      ['', '', '22', '11'],
    );
  });
});

describe('a difference is told for people', () => {
  test('line by line', async () => {
    const before = await accountsOf(withPlan('[{ ring: [reception, workshop], for: 20s }]'));
    const after = await accountsOf(
      `accounts:
  - name: acme
    phones:
      - { user: reception, password: another-secret, displayName: Front, callerId: "+442079460000" }
      - { user: kitchen, password: secret-of-kitchen }
    numbers: [{ number: "+442079460000", plan: [{ ring: kitchen }, { dial: "+353861234567" }] }]
    limits: { callsMax: 20, divertedMinutesPerMonth: 300, destinationsAllowed: ["+44", "+353"] }
`,
      before,
    );
    const told = after.flatMap((account) => differences(before[0], account));
    assert.deepEqual(
      told.map(({ kind, subject, text }) => `${kind} ${subject}: ${text}`),
      [
        'changed limits: callsMax 10 → 20, destinationsAllowed +44 → +44 +353, divertedMinutesPerMonth none → 300',
        'removed hours office: ',
        'changed phone reception: new password, display name none → Front, caller ID none → +442079460000',
        'added phone kitchen: ',
        'removed phone workshop: ',
        'changed number +442079460000: rings kitchen for 30 s, then the mobile +353861234567',
      ],
    );
  });
});

describe('a plan in words', () => {
  const cases: readonly (readonly [plan: string, words: string])[] = [
    [
      '[{ ring: [reception, workshop], for: 20s }, { dial: "+447700900123", for: 30s }]',
      'rings reception and workshop for 20 s, then the mobile +447700900123',
    ],
    ['[{ ring: reception }]', 'rings reception for 30 s'],
    [
      '[{ ring: [workshop, reception], order: in-turn, for: 10s }, { ring: reception, for: 1m }]',
      'rings workshop and reception in turn, 10 s each, then rings reception for 60 s',
    ],
    ['[{ dial: "+442079460999", for: 45s }]', 'rings the number +442079460999 for 45 s'],
    [
      '[{ dial: "+442079460999", trunk: carrier-a, for: 45s }]',
      'rings the number +442079460999 over carrier-a for 45 s',
    ],
    ['[{ announcement: closed }]', 'plays the announcement "closed"'],
    [
      '[{ announcement: closed, outside: office }, { ring: reception, during: office }, { announcement: unavailable }]',
      'outside "office" plays the announcement "closed", then during "office" rings reception for 30 s, then the announcement "unavailable"',
    ],
  ];
  for (const [plan, words] of cases)
    test(words, async () => assert.equal(describePlan(await planOf(plan)), words));
});

describe('mistakes in a provisioning file', () => {
  const plans: readonly { title: string; plan: string; told: readonly string[] }[] = [
    {
      title: 'a step rings a phone that is not there',
      plan: '[{ ring: [reception, worksop] }, { ring: hall }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[0].ring[1]: no phone "worksop"; did you mean "workshop"?',
        'line 7, accounts[0].numbers[0].plan[1].ring: no phone "hall"; there are: reception, workshop',
      ],
    },
    {
      title: 'a step names hours or a prompt that are not there',
      plan: '[{ ring: reception, during: ofice }, { announcement: apology }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[0].during: no hours "ofice"; did you mean "office"?',
        'line 7, accounts[0].numbers[0].plan[1].announcement: no prompt "apology"; there are: unavailable, closed',
      ],
    },
    {
      title: 'a step dials over a trunk that is not there',
      plan: '[{ dial: "+447700900123", trunk: carier-a }, { dial: "+447700900124", trunk: backup }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[0].trunk: no outbound trunk "carier-a"; did you mean "carrier-a"?',
        'line 7, accounts[0].numbers[0].plan[1].trunk: no outbound trunk "backup"; there are: carrier-a, carrier-b',
      ],
    },
    {
      title: 'a step has no verb, or two',
      plan: '[{ for: 20s }, { ring: reception, dial: "+447700900123" }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[0]: has none: a step has exactly one of ring, dial, announcement, voicemail, menu',
        'line 7, accounts[0].numbers[0].plan[1]: has ring and dial: a step has exactly one of ring, dial, announcement, voicemail, menu',
      ],
    },
    {
      title: 'keys that do not go together',
      plan: '[{ dial: "+447700900123", order: in-turn }, { ring: reception, during: office, outside: office }, { announcement: closed, for: 5s }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[0].order: goes with ring only',
        'line 7, accounts[0].numbers[0].plan[1]: has during and outside; keep one',
        'line 7, accounts[0].numbers[0].plan[2].for: does not go with announcement: it goes on to its end',
      ],
    },
    {
      title: 'a step after the announcement that ends the call',
      plan: '[{ announcement: closed }, { ring: reception }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[1]: is never reached: the announcement before it ends the call',
      ],
    },
    {
      title: 'a number that is none, its own, or one that may not be called',
      plan: '[{ dial: mobile }, { dial: "020 7946 0000" }, { dial: "+449098790123" }, { dial: "+12025550123" }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[0].dial: "mobile" is not a telephone number; expected such as +442079460000',
        'line 7, accounts[0].numbers[0].plan[1].dial: dials the very number whose plan it is',
        'line 7, accounts[0].numbers[0].plan[2].dial: numbers beginning +449 are not allowed for the account',
        'line 7, accounts[0].numbers[0].plan[3].dial: +12025550123 is outside the destinations that the account may call',
      ],
    },
    {
      title: 'a step that rings too long, a phone twice, and nobody',
      plan: '[{ ring: [reception, reception], for: 6m }, { ring: [] }]',
      told: [
        'line 7, accounts[0].numbers[0].plan[0].ring[1]: names reception twice',
        'line 7, accounts[0].numbers[0].plan[0].for: must be from 1s to 5m',
        'line 7, accounts[0].numbers[0].plan[1].ring: names no phone',
      ],
    },
  ];
  for (const { title, plan, told } of plans)
    test(title, async () => assert.deepEqual((await compile(withPlan(plan))).mistakes, told));

  test('what belongs to another account, in the file or stored', async () => {
    const stored = await accountsOf(
      'accounts: [{ name: old, phones: [{ user: taken, password: password-1 }] }]',
    );
    const yaml = `accounts:
  - { name: a, numbers: [{ number: "+442079460001", plan: [{ announcement: closed }] }] }
  - { name: b, numbers: [{ number: 020 7946 0001, plan: [{ announcement: closed }] }] }
  - { name: b, phones: [{ user: taken, password: password-2 }] }
`;
    assert.deepEqual((await compile(yaml, stored)).mistakes, [
      'line 3, accounts[1].numbers[0].number: +442079460001 belongs to account a',
      'line 4, accounts[2].name: b is there twice',
      'line 4, accounts[2].phones[0].user: taken belongs to account old',
    ]);
  });

  test('phones that cannot be as they are written', async () => {
    const yaml = `accounts:
  - name: acme
    limits: { phonesMax: 2 }
    phones:
      - { user: reception, password: reception }
      - { user: reception, password: a-good-password }
      - { user: kitchen, password: a-good-password, callerId: "+442079460999" }
`;
    assert.deepEqual((await compile(yaml)).mistakes, [
      'line 4, accounts[0].phones: has 3 phones; limits.phonesMax is 2',
      'line 5, accounts[0].phones[0].password: is the user name, the first thing tried',
      'line 6, accounts[0].phones[1].user: reception is there twice',
      "line 7, accounts[0].phones[2].callerId: +442079460999 is not one of the account's numbers",
    ]);
  });

  test('hours that cannot be', async () => {
    const yaml = `accounts:
  - name: acme
    hours:
      - name: office
        zone: Europe/Lodnon
        open: [9 to 5, mon-fry 09:00-17:00, mon 09:00-25:00, tue 09:60-10:00, wed 09:00-09:00]
        holidays: [2026-02-29, Christmas]
      - { name: office, zone: BST!, open: [daily 00:00-24:00] }
`;
    assert.deepEqual((await compile(yaml)).mistakes, [
      'line 5, accounts[0].hours[0].zone: there is no time zone "Europe/Lodnon"; did you mean "Europe/London"?',
      'line 6, accounts[0].hours[0].open[0]: expected days and times, such as mon-fri 09:00-17:30',
      'line 6, accounts[0].hours[0].open[1]: "mon-fry" are no days; they are written mon-fri, sat, sun or daily',
      'line 6, accounts[0].hours[0].open[2]: "09:00-25:00" is no time of day; expected such as 09:00-17:30',
      'line 6, accounts[0].hours[0].open[3]: "09:60-10:00" is no time of day; expected such as 09:00-17:30',
      'line 6, accounts[0].hours[0].open[4]: "09:00-09:00" begins and ends at once; the whole day is 00:00-24:00',
      'line 7, accounts[0].hours[0].holidays[0]: "2026-02-29" is no date; expected such as 2026-12-25',
      'line 7, accounts[0].hours[0].holidays[1]: "Christmas" is no date; expected such as 2026-12-25',
      'line 8, accounts[0].hours[1].zone: there is no time zone "BST!"; expected such as Europe/London',
      'line 8, accounts[0].hours[1].name: "office" is there twice',
    ]);
  });
});

describe('hours as text', () => {
  const minute = fc.integer({ min: 0, max: 1_439 });
  const spans = fc.record({
    days: fc
      .uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
      .map((days) => days.sort((a, b) => a - b)),
    fromMinute: minute,
    toMinute: fc.integer({ min: 0, max: 1_440 }),
  });

  test('read back as what was written', async () => {
    fc.assert(
      fc.property(spans, (anything) => {
        const span = { ...anything };
        fc.pre(span.fromMinute !== span.toMinute);
        assert.deepEqual(parseSpans(formatSpan(span)), { ok: true, value: [span] });
      }),
    );
  });

  test('days in a row are a range, which may run over the weekend', async () => {
    assert.equal(
      formatSpan({ days: [1, 2, 3, 6, 7], fromMinute: 540, toMinute: 1_440 }),
      'mon-wed,sat,sun 09:00-24:00',
    );
    const read = parseSpans('sat-mon 9:00-10:00,11:00-12:00');
    assert.deepEqual(read, {
      ok: true,
      value: [
        { days: [1, 6, 7], fromMinute: 540, toMinute: 600 },
        { days: [1, 6, 7], fromMinute: 660, toMinute: 720 },
      ],
    });
  });
});

const docs = readFileSync(new URL('../../../docs/provisioning.md', import.meta.url), 'utf8');
const documented = present(/```yaml\n([\s\S]*?)```/.exec(docs)?.[1], 'example');

describe('docs/provisioning.md', () => {
  test('shows an example that is taken', async () => {
    const [acme] = await accountsOf(documented);
    assert.equal(acme?.phones.length, 3);
    assert.deepEqual(acme?.limits.destinationsAllowed, ['+44', '+353']);
  });

  test('lists exactly the keys that may be written', async () => {
    const listed = [...docs.matchAll(/^\| `([a-z][\w.[\]]*)` \|/gm)].map(([, key]) => key);
    const sections = ['phones', 'numbers', 'hours', 'mailboxes', 'menus', 'control', 'contacts'];
    const keys = keysOf(provisioningFile.shape.accounts.element);
    assert.deepEqual(listed.toSorted(), [...keys, ...sections, 'limits', 'numbers[].plan'].toSorted());
  });
});

/** `name`, `phones[].user`, `limits.callsMax`, … of what one account takes. */
function keysOf(schema: z.core.$ZodType, path = ''): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap(), path);
  // The steps of menus are those of plans.
  if (path.startsWith('menus[].')) return [path];
  if (path === 'control.mobiles') return [path];
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject)
    return keysOf(schema.element, `${path}[]`);
  if (!(schema instanceof z.ZodObject)) return [path];
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  return Object.entries(shape).flatMap(([key, value]) => keysOf(value, path === '' ? key : `${path}.${key}`));
}
