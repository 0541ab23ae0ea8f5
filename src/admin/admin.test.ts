// What customers have, as an operator changes it: by file, and piece by piece.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { FILE, MOBILE, NUMBER, Stage } from '../../test/admin-stage.ts';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { RingthroughError } from '../base/errors.ts';

let stage = new Stage();
beforeEach(() => {
  stage = new Stage();
});

describe('provisioning', () => {
  test('stores the accounts, tells the node, and says what it did', async () => {
    const report = await stage.provisioned();
    assert.deepEqual(
      report.changes.map(({ kind, account, subject, text }) => [kind, account, subject, text].join('|')),
      [
        'added|acme|account|10 calls at once, 4 of them diverted; may call +44',
        `added|acme|phone reception|caller ID ${NUMBER}`,
        'added|acme|phone workshop|',
        `added|acme|number ${NUMBER}|rings reception and workshop for 20 s, then the mobile ${MOBILE}`,
      ],
    );
    assert.deepEqual(stage.node.directories, [await stage.store.accounts()]);
  });

  test('of the same file again writes nothing and disturbs nobody', async () => {
    await stage.provisioned();
    const { changes } = await stage.provisioned();
    assert.deepEqual(changes, []);
    assert.equal(stage.store.batches.length, 1);
    assert.equal(stage.node.directories.length, 1);
  });

  test('as a dry run shows the difference and changes nothing', async () => {
    const report = await stage.admin.provision('accounts: [{ name: acme, phones: [{ user: hall }] }]', {
      dryRun: true,
    });
    assert.deepEqual(
      report.changes.map(({ subject }) => subject),
      ['account', 'phone hall'],
    );
    assert.deepEqual([report.dryRun, report.newPasswords], [true, []]);
    assert.deepEqual(await stage.store.accounts(), []);
    assert.deepEqual(stage.node.directories, []);
  });

  test('with a mistake changes nothing, and names the line', async () => {
    await assert.rejects(
      stage.admin.provision(FILE.replace('[reception, workshop]', 'receptoin'), { dryRun: false }),
      {
        code: 'PROVISION_INVALID',
        message:
          'the provisioning file: line 6, accounts[0].numbers[0].plan[0].ring: no phone "receptoin"; did you mean "reception"?',
        mistakes: [
          {
            path: 'accounts[0].numbers[0].plan[0].ring',
            reason: 'no phone "receptoin"; did you mean "reception"?',
            line: 6,
          },
        ],
      },
    );
    assert.deepEqual(await stage.store.accounts(), []);
  });

  test('leaves accounts alone that the file does not name', async () => {
    await stage.provisioned();
    await stage.admin.provision('accounts: [{ name: bond }]', { dryRun: false });
    assert.deepEqual(
      (await stage.admin.accounts()).map(({ name }) => name),
      ['acme', 'bond'],
    );
  });

  test('tells a made password once, and it is the one that opens the phone', async () => {
    const report = await stage.admin.provision('accounts: [{ name: bond, phones: [{ user: desk }] }]', {
      dryRun: false,
    });
    const [made] = report.newPasswords;
    assert.match(made?.password ?? '', /^[a-km-np-z2-9]{16}$/);
    const [phone] = (await stage.stored()).phones;
    assert.equal(phone?.secret.md5Ha1, nodeHashing.md5Hex(`desk:voice.example.net:${made?.password}`));
    assert.doesNotMatch(JSON.stringify(await stage.admin.account('bond')), /secret|[0-9a-f]{32}/i);
  });

  test('that the store refuses leaves node and views as they were, and can be tried again', async () => {
    stage.store.failing = new RingthroughError('STORE_FULL', 'the disk is full');
    await assert.rejects(stage.provisioned(), { code: 'STORE_FULL' });
    assert.deepEqual([await stage.admin.accounts(), stage.node.directories], [[], []]);
    stage.store.failing = undefined;
    await stage.provisioned();
    assert.equal((await stage.admin.accounts()).length, 1);
  });
});

