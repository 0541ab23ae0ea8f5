import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeyEvents } from './key-events.ts';

const DIGITS = '0123456789*#ABCD';

/** The packets of one press that began at this timestamp, one each 20 ms, the last one three times. */
function press(digit: string, timestamp: number, packets = 5): readonly (readonly [number, Uint8Array])[] {
  const event = DIGITS.indexOf(digit);
  const packet = (duration: number, end: boolean) =>
    [timestamp, Uint8Array.of(event, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff)] as const;
  const going = Array.from({ length: packets }, (_, index) => packet(160 * (index + 1), false));
  const ended = packet(160 * (packets + 1), true);
  return [...going, ended, ended, ended];
}

function heard(packets: readonly (readonly [number, Uint8Array])[]): string {
  const events = new KeyEvents();
  return packets.map(([timestamp, payload]) => events.receive(timestamp, payload) ?? '').join('');
}

describe('keys told by events', () => {
  test('are told once each, however often their packets come', () => {
    assert.equal(heard([...press('1', 0), ...press('2', 2_000), ...press('#', 4_000)]), '12#');
  });

  test('are told twice where the same one is pressed twice', () => {
    assert.equal(heard([...press('5', 0), ...press('5', 1_600)]), '55');
  });

  test('are told where every packet but one is lost, whichever that is', () => {
    for (let only = 0; only < 8; only += 1) {
      assert.equal(heard([press('7', 0)[only] ?? press('7', 0)[0] ?? [0, new Uint8Array()]]), '7');
    }
  });

  test('are told twice where the ends of both presses were lost', () => {
    assert.equal(heard([...press('5', 0).slice(0, 5), ...press('5', 1_600).slice(0, 5)]), '55');
  });

  test('are not told again by packets that come late', () => {
    const [first, ...others] = press('1', 0);
    assert.ok(first);
    assert.equal(heard([first, ...press('2', 2_000), ...others, ...press('3', 4_000)]), '123');
  });

  test('that are held for long are one press, though they are several events', () => {
    const parts = [0, 1, 2].map((part) => {
      const payload = Uint8Array.of(1, 10, 0xff, 0xff);
      return [part * 0xffff, payload] as const;
    });
    assert.equal(heard(parts), '1');
  });

  test('are one press from a sender that moves the timestamp within it', () => {
    const moving = [0, 1, 2, 3].map((index) => [160 * index, Uint8Array.of(4, 10, 0, 160)] as const);
    assert.equal(heard(moving), '4');
  });

  test('go on over the end of the timestamps', () => {
    assert.equal(heard([...press('1', 0xffff_ff00), ...press('2', 1_000)]), '12');
  });

  test('are none where the payload is cut off, or the event is no key', () => {
    assert.equal(
      heard([
        [0, Uint8Array.of(1, 10)],
        [0, Uint8Array.of(16, 10, 0, 160)],
      ]),
      '',
    );
  });
});
