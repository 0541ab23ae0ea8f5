// Reads a YAML (or JSON) text against a schema, and says of each mistake where it is: its path as code would
// write it, its line as an editor counts it, and the reason. All mistakes at once, never only the first.

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { utf8 } from '../../base/bytes.ts';
import type { Mistake } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import { err, ok, type Result } from '../../base/result.ts';

export type Path = readonly PropertyKey[];

/** A mistake before it is known on which line it stands. */
export interface Finding {
  readonly path: Path;
  readonly reason: string;
}

export interface Document<T> {
  readonly value: T;
  /** What a later look at the value has found, with its lines, in their order. */
  locate(findings: readonly Finding[]): readonly Mistake[];
}

/** An empty text counts as `{}`. */
export function readDocument<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): Result<Document<z.output<Schema>>, readonly Mistake[]> {
  const sizeBytes = utf8(text).length;
  if (sizeBytes > LIMITS.fileBytesMax) {
    return err([{ path: '', reason: `has ${sizeBytes} bytes; at most ${LIMITS.fileBytesMax} are read` }]);
  }
  const json = parseJson(text);
  if (json === undefined && sizeBytes > LIMITS.yamlBytesMax) {
    const reason = `has ${sizeBytes} bytes of YAML; more than ${LIMITS.yamlBytesMax} are read as JSON only`;
    return err([{ path: '', reason }]);
  }
  const parsed = json ?? parseYaml(text);
  if (!parsed.ok) return parsed;
  const { data, lineOf } = parsed.value;
  const locate = (findings: readonly Finding[]) =>
    inOrder(findings.map((finding) => located(finding, lineOf)));
  const findings = check(data, schema);
  if (findings.ok) return ok({ value: findings.value, locate });
  return err(locate(findings.error));
}

function located({ path, reason }: Finding, lineOf: Parsed['lineOf']): Mistake {
  const line = lineOf(path);
  return { path: formatPath(path), reason, ...(line === undefined ? {} : { line }) };
}

/** As they stand in the file; last, those about what is not in it at all. */
function inOrder(mistakes: Mistake[]): readonly Mistake[] {
  return mistakes.sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));
}

/** The value as the schema gives it, or every mistake in it. For what comes parsed already, such as a request. */
export function check<Schema extends z.ZodType>(
  data: unknown,
  schema: Schema,
): Result<z.output<Schema>, readonly Finding[]> {
  const checked = schema.safeParse(data);
  if (checked.success) return ok(checked.data);
  return err(worthTelling(checked.error.issues).flatMap(findingsOf));
}

/** A text where a list belongs has no length that anybody needs to hear of: of the wrong type, that is told alone. */
function worthTelling(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const mistyped = new Set(
    issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => formatPath(path)),
  );
  return issues.filter(({ code, path }) => code === 'invalid_type' || !mistyped.has(formatPath(path)));
}

/** `accounts[0].numbers[1].plan[2].for` */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

/** A key may be as long as the file. */
const PATH_SHOWN_MAX = 200;

/** `line 3, sip.listen[0]: expected …` */
export function formatMistake({ path, reason, line }: Mistake): string {
  const shown = printable(path.length > PATH_SHOWN_MAX ? `${path.slice(0, PATH_SHOWN_MAX)}…` : path);
  const where = [...(line === undefined ? [] : [`line ${line}`]), ...(path === '' ? [] : [shown])].join(', ');
  return where === '' ? reason : `${where}: ${reason}`;
}

/** An issue about several unknown keys has one reason a line (section.ts), and becomes one finding each. */
function findingsOf(issue: z.core.$ZodIssue): readonly Finding[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, reason: issue.message }];
  const reasons = issue.message.split('\n');
  return issue.keys.map((key, index) => ({
    path: [...issue.path, key],
    reason: reasons[index] ?? issue.message,
  }));
}

interface Parsed {
  readonly data: unknown;
  lineOf(path: Path): number | undefined;
}

/**
 * JSON is YAML too, but is read fifty times faster: 1 MB of YAML takes half a second, in which the node would
 * answer nobody. Only once there are mistakes is it read as YAML, for their lines.
 */
function parseJson(text: string): Result<Parsed, never> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    return ok({ data, lineOf: text.length > LIMITS.yamlBytesMax ? () => undefined : linesIn(text) });
  } catch {
    return undefined;
  }
}

/** Reads the text when it is first asked. */
function linesIn(text: string): Parsed['lineOf'] {
  let yaml: Result<Parsed, unknown> | undefined;
  return (path) => {
    yaml ??= parseYaml(text);
    return yaml.ok ? yaml.value.lineOf(path) : undefined;
  };
}

function parseYaml(text: string): Result<Parsed, readonly Mistake[]> {
  const lines = new LineCounter();
  try {
    // What the reader only warns of it would write to stderr by itself, past the log.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const [error] = document.errors; // those after the first are mostly its consequences
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      return err([{ path: '', reason: `is not YAML here: ${error.message}`, line }]);
    }
    const lineOf = (path: Path) => {
      const offset = offsetOf(document.contents, path);
      return offset === undefined ? undefined : lines.linePos(offset).line;
    };
    return ok({ data: document.toJS() ?? {}, lineOf });
  } catch (cause) {
    return err([{ path: '', reason: `cannot be read as YAML: ${whyUnreadable(cause)}` }]);
  }
}

/** Not in the parser's words: those quote what stands there, and that may be a password. */
function whyUnreadable(cause: unknown): string {
  const words = cause instanceof Error ? cause.message : '';
  if (words.startsWith('Unresolved alias')) return 'text that begins with * must be in quotes';
  if (words.startsWith('Excessive alias')) return 'its aliases multiply without end';
  return cause instanceof RangeError ? 'it is nested too deep' : 'it is damaged';
}

/** Where the path's last part that exists begins in the text: its key, or the list's item. */
function offsetOf(root: Node | null, path: Path): number | undefined {
  let node: unknown = root;
  let offset = path.length === 0 ? root?.range?.[0] : undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part];
      if (item === undefined) break;
      node = item;
      if (isMap(item) || isSeq(item) || isScalar(item)) offset = item.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
