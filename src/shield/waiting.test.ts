import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Waiting } from './waiting.ts';

const SMALL = { emergency: 2, ongoing: 4, known: 4, patient: 3, newcomer: 3 };

describe('packets that wait', () => {
  test('are read emergency first, then the known in their order, and newcomers last', () => {
    const waiting = new Waiting<string>();
    waiting.offer('stranger', 'newcomer');
    waiting.offer('phone', 'known');
    waiting.offer('carrier', 'carrier');
    waiting.offer('999', 'emergency');
    assert.deepEqual(waiting.take(10), ['999', 'phone', 'carrier', 'stranger']);
    assert.equal(waiting.size, 0);
  });

  test('leave a newcomer its turn after sixteen known ones, however many there are', () => {
    const waiting = new Waiting<string>();
    for (let n = 0; n < 40; n++) waiting.offer(`phone ${n}`, 'known');
    for (let n = 0; n < 3; n++) waiting.offer(`stranger ${n}`, 'newcomer');
    const taken = waiting.take(60);
    const strangersAt = taken.flatMap((packet, index) => (packet.startsWith('stranger') ? [index] : []));
    assert.deepEqual(strangersAt, [16, 33, 42]);
  });

  test('of newcomers, the newest is read first, and the oldest gives way when there are too many', () => {
    const waiting = new Waiting<number>(SMALL);
    for (let n = 1; n <= 5; n++) waiting.offer(n, 'newcomer');
    assert.deepEqual(waiting.take(10), [5, 4, 3]);
    assert.equal(waiting.dropped.newcomer, 2);
  });

  test('of the known, the newest finds no place when there are too many', () => {
    const waiting = new Waiting<number>(SMALL);
    for (let n = 1; n <= 6; n++) waiting.offer(n, 'known');
    assert.deepEqual(waiting.take(10), [1, 2, 3, 4]);
    assert.equal(waiting.dropped.known, 2);
  });

  test('of the known, calls go before what can wait, whose newest has its turn after four of them', () => {
    const waiting = new Waiting<string>();
    for (let n = 0; n < 3; n++) waiting.offer(`register ${n}`, 'known', 'patient');
    for (let n = 0; n < 6; n++) waiting.offer(`call ${n}`, 'known');
    assert.deepEqual(waiting.take(20), [
      ...['call 0', 'call 1', 'call 2', 'call 3', 'register 2'],
      ...['call 4', 'call 5', 'register 1', 'register 0'],
    ]);
  });

  test('of calls, those that go on come before those that begin, which have their turn after sixteen', () => {
    const waiting = new Waiting<string>();
    const goOn = Array.from({ length: 18 }, (_, n) => `goes on ${n}`);
    for (let n = 0; n < 2; n++) waiting.offer(`begins ${n}`, 'carrier');
    for (const one of goOn) waiting.offer(one, 'known', 'ongoing');
    waiting.offer('register', 'known', 'patient');
    assert.deepEqual(waiting.take(30), [
      ...[...goOn.slice(0, 4), 'register', ...goOn.slice(4, 16), 'begins 0'],
      ...[...goOn.slice(16), 'begins 1'],
    ]);
  });

  test('what can wait never takes a place from calls', () => {
    const waiting = new Waiting<string>(SMALL);
    for (let n = 0; n < 1_000; n++) waiting.offer(`register ${n}`, 'known', 'patient');
    for (let n = 0; n < 4; n++) waiting.offer(`call ${n}`, 'carrier');
    assert.equal(waiting.dropped.patient, 997);
    assert.deepEqual(waiting.take(4), ['call 0', 'call 1', 'call 2', 'call 3']);
  });

  test('newcomers never take a place from anybody else', () => {
    const waiting = new Waiting<string>(SMALL);
    for (let n = 0; n < 1_000; n++) waiting.offer(`stranger ${n}`, 'newcomer');
    waiting.offer('phone', 'known');
    waiting.offer('999', 'emergency');
    assert.deepEqual(waiting.take(2), ['999', 'phone']);
    assert.deepEqual(
      { ...waiting.dropped, newcomer: 0 },
      { emergency: 0, ongoing: 0, known: 0, patient: 0, newcomer: 0 },
    );
  });

  test('keep their order while the line grows past its ring', () => {
    const waiting = new Waiting<number>();
    const taken: number[] = [];
    for (let n = 0; n < 500; n++) {
      waiting.offer(n, 'known');
      if (n % 3 === 0) taken.push(...waiting.take(1));
    }
    taken.push(...waiting.take(1_000));
    assert.deepEqual(
      taken,
      Array.from({ length: 500 }, (_, n) => n),
    );
  });
});
