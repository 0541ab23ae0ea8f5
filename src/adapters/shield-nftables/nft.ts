// Debian's `nft`, as a program that is spoken to. Whole rulesets go to one that ends (`nft -f -`); batches of elements
// go to one that stays (`nft -i`), so that none costs a new process. It reads a command from each line and does it in
// one transaction. What comes back has no end that could be seen, so each command is followed by a question whose
// answer is known.
//
//   node ─▶ add element …; delete element …           nft ─▶ nothing, or Error: …
//   node ─▶ describe ip saddr                         nft ─▶ payload expression, datatype ipv4_addr …

import { type ChildProcess, spawn } from 'node:child_process';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';

/** Why it could not be done, in a sentence for an operator's log. */
export interface NftFailure {
  readonly reason: string;
  /** The kernel said no to what was asked; otherwise it was not asked, or did not answer. */
  readonly refused: boolean;
}
export type NftResult = Result<string, NftFailure>;

const QUESTION = 'describe ip saddr';
const ANSWER = /^.*payload expression, datatype ipv4_addr.*\n/m;

/** Daemons find `nft` where root does; and it would keep a history of our commands in a home, if it had one. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
};

/** Runs `nft` to its end. `input` is read where there is a file named `-`. */
export function runNft(parameters: readonly string[], input = ''): Promise<NftResult> {
  return new Promise((resolve) => {
    const child = spawn('nft', parameters, { env: ENVIRONMENT, stdio: 'pipe' });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMITS.kernelAnswerMs);
    let output = '';
    const hear = (text: string) => {
      output += text;
      if (output.length > LIMITS.kernelAnswerBytesMax) child.kill('SIGKILL');
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    // It may end before it has read all: then its exit says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve(err({ reason: whyNotStarted(error), refused: false }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(ok(output));
      const reason = code === null ? `nft was ended by ${signal}` : reasonIn(output);
      resolve(err({ reason, refused: code !== null }));
    });
  });
}

/** One that stays. It is ended when it fails to answer; whoever owns it starts another. */
export class NftSession {
  readonly #child: ChildProcess;
  #output = '';
  #answer: ((result: NftResult) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended: NftFailure | undefined;

  constructor() {
    // Both outputs in one, so that what it complains of stands before the answer to the next question.
    const script = 'exec nft -i 2>&1';
    const child = spawn('sh', ['-c', script], { env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => this.#end(whyNotStarted(error)));
    child.on('close', () => this.#end('nft has ended'));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** One line, one transaction, one at a time. Answers with what it printed. */
  run(command: string): Promise<NftResult> {
    if (this.#ended !== undefined) return Promise.resolve(err(this.#ended));
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#output = '';
      this.#timer = setTimeout(() => this.#end('nft did not answer in time'), LIMITS.kernelAnswerMs);
      this.#child.stdin?.write(`${command}\n${QUESTION}\n`);
    });
  }

  close(): void {
    this.#end('closed');
  }

  #hear(text: string): void {
    this.#output += text;
    if (this.#output.length > LIMITS.kernelAnswerBytesMax) return this.#end('nft talks without end');
    const found = ANSWER.exec(this.#output);
    if (found === null) return;
    const said = this.#output.slice(0, found.index);
    const failed = /^.*Error: /m.test(said);
    this.#settle(failed ? err({ reason: reasonIn(said), refused: true }) : ok(said));
  }

  #end(reason: string): void {
    this.#ended ??= { reason, refused: false };
    this.#child.stdin?.destroy();
    this.#child.kill('SIGKILL');
    this.#settle(err(this.#ended));
  }

  #settle(result: NftResult): void {
    clearTimeout(this.#timer);
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(result);
  }
}

function whyNotStarted(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  return code === 'ENOENT' ? 'nft is not installed (Debian: apt install nftables)' : error.message;
}

/** The first complaint, without the command that it points at. */
function reasonIn(output: string): string {
  const complaint = /Error: ([^\n]*)/.exec(output)?.[1] ?? output.trim().split('\n')[0] ?? '';
  if (/Operation not permitted/.test(output)) {
    return 'nft may not change the firewall: the node needs the capability CAP_NET_ADMIN';
  }
  return `nft: ${complaint.slice(0, REASON_CHARACTERS)}`;
}

const REASON_CHARACTERS = 200;
