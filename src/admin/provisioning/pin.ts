// Which PINs are refused: those that whoever guesses tries first. A telephone has ten digits and a caller a few
// attempts, so a PIN is as good as it is unlikely, not as it is long.

/** What is wrong with it, as the end of a sentence; nothing where nothing is. `known`: digits that strangers know. */
export function pinFault(
  pin: string,
  known: { readonly id?: string | undefined; readonly numbers: readonly string[] },
): string | undefined {
  if (isRepeated(pin)) return 'repeats itself, which is tried first; take digits without a pattern';
  if (isSequence(pin)) return 'counts up or down, which is tried first; take digits without a pattern';
  if (known.id !== undefined && (known.id.includes(pin) || pin.includes(known.id))) {
    return 'is like the ID of the account, which is no secret';
  }
  if (known.numbers.some((number) => number.includes(pin))) {
    return "is part of one of the account's numbers, which is no secret";
  }
  return undefined;
}

/** `0000`, `1212`, `123123`. */
function isRepeated(pin: string): boolean {
  for (let length = 1; length <= pin.length / 2; length++) {
    if (pin.length % length === 0 && pin.slice(0, length).repeat(pin.length / length) === pin) return true;
  }
  return false;
}

/** `1234`, `9876`, `7890`, `2468`: each digit the same step from the one before it. */
function isSequence(pin: string): boolean {
  const digits = Array.from(pin, Number);
  const steps = digits.slice(1).map((digit, index) => (digit - (digits[index] ?? 0) + 10) % 10);
  return steps.every((step) => step === steps[0]);
}
