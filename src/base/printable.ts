// Text from strangers (a User-Agent, a URI, a reason phrase) on its way to somebody's terminal or log.

/**
 * Control characters, format characters such as bidirectional overrides, and line separators as escapes, so
 * that text can neither steer a terminal nor look like another line.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
