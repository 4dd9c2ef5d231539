/** Where progress is written. */
export interface ProgressStream {
  /** Whether it is a terminal, where a line can be drawn over. */
  readonly isTTY?: boolean;
  /** Columns of the terminal. */
  readonly columns?: number;
  /** Writes text. */
  write(text: string): unknown;
}

const BAR = 20;
const PLAIN_INTERVAL_MS = 5000;
/** Share of earlier steps in the time of a step. */
const SMOOTH = 0.9;

/** Tells how far a run is: one line drawn over on a terminal, else a line now and then. */
export class ProgressBar {
  readonly #stream: ProgressStream;
  readonly #quiet: boolean;
  readonly #now: () => number;
  #last: number | undefined;
  #seconds: number | undefined;
  #done = 0;
  #written = -Infinity;
  #open = false;

  constructor(
    { stream, quiet = false, now = () => performance.now() }: {
      readonly stream: ProgressStream;
      readonly quiet?: boolean;
      readonly now?: () => number;
    },
  ) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#now = now;
  }

  /** Begins a count after `done`, so that the time before it is not counted. */
  start(done = 0): void {
    this.#last = this.#now();
    this.#done = done;
    this.#seconds = undefined;
  }

  /** Reports that `done` of `all` are done, with a word on them. */
  step(done: number, { all, label }: { all: number; label: string }): void {
    const now = this.#now();
    if (this.#last !== undefined) {
      const seconds = (now - this.#last) / 1000 /
        Math.max(1, done - this.#done);
      this.#seconds = this.#seconds === undefined
        ? seconds
        : SMOOTH * this.#seconds + (1 - SMOOTH) * seconds;
    }
    this.#last = now;
    this.#done = done;
    if (this.#quiet) return;
    const each = this.#seconds ?? 0;
    const text = `${done}/${all}  ${label}  ${each.toFixed(2)} s/step  ${
      timeText(each * (all - done))
    } left`;
    if (this.#stream.isTTY === true) {
      const filled = Math.round(BAR * done / all);
      const bar = "━".repeat(filled) + "─".repeat(BAR - filled);
      const columns = this.#stream.columns ?? 80;
      this.#stream.write(`\r\x1b[K${`${bar} ${text}`.slice(0, columns - 1)}`);
      this.#open = true;
    } else if (done === all || now - this.#written >= PLAIN_INTERVAL_MS) {
      this.#stream.write(`${text}\n`);
      this.#written = now;
    }
  }

  /** Writes a line for the user, below the bar if one is drawn. */
  note(text: string): void {
    if (this.#quiet) return;
    this.end();
    this.#stream.write(`${text}\n`);
  }

  /** Ends the line that is drawn, if any. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stream.write("\n");
  }
}

/** Seconds as `12 s`, `3 min 20 s` or `5 h 3 min`. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
