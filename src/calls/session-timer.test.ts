import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest, SipResponse } from '../sip/message/message.ts';
import {
  answerSession,
  longerInterval,
  SESSION_TERMS,
  type SessionAnswer,
  sessionDue,
  sessionFromResponse,
  sessionRequestHeaders,
} from './session-timer.ts';

type Rows = readonly (readonly [string, string])[];

const invite = (rows: Rows) => new SipRequest('INVITE', 'sip:x@example.com', Headers.of(rows));
const ok = (rows: Rows) => new SipResponse(200, 'OK', Headers.of(rows));

function accepted(answer: SessionAnswer): SessionAnswer & { type: 'accepted' } {
  assert.equal(answer.type, 'accepted');
  return answer as SessionAnswer & { type: 'accepted' };
}

describe('answering a peer’s terms (RFC 4028 §9)', () => {
  test('a peer that knows timers and names no refresher does the refreshing', () => {
    const answer = accepted(
      answerSession(
        invite([
          ['Supported', 'timer'],
          ['Session-Expires', '600'],
        ]),
        SESSION_TERMS,
      ),
    );
    assert.deepEqual(answer.session, { intervalMs: 600_000, weRefresh: false });
    assert.deepEqual(answer.headers, [
      ['Session-Expires', '600;refresher=uac'],
      ['Require', 'timer'],
    ]);
  });

  test('a peer that leaves it to us gets us as refresher, and need not support anything', () => {
    const answer = accepted(
      answerSession(
        invite([
          ['Supported', 'replaces, timer'],
          ['Session-Expires', '600 ; Refresher=UAS'],
        ]),
        SESSION_TERMS,
      ),
    );
    assert.deepEqual(answer.session, { intervalMs: 600_000, weRefresh: true });
    assert.deepEqual(answer.headers, [['Session-Expires', '600;refresher=uas']]);
  });

  test('the compact form of the header is understood', () => {
    const answer = accepted(
      answerSession(
        invite([
          ['k', 'timer'],
          ['x', '900;refresher=uac'],
        ]),
        SESSION_TERMS,
      ),
    );
    assert.deepEqual(answer.session, { intervalMs: 900_000, weRefresh: false });
  });

  test('a peer that knows timers and asks for none still gets one', () => {
    const answer = accepted(answerSession(invite([['Supported', 'timer']]), SESSION_TERMS));
    assert.deepEqual(answer.session, { intervalMs: 1_800_000, weRefresh: false });
  });

  test('a peer that knows no timers but UPDATE is refreshed by us', () => {
    const answer = accepted(answerSession(invite([['Allow', 'INVITE, ACK, BYE, UPDATE']]), SESSION_TERMS));
    assert.deepEqual(answer.session, { intervalMs: 1_800_000, weRefresh: true });
    assert.deepEqual(answer.headers, [['Session-Expires', '1800;refresher=uas']]);
  });

  test('what a peer allows is remembered from earlier messages', () => {
    assert.equal(accepted(answerSession(invite([]), SESSION_TERMS, true)).session?.weRefresh, true);
    assert.equal(accepted(answerSession(invite([]), SESSION_TERMS, false)).session, undefined);
  });

  test('a peer that knows neither has no session timer', () => {
    const answer = accepted(answerSession(invite([['Allow', 'INVITE, ACK, BYE']]), SESSION_TERMS));
    assert.equal(answer.session, undefined);
    assert.deepEqual(answer.headers, []);
  });

  test('an interval below 90 s gets 422 with Min-SE, from a peer that can understand it', () => {
    const rows: Rows = [['Session-Expires', '89']];
    assert.deepEqual(answerSession(invite([...rows, ['Supported', 'timer']]), SESSION_TERMS), {
      type: 'too-small',
      headers: [['Min-SE', '90']],
    });
    const answer = accepted(answerSession(invite([...rows, ['Allow', 'UPDATE']]), SESSION_TERMS));
    assert.equal(answer.session?.intervalMs, 90_000);
  });

  test('what is no number is as if it were not there', () => {
    const answer = accepted(
      answerSession(
        invite([
          ['Supported', 'timer'],
          ['Session-Expires', 'soon'],
        ]),
        SESSION_TERMS,
      ),
    );
    assert.equal(answer.session?.intervalMs, 1_800_000);
  });
});

describe('a peer’s answer to ours (RFC 4028 §7.2)', () => {
  test('it names who refreshes; without a name we do', () => {
    const session = (value: string) => sessionFromResponse(ok([['Session-Expires', value]]), SESSION_TERMS);
    assert.deepEqual(session('300;refresher=uas'), { intervalMs: 300_000, weRefresh: false });
    assert.deepEqual(session('300;refresher=uac'), { intervalMs: 300_000, weRefresh: true });
    assert.deepEqual(session('300'), { intervalMs: 300_000, weRefresh: true });
  });

  test('without the header we refresh where UPDATE is known, and nobody does where not', () => {
    assert.deepEqual(sessionFromResponse(ok([['Allow', 'UPDATE']]), SESSION_TERMS), {
      intervalMs: 1_800_000,
      weRefresh: true,
    });
    assert.equal(sessionFromResponse(ok([]), SESSION_TERMS), undefined);
  });

  test('an interval shorter than anyone may ask for counts as the shortest', () => {
    assert.equal(sessionFromResponse(ok([['Session-Expires', '1']]), SESSION_TERMS)?.intervalMs, 90_000);
  });

  test('422 says what interval would do', () => {
    const refusal = (rows: Rows) => new SipResponse(422, 'Session Interval Too Small', Headers.of(rows));
    assert.equal(longerInterval(refusal([['Min-SE', '3600']]), 1_800_000), 3_600_000);
    assert.equal(longerInterval(refusal([['Min-SE', '1800']]), 1_800_000), undefined);
    assert.equal(longerInterval(refusal([['Min-SE', '86400']]), 1_800_000), undefined);
    assert.equal(longerInterval(refusal([['Min-SE', 'x']]), 1_800_000), undefined);
    assert.equal(longerInterval(refusal([]), 1_800_000), undefined);
    assert.equal(longerInterval(ok([['Min-SE', '3600']]), 1_800_000), undefined);
  });
});

describe('when a session is due (RFC 4028 §10)', () => {
  test('our refresh comes at half of the interval', () => {
    assert.equal(sessionDue({ intervalMs: 1_800_000, weRefresh: true }, 1_000), 901_000);
  });

  test('the peer’s is missed 32 s, or a third of the interval, before its end', () => {
    assert.equal(sessionDue({ intervalMs: 1_800_000, weRefresh: false }, 0), 1_768_000);
    assert.equal(sessionDue({ intervalMs: 90_000, weRefresh: false }, 0), 60_000);
  });

  test('what we ask for is written in seconds', () => {
    assert.deepEqual(sessionRequestHeaders(1_800_000, 90_000, 'uac'), [
      ['Session-Expires', '1800;refresher=uac'],
      ['Min-SE', '90'],
    ]);
  });
});
