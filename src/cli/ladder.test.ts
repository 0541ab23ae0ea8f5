import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TRACE } from '../../test/surfaces/example-admin.ts';
import { Ladder, type TraceLine, type TraceMessage } from './ladder.ts';

process.env['TZ'] = 'UTC';

function ladder(
  columns: number,
  lines: readonly TraceLine[],
  options: { colour?: boolean; raw?: boolean } = {},
) {
  const drawn = new Ladder({ columns: () => columns, colour: false, raw: false, ...options });
  return lines.map((line) => drawn.lines(line)).join('');
}

const ESCAPE = '\u001b\\[';

const FIRST = TRACE.find((line) => line.type === 'message') as TraceMessage;

/** A message of no call. */
function alone(overrides: Partial<TraceMessage>): TraceMessage {
  const { callId: _, peer: __, ...rest } = FIRST;
  return { ...rest, ...overrides };
}

describe('a ladder', () => {
  test('shows a call with a lifeline for each leg, widened when a leg appears', () => {
    assert.equal(
      ladder(80, TRACE),
      [
        '09:30:00.000  +442079460999 calls +442079460000 · attempt-1',
        '                      carrier-a                    ringthrough',
        '                  198.51.100.4:5060             203.0.113.7:5060',
        '   +0.000                 │ ────── INVITE (sdp) ──────▶ │',
        '   +0.001                 │ ◀────── 100 Trying ──────── │',
        '                  carrier-a             ringthrough             reception',
        '              198.51.100.4:5060      203.0.113.7:5060        192.0.2.7:5062',
        '   +0.003             │                      │ ─── INVITE (sdp) ──▶ │',
        '   +0.503             │                      │ ─ INVITE (sdp) ×2 ─▶ │',
        '   +0.510             │                      │ ◀── 180 Ringing ──── │',
        '   +0.511             │ ◀── 180 Ringing ──── │                      │',
        '   +4.200             │                      │ ◀── 200 OK (sdp) ─── │',
        '   +4.200             │                      │ ─────── ACK ───────▶ │',
        '   +4.201             │ ◀── 200 OK (sdp) ─── │                      │',
        '   +4.215             │ ─────── ACK ───────▶ │                      │',
        '  +65.000             │ ─────── BYE ───────▶ │                      │',
        '  +65.001             │ ◀── 200 OK (BYE) ─── │                      │',
        '  +65.001             │                      │ ─────── BYE ───────▶ │',
        '  +65.014             │                      │ ◀── 200 OK (BYE) ─── │',
        'That is all: the call has ended.',
        '',
      ].join('\n'),
    );
  });

  test('crosses the lifelines between, and stays within the window', () => {
    const third: TraceLine = { ...FIRST, direction: 'out', peer: 'carrier-b', sipCallId: 'third' };
    const drawn = ladder(100, [...TRACE.slice(0, 4), third]);
    assert.match(drawn, /\n +\+0\.000 +│ +│ ─+┼─* INVITE \(sdp\) ─*▶ │\n$/);
    for (const line of drawn.split('\n')) assert.ok(line.length <= 100, line);
  });

  test('tells line by line what would not fit the window', () => {
    const drawn = ladder(60, TRACE.slice(0, 5));
    assert.match(drawn, /09:30:00\.003 {2}reception 192\.0\.2\.7:5062 +◀─ INVITE \(sdp\) ─+ ringthrough\n/);
  });

  test('begins anew when another call comes between', () => {
    const other = { ...FIRST, callId: 'attempt-2', sipCallId: 'other' };
    const drawn = ladder(80, [FIRST, other, FIRST]);
    assert.deepEqual(drawn.match(/attempt-\d/g), ['attempt-1', 'attempt-2', 'attempt-1']);
  });

  test('tells messages of no call one by one, over whichever transport', () => {
    const register = alone({ method: 'REGISTER', peer: 'reception', transport: 'tls', sdp: false });
    const refused = alone({
      direction: 'out',
      method: 'REGISTER',
      status: 401,
      reason: 'Unauthorized',
      sdp: false,
    });
    const { method: _, ...garbage } = alone({ text: 'hello', sdp: false });
    assert.equal(
      ladder(80, [register, refused, garbage]),
      [
        '09:30:00.000  reception tls 198.51.100.4:5060    ─ REGISTER ────────────────▶ ringthrough',
        '09:30:00.000  198.51.100.4:5060                  ◀─ 401 Unauthorized (REG… ── ringthrough',
        '09:30:00.000  198.51.100.4:5060                  ─ not SIP, 5 characters ───▶ ringthrough',
        '',
      ].join('\n'),
    );
  });

  test('prints whole messages when asked, and nothing in them steers the terminal', () => {
    const evil = alone({
      text: 'INVITE sip:a SIP/2.0\r\nUser-Agent: \u001b[2J\u202e\r\n\r\n',
      reason: '\u001b[2J',
      status: 200,
    });
    const drawn = ladder(80, [evil], { raw: true });
    assert.match(drawn, /\n {4}INVITE sip:a SIP\/2\.0\n {4}User-Agent: \\u001b\[2J\\u202e\n\n$/);
    assert.match(drawn, /200 \\u001b\[2J/);
    assert.ok(!drawn.includes('\u001b'));
  });

  test('colours failures where colours are welcome, and nothing moves for that', () => {
    const refused: TraceLine = { ...FIRST, direction: 'out', status: 486, reason: 'Busy Here', sdp: false };
    const plain = ladder(80, [FIRST, refused]);
    const painted = ladder(80, [FIRST, refused], { colour: true });
    assert.match(painted, new RegExp(`${ESCAPE}31m 486 Busy Here ${ESCAPE}0m`));
    assert.equal(painted.replaceAll(new RegExp(`${ESCAPE}\\d+m`, 'g'), ''), plain);
  });

  test('says how many messages it does not show, and nothing of silence', () => {
    assert.equal(
      ladder(80, [
        { type: 'left-out', count: 12 },
        { type: 'idle', at: 0 },
      ]),
      '           … 12 messages are not shown: there are too many\n',
    );
  });
});