describe('one account after another', () => {
  beforeEach(() => stage.provisioned());

  test('shows its phones with what is registered, and its plans in words', async () => {
    const account = await stage.admin.account('acme');
    assert.deepEqual(
      account.phones.map(({ user, callerId, bindings }) => [user, callerId, bindings.length]),
      [
        ['reception', NUMBER, 1],
        ['workshop', undefined, 0],
      ],
    );
    assert.equal(
      account.numbers[0]?.planText,
      `rings reception and workshop for 20 s, then the mobile ${MOBILE}`,
    );
    assert.deepEqual(account.numbers[0]?.plan, [
      { ring: ['reception', 'workshop'], for: '20s' },
      { dial: MOBILE, for: '30s' },
    ]);
  });

  test('is put as a whole, and then is so and no more', async () => {
    const { account, newPasswords } = await stage.admin.putAccount({
      name: 'acme',
      phones: [{ user: 'reception' }],
    });
    assert.deepEqual([account.numbers, account.phones.length, newPasswords], [[], 1, []]);
  });

  test('is removed with all that it has', async () => {
    await stage.admin.removeAccount('acme');
    assert.deepEqual(
      [await stage.admin.accounts(), await stage.store.accounts(), stage.node.directories.at(-1)],
      [[], [], []],
    );
    await assert.rejects(stage.admin.removeAccount('acme'), {
      code: 'NOT_FOUND',
      message: 'there is no account "acme"',
    });
  });

  test('keeps its stored records whatever a restart of the use-cases sees', async () => {
    const before = await stage.admin.account('acme');
    stage.admin = stage.openAdmin();
    assert.deepEqual(await stage.admin.account('acme'), before);
  });
});

describe('phones', () => {
  beforeEach(() => stage.provisioned());

  test('one is added with a password made for it, and the others keep theirs', async () => {
    const before = await stage.stored();
    const { phone, newPassword } = await stage.admin.putPhone('acme', {
      user: 'kitchen',
      displayName: 'Kitchen',
    });
    assert.deepEqual([phone.user, phone.displayName, phone.bindings], ['kitchen', 'Kitchen', []]);
    assert.equal(newPassword?.user, 'kitchen');
    assert.deepEqual((await stage.stored()).phones.slice(0, 2), before.phones);
  });

  test('one is changed without a new password being made', async () => {
    const { newPassword } = await stage.admin.putPhone('acme', { user: 'reception', displayName: 'Front' });
    assert.equal(newPassword, undefined);
    assert.deepEqual((await stage.admin.phone('reception')).callerId, undefined);
  });

  test('a mistake in the request is told by its place in the request', async () => {
    await assert.rejects(stage.admin.putPhone('acme', { user: 'kitchen', callerId: '+442079460999' }), {
      code: 'INVALID_INPUT',
      mistakes: [{ path: 'callerId', reason: "+442079460999 is not one of the account's numbers" }],
    });
    await assert.rejects(stage.admin.putPhone('acme', { user: 'a b', password: 'short' }), {
      code: 'INVALID_INPUT',
      message:
        'the request has 2 mistakes; the first: user: must be letters, digits, dots, hyphens and underscores',
    });
    await assert.rejects(stage.admin.putPhone('bond', { user: 'kitchen' }), { code: 'NOT_FOUND' });
  });

  test('one that a plan rings is not removed until the plan is changed', async () => {
    await assert.rejects(stage.admin.removePhone('workshop'), {
      code: 'CONFLICT',
      message: `the plan of ${NUMBER} rings workshop; change the plan first`,
    });
    await stage.admin.setPlan(NUMBER, [{ ring: 'reception' }]);
    await stage.admin.removePhone('workshop');
    await assert.rejects(stage.admin.phone('workshop'), {
      code: 'NOT_FOUND',
      message: 'there is no phone "workshop"',
    });
  });

  test('are listed of one account or of all', async () => {
    await stage.admin.putAccount({ name: 'bond', phones: [{ user: 'desk' }] });
    const users = async (account?: string) =>
      (await stage.admin.phones(account)).map(({ user }) => user).join(' ');
    assert.deepEqual([await users(), await users('bond')], ['reception workshop desk', 'desk']);
    await assert.rejects(stage.admin.phones('nobody'), { code: 'NOT_FOUND' });
  });
});

