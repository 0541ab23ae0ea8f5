import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  deletes,
  hears,
  leaves,
  message,
  subscriptions,
  VOICEMAIL,
  withLamps,
} from '../../test/stories/mailboxes.ts';
import { accountOf } from '../../test/stories/office.ts';
import { BEGINNING, DOMAIN } from '../../test/stories/stage.ts';
import { said, Watcher } from '../../test/stories/watcher.ts';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';

describe('SUBSCRIBE to a mailbox (RFC 3842)', () => {
  const story = withLamps(VOICEMAIL);

  story('is challenged, granted, and followed by a NOTIFY at once', (office) => {
    const watcher = new Watcher(office.reception);
    const ok = watcher.granted(watcher.subscribes(1_800));
    assert.equal(ok.headers.get('Expires'), '1800');
    assert.equal(ok.headers.get('Contact'), '<sip:ringthrough@203.0.113.7:5060>');
    const { request } = watcher.told();
    assert.equal(request.uri, 'sip:reception@192.0.2.10:5060');
    assert.equal(request.headers.get('Content-Type'), 'application/simple-message-summary');
    assert.equal(request.headers.get('Subscription-State'), 'active;expires=1800');
    assert.equal(
      new TextDecoder().decode(request.body),
      `Messages-Waiting: yes\r\nMessage-Account: sip:*97@${DOMAIN}\r\nVoice-Message: 2/1 (0/0)\r\n`,
    );
  });

  story('may name what the phone dials to listen, or one mailbox alone', (office) => {
    const counts = ['*97', 'front', 'all'].map((name) => {
      const watcher = new Watcher(office.reception, { uri: `sip:${name}@${DOMAIN}` });
      return said(watcher.begins())[1];
    });
    assert.deepEqual(counts, ['2/1', '1/1', '1/0']);
  });

  story('of somebody else’s is refused, and so is one of a phone without any', (office) => {
    for (const name of ['reception', 'front', 'nobody']) {
      const nosy = new Watcher(office.workshop, { uri: `sip:${name}@${DOMAIN}` });
      nosy.subscribes(3_600).expect(403);
    }
    new Watcher(office.attic).subscribes(3_600).expect(404);
    assert.equal(subscriptions(office), 0);
  });

  story(
    'to another event package gets 489 and hears of ours, before anybody is asked who it is',
    (office) => {
      for (const event of ['presence', 'dialog', 'reg', 'message-summary.winfo', '']) {
        const watcher = new Watcher(office.reception, { event });
        const refused = office.reception.send(watcher.compose(3_600)).expect(489);
        assert.equal(refused.headers.get('Allow-Events'), 'message-summary');
      }
    },
  );

  story('that could not read the summary gets 406', (office) => {
    const watcher = new Watcher(office.reception);
    office.reception.send(watcher.compose(3_600, [['Accept', 'application/pidf+xml']])).expect(406);
    watcher.begins(3_600, [['Accept', 'text/plain, application/simple-message-summary;q=0.5']]);
  });

  story('for too short a time gets 423, for too long an hour, without a time an hour', (office) => {
    const brief = office.reception.send(new Watcher(office.reception).compose(59)).expect(423);
    assert.equal(brief.headers.get('Min-Expires'), '60');
    for (const seconds of [60_000, undefined]) {
      const watcher = new Watcher(office.reception);
      const ok = watcher.granted(watcher.subscribes(seconds));
      assert.equal(ok.headers.get('Expires'), '3600');
      watcher.told();
    }
  });

  story('with Expires: 0 is answered with the state, once, and nothing is kept (§4.4.3)', (office) => {
    assert.deepEqual(said(new Watcher(office.reception).begins(0)), ['terminated;reason=timeout', '2/1']);
    assert.equal(subscriptions(office), 0);
  });

  story('repeats the id of its Event, in compact form too', (office) => {
    const watcher = new Watcher(office.reception, { event: 'message-summary;id=7' });
    watcher.begins();
    const composed = watcher.compose(3_600);
    const text = [...composed.headers.rows()].map(
      ([name, value]) => `${name === 'Event' ? 'o' : name}: ${value}`,
    );
    assert.ok(text.includes('o: message-summary;id=7'));
  });

  story('goes back by the way of proxies that stay on it (Record-Route)', (office) => {
    const watcher = new Watcher(office.reception);
    const route = '<sip:198.51.100.77;lr>';
    const sent = watcher.subscribes(3_600, [['Record-Route', route]]);
    assert.equal(watcher.granted(sent).headers.get('Record-Route'), route);
    assert.equal(watcher.told().request.headers.get('Route'), route);
  });

  story('is answered once, however often it comes', (office) => {
    const watcher = new Watcher(office.reception);
    const sent = watcher.subscribes(3_600);
    office.reception.repeats(sent);
    watcher.granted(sent);
    sent.expectNothing();
    watcher.told();
    assert.equal(subscriptions(office), 1);
  });

  story('of a dialog that is not known gets 481, without a challenge', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.remembers('before-the-restart');
    office.reception.send(watcher.compose(3_600)).expect(481);
  });
});

