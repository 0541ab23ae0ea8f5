// The words that inputs are made of: tokens, numbers, hosts, quoted strings. Each is mostly what it should be, and
// with the chance `oddity` something that the grammar forbids, or allows and nobody expects. How odd a case is
// differs from case to case, so that some go deep and some are nonsense.

import type { SeededRandom } from '../simulation/world.ts';

const BOUNDARIES = [
  '0',
  '1',
  '69',
  '70',
  '255',
  '256',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '99999999999999999999999999',
  '-1',
  '+1',
  '00000000000000000001',
  '1e9',
  '0x10',
  '1.5',
  '',
  ' 7',
  '७',
] as const;

const TOKENS = ['a', 'z9hG4bK776asdhds', '1928301774', 'x-y.z', "!%*_+`'~", 'UDP', 'lr', 'tag', '0'] as const;
const ODD_TOKENS = [
  '',
  ' ',
  'a b',
  '"a"',
  'é',
  '\u0000',
  'a=b',
  ';',
  ',',
  '<',
  '(',
  '__proto__',
  'constructor',
  'toString',
  '*',
  '%',
  '%0d%0aX: y',
] as const;

const HOSTS = [
  'voice.example.net',
  'example.com',
  '192.0.2.7',
  '198.51.100.1',
  '203.0.113.66',
  '[2001:db8::9]',
  '[::ffff:192.0.2.7]',
  'a',
  'EXAMPLE.COM.',
  'localhost',
] as const;
const ODD_HOSTS = [
  '',
  '[',
  '[]',
  '[::',
  '[:::]',
  '[1:2:3:4:5:6:7:8:9]',
  '[2001:db8:::192.0.2.1]',
  '999.999.999.999',
  '-',
  '..',
  'a..b',
  'é.example',
  '[fe80::1%25eth0]',
  '0',
  'xn--',
  '192.0.2.7.',
  '_sip._udp.example.com',
] as const;

export class Words {
  readonly random: SeededRandom;
  readonly oddity: number;

  constructor(random: SeededRandom, oddity: number = random.pick([0, 0.01, 0.03, 0.1])) {
    this.random = random;
    this.oddity = oddity;
  }

  /** Whether something goes wrong here. */
  odd(): boolean {
    return this.random.chance(this.oddity);
  }

  pick<T>(usual: readonly T[], odd: readonly T[] = usual): T {
    return this.random.pick(this.odd() ? odd : usual);
  }

  number(max: number): string {
    return this.odd() ? this.random.pick(BOUNDARIES) : String(this.random.between(0, max));
  }

  token(): string {
    if (this.odd()) return this.random.chance(0.1) ? this.long() : this.random.pick(ODD_TOKENS);
    return this.random.chance(0.3) ? this.random.pick(TOKENS) : this.hex(8);
  }

  hex(digits: number): string {
    let out = '';
    for (let i = 0; i < digits; i++) out += this.random.between(0, 15).toString(16);
    return out;
  }

  host(): string {
    return this.pick(HOSTS, ODD_HOSTS);
  }

  hostPort(): string {
    return this.random.chance(0.5) ? this.host() : `${this.host()}:${this.number(65_535)}`;
  }

  /** How many of something: mostly a few, rarely as many as a limit allows or forbids. */
  count(most: number, limits: readonly number[]): number {
    const many = this.odd() && this.random.chance(0.2);
    return many ? this.random.pick(limits) : this.random.between(0, most);
  }

  /** Something that is far too much of the same. Rare: it costs time. */
  long(): string {
    const unit = this.random.pick([
      'a',
      '"',
      '\\',
      '(',
      '<',
      ',',
      ';a',
      ' ',
      '%41',
      '[',
      'é',
      ';a=b',
      '=',
      ':',
    ]);
    return unit.repeat(this.random.pick([10, 100, 1_025, 10_000]));
  }

  quoted(): string {
    if (this.odd())
      return this.random.pick(['"', '"\\', '"a\\"', '""', '"a"b"', '"\u0000"', '"é\\é"', '"\\\\"']);
    return this.random.pick(['"Bob"', '"Bob \\"B.\\" Smith"', '"a, b; c <d>"', '"(ö)"', '""', '"\\\\"']);
  }

  /** White space where it may be any. */
  space(): string {
    if (!this.odd()) return this.random.chance(0.9) ? '' : ' ';
    return this.random.pick(['  ', '\t', '\r\n ', '\n\t', ' \r\n  \r\n ', '\r ', '\u0000', '\u00a0']);
  }

  /** `;a=b;c` */
  parameters(names: readonly string[], most = 3): string {
    let out = '';
    const count = names.length === 0 && !this.odd() ? 0 : this.random.between(0, most);
    for (let i = count; i > 0; i--) {
      const name = names.length === 0 || this.odd() ? this.token() : this.random.pick(names);
      out += `${this.space()};${this.space()}${name}`;
      if (this.random.chance(0.75)) {
        out += `${this.space()}=${this.space()}${this.random.weighted([
          [5, this.token()],
          [2, this.number(3_600)],
          [1, this.quoted()],
          [1, this.hostPort()],
        ])}`;
      }
    }
    return out;
  }
}

export function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
