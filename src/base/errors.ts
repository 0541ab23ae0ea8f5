// The one catalogue of coded errors: everything that this program throws for a person to read. Codes are
// stable; docs/errors.md lists each with its remedy, and a test fails where the two disagree.

/** Exit codes of the program, after sysexits(3). */
export const EXIT = { usage: 64, data: 65, unavailable: 69, failure: 70, io: 74, config: 78 } as const;

/** code → what happened (for docs), exit code of the CLI, HTTP status of the API. */
export const ERROR_CATALOGUE = {
  CONFIG_INVALID: { summary: 'The configuration file has mistakes.', exit: EXIT.config, http: 400 },
  CONFIG_UNREADABLE: { summary: 'The configuration file cannot be read.', exit: EXIT.config, http: 400 },
  CERTIFICATE_INVALID: {
    summary: 'The certificate or its key cannot be used for TLS.',
    exit: EXIT.config,
    http: 500,
  },
  PROVISION_INVALID: { summary: 'The provisioning file has mistakes.', exit: EXIT.data, http: 422 },
  DATA_FOLDER: { summary: 'The data folder cannot be used.', exit: EXIT.io, http: 500 },
  DATA_IN_USE: { summary: 'Another node uses this data folder.', exit: EXIT.unavailable, http: 409 },
  KEY_INVALID: {
    summary: "The node's key file is damaged or does not fit the data.",
    exit: EXIT.data,
    http: 500,
  },
  LISTEN_FAILED: { summary: 'An address or port cannot be listened on.', exit: EXIT.unavailable, http: 500 },
  SHIELD_UNAVAILABLE: {
    summary: 'The kernel cannot do what `shield.kernel: require` asks for.',
    exit: EXIT.unavailable,
    http: 500,
  },
  STORE_FULL: { summary: 'The disk is full; nothing was written.', exit: EXIT.io, http: 507 },
  STORE_FAILED: { summary: 'The store failed; nothing was written.', exit: EXIT.io, http: 500 },
  STORE_TOO_NEW: { summary: 'The database was written by a newer version.', exit: EXIT.data, http: 500 },
  NOT_FOUND: { summary: 'There is no such thing.', exit: EXIT.data, http: 404 },
  OTHER_ROLE: { summary: 'This node is not there for that.', exit: EXIT.data, http: 404 },
  INVALID_INPUT: { summary: 'The request has mistakes.', exit: EXIT.usage, http: 400 },
  CONFLICT: { summary: 'The change does not fit what is there.', exit: EXIT.data, http: 409 },
  UNAUTHORISED: { summary: 'The API token is missing or wrong.', exit: EXIT.usage, http: 401 },
  DRAINING: {
    summary: 'The node is shutting down and takes nothing new.',
    exit: EXIT.unavailable,
    http: 503,
  },
  LIMIT_REACHED: { summary: 'A named limit is reached.', exit: EXIT.unavailable, http: 429 },
  INTERNAL: { summary: 'Something is wrong in Ringthrough itself.', exit: EXIT.failure, http: 500 },
  SPEECH_UNAVAILABLE: {
    summary: 'Texts cannot be spoken on this machine.',
    exit: EXIT.unavailable,
    http: 503,
  },
  NODE_UNREACHABLE: { summary: 'No node answers at the API address.', exit: EXIT.unavailable, http: 502 },
} as const satisfies Record<string, { summary: string; exit: number; http: number }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** One mistake in a file or a request: where it is, and what is wrong with it. */
export interface Mistake {
  /** Such as `accounts[0].numbers[1].plan[2].for`. */
  readonly path: string;
  readonly reason: string;
  readonly line?: number;
}

export class RingthroughError extends Error {
  override readonly name = 'RingthroughError';
  readonly code: ErrorCode;
  readonly mistakes: readonly Mistake[];

  /** `message` tells the person what was wrong, where, and what to do, in one line. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; mistakes?: readonly Mistake[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.mistakes = options.mistakes ?? [];
  }
}

/** What whatever was thrown says. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
