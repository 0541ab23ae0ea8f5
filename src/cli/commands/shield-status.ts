// `shield status`: how the node is, again every second in a terminal, or once for whoever is none. It goes on while
// the node does not answer, for that is when somebody looks.

import type { Command } from 'commander';
import { shieldView } from '../../admin/shield-wire.ts';
import { RingthroughError } from '../../base/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import type { Lane } from '../../ports/shield.ts';
import type { CliContext, Terminal } from '../context.ts';
import { Screen } from '../screen.ts';
import { answer, openSession, read, type Session, withApi } from '../session.ts';
import { type Shield, shieldPicture } from '../shield-picture.ts';
import { paint } from '../table.ts';
import { formatLength } from '../times.ts';

/** Of a window whose width nobody knows. */
const COLUMNS_DEFAULT = 100;
/** Rows of each list: where the picture stands still, and at least. */
const LISTED = 10;
const LISTED_LEAST = 3;
/** Without lists a picture has about so many lines. */
const OTHER_LINES = 21;
const HISTORY_SECONDS = MINUTE_MS / SECOND_MS;
/** q, Escape, Ctrl-C, Ctrl-D. */
const ENDING_KEYS: ReadonlySet<string> = new Set(['q', 'Q', '\x1b', '\x03', '\x04']);

export function addShieldStatus(shield: Command, context: CliContext): void {
  const status = withApi(
    shield
      .command('status')
      .description(
        'show how the node is, what comes in and from where, again every second until q is pressed',
      )
      .summary('show how the node is, what comes in and from where')
      .option('--once', 'print it once, as it is where there is no terminal'),
  );
  status.action(async ({ once = false }: { once?: boolean }) => {
    const session = openSession(status, context);
    const { terminal } = context;
    if (terminal === undefined || once || session.json) return print(session);
    await watch(session, terminal);
  });
}

async function print(session: Session): Promise<void> {
  const { columns, colour, now } = session.context;
  const around = { columns: columns() ?? COLUMNS_DEFAULT, listed: LISTED, colour, now: now() };
  answer(session, await ask(session), shieldView, (view) => shieldPicture(view, around));
}

function ask({ client }: Session, signal?: AbortSignal): Promise<unknown> {
  return client.request('GET', '/v1/shield', signal === undefined ? {} : { signal });
}

async function watch(session: Session, terminal: Terminal): Promise<void> {
  const { context } = session;
  // What is wrong from the beginning is told as any command tells it.
  const picture = new MovingPicture(session.context, read(await ask(session), shieldView));
  const stop = new AbortController();
  const end = () => stop.abort();
  const deafen = context.onSignal(end);
  const releaseKeys = terminal.onKey((key) => {
    if (ENDING_KEYS.has(key)) end();
  });
  const screen = new Screen(context.out);
  try {
    while (!stop.signal.aborted) {
      const rows = terminal.rows();
      screen.draw(picture.lines(rows), rows);
      await context.pause(SECOND_MS, stop.signal);
      if (!stop.signal.aborted) await look(session, picture, stop.signal);
    }
  } finally {
    screen.close();
    releaseKeys();
    deafen();
  }
}

/** A node that has too much to do may be late; until it answers, the last picture stands. */
async function look(session: Session, picture: MovingPicture, stopped: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(ANSWER_MS)]);
  try {
    picture.seen(read(await ask(session, signal), shieldView));
  } catch (error) {
    if (stopped.aborted) return;
    if (!signal.aborted && !(error instanceof RingthroughError)) throw error;
    picture.missed(error instanceof RingthroughError ? error.message : '');
  }
}

const ANSWER_MS = 3 * SECOND_MS;

class MovingPicture {
  readonly #context: CliContext;
  readonly #history = new Map<Lane, number[]>();
  #view: Shield;
  #seenAt: number;
  #trouble: string | undefined;

  constructor(context: CliContext, view: Shield) {
    this.#context = context;
    this.#view = view;
    this.#seenAt = context.now();
    this.seen(view);
  }

  seen(view: Shield): void {
    this.#view = view;
    this.#seenAt = this.#context.now();
    this.#trouble = undefined;
    for (const { lane, admittedPerSecond, droppedPerSecond } of view.lanes) {
      const rates = this.#history.get(lane) ?? [];
      rates.push(admittedPerSecond + droppedPerSecond);
      if (rates.length > HISTORY_SECONDS) rates.shift();
      this.#history.set(lane, rates);
    }
  }

  missed(trouble: string): void {
    this.#trouble = trouble;
  }

  lines(rows: number): readonly string[] {
    const { colour, columns, now } = this.#context;
    const at = now();
    const around = {
      columns: columns() ?? COLUMNS_DEFAULT,
      listed: Math.min(LISTED, Math.max(LISTED_LEAST, rows - OTHER_LINES)),
      colour,
      now: at,
      history: this.#history,
    };
    const picture = shieldPicture(this.#view, around).trimEnd().split('\n');
    const ago = `The node does not answer; this was ${formatLength(at - this.#seenAt)} ago. ${this.#trouble}`;
    const lines = [...(this.#trouble === undefined ? [] : [paint(ago.trimEnd(), 'red', colour)]), ...picture];
    const body = Array.from({ length: Math.max(0, rows - 1) }, (_, row) => lines[row] ?? '');
    return [...body, paint('q ends this', 'dim', colour)];
  }
}
