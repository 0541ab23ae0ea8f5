// A whole terminal, drawn again and again without flickering, and left as it was found: the alternate screen, which
// xterm and all its heirs have. Lines are overwritten in place, so nothing is ever blank between two pictures.

/** The other screen, no cursor, and no line that goes on in the next one. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Where the terminal knows how, it shows all of a picture at once. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const HOME = '\x1b[H';
const REST_OF_LINE = '\x1b[K';
const REST_OF_SCREEN = '\x1b[J';

export class Screen {
  readonly #out: (text: string) => void;
  #isOpen = false;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** At most so many lines; what is more is not shown. */
  draw(lines: readonly string[], rows: number): void {
    if (!this.#isOpen) this.#out(ENTER);
    this.#isOpen = true;
    const shown = lines.slice(0, Math.max(1, rows)).map((line) => `${line}${REST_OF_LINE}`);
    // No line end after the last one: it would scroll a full screen.
    this.#out(`${BEGIN}${HOME}${shown.join('\r\n')}${REST_OF_SCREEN}${END}`);
  }

  close(): void {
    if (this.#isOpen) this.#out(LEAVE);
    this.#isOpen = false;
  }
}
