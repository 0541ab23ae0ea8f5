// What the CLI needs of the machine around it. main.ts gives it; tests give their own. So the CLI reads no
// environment, writes to no stream and starts no node that it was not handed.

import type { Instant } from '../base/time.ts';
import type { CertificateFacts } from '../ports/certificates.ts';

/** A node that runs in this process; app/ makes it. */
export interface RunningNode {
  /** Fulfilled with the exit code when it has stopped. */
  readonly stopped: Promise<number>;
  /** No new calls; present ones go on, and when the last has ended the node stops. */
  drain(): void;
  /** Ends present calls with BYE and stops. */
  stop(): Promise<void>;
  /** Reads its certificates anew. */
  reload(): void;
}

/** Certificate files of this machine; app/ reads and makes them. */
export interface CertificateTools {
  make(wanted: {
    readonly names: readonly string[];
    readonly folder: string;
    readonly days: number;
    readonly force: boolean;
    readonly now: Instant;
  }): Promise<{
    readonly paths: { readonly certificate: string; readonly key: string };
    readonly facts: CertificateFacts;
  }>;
  read(file: string): Promise<CertificateFacts>;
}

/** Where keys are pressed and a whole screen can be drawn. */
export interface Terminal {
  readonly rows: () => number;
  /** Each key as it is pressed, Ctrl-C as well, until the returned function is called. */
  readonly onKey: (listener: (key: string) => void) => () => void;
}

export type Signal = 'stop' | 'reload';

export interface CliContext {
  readonly version: string;
  /** Writes to stdout as it is; callers end their lines. */
  readonly out: (text: string) => void;
  /** The same for stderr. */
  readonly err: (text: string) => void;
  readonly stdin: () => Promise<string>;
  /** Colours are welcome: a terminal, and NO_COLOR unset. */
  readonly colour: boolean;
  /** Width of the terminal; `undefined` where there is none. */
  readonly columns: () => number | undefined;
  /** Absent where stdin or stdout is none. */
  readonly terminal: Terminal | undefined;
  readonly now: () => Instant;
  /** Fulfilled after so long, or when the signal aborts. */
  readonly pause: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** From the environment: what options win over. */
  readonly environment: {
    readonly configFile?: string;
    readonly dataFolder?: string;
    readonly api?: string;
    readonly token?: string;
  };
  readonly startNode: (options: { configPath?: string; out: (line: string) => void }) => Promise<RunningNode>;
  readonly certificates: CertificateTools;
  /** The ruleset that a node with this configuration would load into the kernel. */
  readonly shieldPlan: (options: { configPath?: string }) => Promise<string>;
  /** Calls back at each SIGINT or SIGTERM (`stop`) and SIGHUP (`reload`) until the returned function is called. */
  readonly onSignal: (listener: (signal: Signal) => void) => () => void;
}
