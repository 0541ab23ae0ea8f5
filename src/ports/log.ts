// The log port: structured lines for operators.

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured logs. Secrets and digests never reach it: callers pass names, never credentials. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