describe('a subscription', () => {
  const story = withLamps(VOICEMAIL);

  story('is told of what is left, heard and deleted', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins();
    const told = [
      () => leaves(office, message('d', 'front', office.stage.now)),
      () => hears(office, 'a'),
      () => deletes(office, 'b'),
    ].map((happens) => {
      office.pass(2 * SECOND_MS);
      happens();
      return said(watcher.told())[1];
    });
    assert.deepEqual(told, ['3/1', '2/2', '2/1']);
  });

  story(
    'is told nothing before the message is durable, and nothing of one that could not be kept',
    (office) => {
      const watcher = new Watcher(office.reception);
      watcher.begins();
      office.pass(2 * SECOND_MS);
      office.stage.storeHeld = true;
      leaves(office, message('d'));
      office.pass(2 * SECOND_MS);
      assert.deepEqual(office.reception.unmentioned(), []);
      office.stage.storeAnswers();
      assert.deepEqual(said(watcher.told())[1], '3/1');
      office.stage.storeHeld = true;
      leaves(office, message('e'));
      office.stage.storeFails('the disk is full');
      office.stage.storeHeld = false;
      office.pass(2 * SECOND_MS);
      assert.deepEqual(office.reception.unmentioned(), []);
    },
  );

  const old = message('old', 'front', BEGINNING - 30 * DAY_MS + MINUTE_MS);
  withLamps({ ...VOICEMAIL, messages: [old] })('is told of messages that are kept no longer', (office) => {
    const watcher = new Watcher(office.reception);
    assert.equal(said(watcher.begins())[1], '1/0');
    office.pass(MINUTE_MS);
    assert.equal(said(watcher.told())[1], '0/0');
  });

  story('is told many changes as one, once a second', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins();
    for (let n = 0; n < 9; n++) leaves(office, message(`m${n}`));
    assert.deepEqual(office.reception.unmentioned(), []);
    office.pass(SECOND_MS);
    assert.equal(said(watcher.told())[1], '11/1');
    hears(office, 'm1');
    hears(office, 'm2');
    office.pass(SECOND_MS);
    assert.equal(said(watcher.told())[1], '9/3');
  });

  story('is told one thing at a time: what changes meanwhile waits for the answer', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.granted(watcher.subscribes(3_600));
    const first = watcher.heard();
    office.pass(3 * SECOND_MS);
    leaves(office, message('d'));
    watcher.granted(watcher.subscribes(3_600));
    office.pass(3 * SECOND_MS);
    assert.deepEqual(office.reception.unmentioned(), []);
    first.reply(200);
    const next = watcher.told();
    assert.equal(said(next)[1], '3/1');
    assert.equal(next.request.cseq?.number, (first.request.cseq?.number ?? 0) + 1);
  });

  story('may be told before it is granted: a lost 200 is made good by its repetition', (office) => {
    const watcher = new Watcher(office.reception);
    office.reception.misses('SIP/2.0 200');
    const sent = watcher.subscribes(3_600);
    assert.equal(said(watcher.told())[1], '2/1');
    office.reception.repeats(sent);
    watcher.granted(sent);
    office.pass(2 * SECOND_MS);
    leaves(office, message('d'));
    assert.equal(said(watcher.told())[1], '3/1');
  });

  story('gets a lost NOTIFY again', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins();
    office.pass(2 * SECOND_MS);
    office.reception.misses('NOTIFY');
    leaves(office, message('d'));
    assert.deepEqual(office.reception.unmentioned(), []);
    office.pass(SECOND_MS / 2);
    assert.equal(said(watcher.told())[1], '3/1');
  });

  story('lives on by being refreshed, and is told then whether or not anything changed', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins(600);
    for (let n = 0; n < 4; n++) {
      office.pass(9 * MINUTE_MS);
      office.reception.registers().expect(200);
      assert.deepEqual(said(watcher.begins(600)), ['active;expires=600', '2/1']);
    }
    assert.equal(subscriptions(office), 1);
  });

  story('is challenged when it is refreshed, and keeps its credentials’ owner', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins();
    office.reception.send(watcher.compose(3_600)).expect(401);
    office.workshop.authorises(watcher.compose(0)).expect(403);
    assert.equal(subscriptions(office), 1);
  });

  story('takes no refresh out of order (RFC 3261 §12.2.2)', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins();
    watcher.cseq = -2;
    watcher.subscribes(3_600).expect(500);
    watcher.cseq = 10;
    watcher.begins();
  });

  story('ends when its time is up, and says so', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins(120);
    office.pass(119 * SECOND_MS);
    assert.deepEqual(office.reception.unmentioned(), []);
    office.pass(SECOND_MS);
    assert.deepEqual(said(watcher.told()), ['terminated;reason=timeout', '2/1']);
    assert.equal(subscriptions(office), 0);
    office.reception.send(watcher.compose(120)).expect(481);
  });

  story('is saved by a refresh that crosses its end while a NOTIFY is unanswered', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins(60);
    office.pass(50 * SECOND_MS);
    leaves(office, message('d'));
    const waiting = watcher.heard();
    office.pass(12 * SECOND_MS);
    watcher.granted(watcher.subscribes(60));
    waiting.reply(200);
    assert.deepEqual(said(watcher.told()), ['active;expires=60', '3/1']);
  });

  story('ends when the phone says so', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins();
    assert.deepEqual(said(watcher.begins(0)), ['terminated;reason=timeout', '2/1']);
    office.reception.send(watcher.compose(3_600)).expect(481);
  });

  for (const status of [481, 403, 404, 405, 489, 500, 603, 401, 407]) {
    story(`is over when its NOTIFY gets ${status}`, (office) => {
      const watcher = new Watcher(office.reception);
      watcher.granted(watcher.subscribes(3_600));
      watcher.told(status);
      assert.equal(subscriptions(office), 0);
      // The telephone is told without having subscribed from then on.
      office.pass(5 * SECOND_MS);
      assert.deepEqual(office.reception.lamp, ['2/1']);
    });
  }

  story('is over when nobody answers', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.granted(watcher.subscribes(3_600));
    watcher.heard();
    office.pass(32 * SECOND_MS);
    assert.equal(subscriptions(office), 0);
  });

  story('waits where the phone says when to come again', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.granted(watcher.subscribes(3_600));
    watcher.told(503, { headers: [['Retry-After', '20 (busy)']] });
    leaves(office, message('d'));
    office.pass(19 * SECOND_MS);
    assert.deepEqual(office.reception.unmentioned(), []);
    office.pass(SECOND_MS);
    assert.deepEqual(said(watcher.told())[1], '3/1');
  });

  story('goes where the phone registers from now on', (office) => {
    const watcher = new Watcher(office.reception);
    watcher.begins();
    office.reception.moves({ address: '192.0.2.10', port: 40_001 });
    office.reception.registers([['Expires', '600']], '<sip:reception@192.0.2.10:5060>').expect(200);
    leaves(office, message('d'));
    office.pass(2 * SECOND_MS);
    assert.equal(said(watcher.told())[1], '3/1');
  });

  story('ends without a mailbox, with the phone, and with its password', (office) => {
    const account = accountOf(VOICEMAIL);
    const change = (changed: typeof account) =>
      office.stage.act(() => office.node.directoryChanged([changed], office.stage.now));
    const watcher = new Watcher(office.reception);
    watcher.begins();
    change({ ...account, mailboxes: [] });
    assert.deepEqual(said(watcher.told()), ['terminated;reason=noresource', '']);
    change(account);
    const again = new Watcher(office.reception);
    again.begins();
    const [reception, ...others] = account.phones;
    assert.ok(reception);
    const secret = { ...reception.secret, sha256Ha1: '0'.repeat(64) };
    change({ ...account, phones: [{ ...reception, secret }, ...others] });
    assert.equal(said(again.told())[0], 'terminated;reason=deactivated');
    assert.equal(subscriptions(office), 0);
  });

  story('gives way, the oldest first, where a phone makes more than it may', (office) => {
    const watchers = Array.from(
      { length: LIMITS.subscriptionsPerPhoneMax },
      () => new Watcher(office.reception),
    );
    for (const watcher of watchers) watcher.begins();
    const one = new Watcher(office.reception);
    one.granted(one.subscribes(3_600));
    assert.deepEqual(
      said(watchers[0]?.told() ?? one.told())[0],
      'terminated;reason=probation;retry-after=3600',
    );
    one.told();
    assert.equal(subscriptions(office), LIMITS.subscriptionsPerPhoneMax);
  });
});

describe('SUBSCRIBE of strangers', () => {
  const story = withLamps(VOICEMAIL);

  story('with a wrong password leaves nothing behind', (office) => {
    const thief = office.thief('reception');
    const composed = new Watcher(thief).compose(3_600);
    office.pass(MINUTE_MS);
    const { transactions } = office.node.leftovers();
    thief.authorises(composed).expect(401);
    assert.equal(subscriptions(office), 0);
    assert.equal(office.node.leftovers().transactions, transactions);
  });
});