describe('numbers and plans', () => {
  beforeEach(() => stage.provisioned());

  test('a number is added as people write it, and the default destinations follow it', async () => {
    const view = await stage.admin.putNumber('acme', {
      number: '+353 1 234 5678',
      plan: [{ ring: 'reception' }],
    });
    assert.deepEqual([view.number, view.planText], ['+35312345678', 'rings reception for 30 s']);
    assert.deepEqual((await stage.stored()).limits.destinationsAllowed, ['+353', '+44']);
  });

  test('destinations that somebody chose do not follow new numbers', async () => {
    await stage.admin.putAccount({ name: 'bond', limits: { destinationsAllowed: ['+4420'] } });
    await stage.admin.putNumber('bond', { number: '+353 1 234 5678', plan: [{ announcement: 'closed' }] });
    assert.deepEqual((await stage.admin.account('bond')).limits.destinationsAllowed, ['+4420']);
  });

  test('a number is read in the national format too', async () => {
    assert.equal((await stage.admin.number('020 7946 0000')).number, NUMBER);
    await assert.rejects(stage.admin.number('reception'), {
      code: 'INVALID_INPUT',
      mistakes: [
        { path: 'number', reason: '"reception" is not a telephone number; expected such as +442079460000' },
      ],
    });
    await assert.rejects(stage.admin.number('+442079460999'), {
      code: 'NOT_FOUND',
      message: 'there is no number +442079460999 on this node',
    });
  });

  test('a plan is set, and its mistakes are told by their place in it', async () => {
    const view = await stage.admin.setPlan(NUMBER, [{ ring: 'workshop' }, { announcement: 'closed' }]);
    assert.equal(view.planText, 'rings workshop for 30 s, then the announcement "closed"');
    await assert.rejects(stage.admin.setPlan(NUMBER, [{ ring: ['reception', 'hall'] }]), {
      code: 'INVALID_INPUT',
      mistakes: [{ path: '[0].ring[1]', reason: 'no phone "hall"; there are: reception, workshop' }],
    });
    assert.equal((await stage.admin.number(NUMBER)).planText, view.planText);
  });

  test('a number of another account is refused', async () => {
    await stage.admin.putAccount({ name: 'bond' });
    await assert.rejects(
      stage.admin.putNumber('bond', { number: NUMBER, plan: [{ announcement: 'closed' }] }),
      {
        code: 'INVALID_INPUT',
        mistakes: [{ path: 'number', reason: `${NUMBER} belongs to account acme` }],
      },
    );
  });

  test('a number that a phone presents is not removed until it no longer does', async () => {
    await assert.rejects(stage.admin.removeNumber(NUMBER), {
      code: 'CONFLICT',
      message: `phone reception presents ${NUMBER} as its caller ID; change that first`,
    });
    await stage.admin.putPhone('acme', { user: 'reception' });
    await stage.admin.removeNumber(NUMBER);
    assert.deepEqual(await stage.admin.numbers(), []);
  });
});

describe('changes at the same time', () => {
  test('are made one after another, and none overwrites another', async () => {
    await stage.provisioned();
    const users = Array.from({ length: 20 }, (_, index) => `phone-${index}`);
    const results = await Promise.allSettled([
      ...users.map((user) => stage.admin.putPhone('acme', { user, password: `secret-of-${user}` })),
      stage.admin.removePhone('nobody'),
      stage.admin.setDivert(NUMBER, { to: MOBILE }, 'api'),
    ]);
    assert.equal(results.filter(({ status }) => status === 'rejected').length, 1);
    const account = await stage.stored();
    assert.equal(account.phones.length, 22);
    assert.equal(account.numbers[0]?.divert?.to, MOBILE);
    assert.deepEqual(stage.node.directories.at(-1), [account]);
  });
});
