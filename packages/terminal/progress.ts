import { oneLine } from "@edit-transfer/files/printable";
import process from "node:process";
import { formatDuration } from "./format.ts";
import { stderr } from "./streams.ts";

/** Where progress is written. */
export interface ProgressStream {
  /** Whether it is a terminal, where a line can be drawn over. */
  readonly isTTY?: boolean | undefined;
  /** Columns of the terminal. */
  readonly columns?: number | undefined;
  /** Writes text. */
  write(text: string): unknown;
}

/** Options of {@linkcode Progress}. */
export interface ProgressOptions {
  /**
   * Where to write.
   *
   * @default {the standard error stream}
   */
  readonly stream?: ProgressStream | undefined;
  /**
   * Whether to write nothing at all.
   *
   * @default {false}
   */
  readonly quiet?: boolean | undefined;
  /**
   * What is counted, many and one.
   *
   * @default {["steps", "step"]}
   */
  readonly units?: readonly [string, string] | undefined;
  /**
   * Least time between two lines where no line can be drawn over, in
   * milliseconds.
   *
   * @default {2000}
   */
  readonly intervalMs?: number | undefined;
  /**
   * Kind of terminal; on a `dumb` one no line can be drawn over.
   *
   * @default {the environment's TERM}
   */
  readonly term?: string | undefined;
  /** Milliseconds now, from any origin. */
  readonly now?: (() => number) | undefined;
}

/** Words on a step. */
export interface ProgressStep {
  /** In front of the bar. */
  readonly label?: string | undefined;
  /** Behind the count, e.g. a loss. */
  readonly detail?: string | undefined;
}

/** Cells of a bar where there is room. */
const BAR = 24;
/** Time constant of the rate, in seconds: what is longer ago counts less. */
const MEMORY = 300;

/**
 * Tells how far a run is: one line drawn over and over on a terminal, else, as
 * in a file or on a terminal that knows no escape codes, a line now and then.
 *
 * @example Usage
 * ```ts
 * import { Progress } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * let now = 0;
 * const lines: string[] = [];
 * const progress = new Progress({
 *   stream: { write: (text) => lines.push(text) },
 *   now: () => now,
 * });
 * progress.start();
 * now += 2000;
 * progress.step(1, 4, { label: "edit" });
 * assert.deepEqual(lines, ["edit 1/4  2.0 s/step  6 s left\n"]);
 * ```
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #quiet: boolean;
  readonly #units: readonly [string, string];
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #redraws: boolean;
  #last = 0;
  #done = 0;
  #seconds = 0;
  #counted = 0;
  #written = -Infinity;
  #open = false;

  /**
   * Begins silently.
   *
   * @param options See {@linkcode ProgressOptions}.
   */
  constructor(options: ProgressOptions = {}) {
    this.#stream = options.stream ?? stderr;
    this.#quiet = options.quiet ?? false;
    this.#units = options.units ?? ["steps", "step"];
    this.#intervalMs = options.intervalMs ?? 2000;
    this.#now = options.now ?? (() => performance.now());
    const term = options.term ?? process.env.TERM;
    this.#redraws = this.#stream.isTTY === true && term !== "dumb";
  }

  /**
   * Begins a count, so that the time before it is not counted.
   *
   * @param done What is done already.
   */
  start(done = 0): void {
    this.#last = this.#now();
    this.#written = this.#last;
    this.#done = done;
    this.#seconds = this.#counted = 0;
  }

  /**
   * Reports what is done.
   *
   * @param done Units done.
   * @param all Units in all.
   * @param words See {@linkcode ProgressStep}.
   */
  step(done: number, all: number, { label, detail }: ProgressStep = {}): void {
    if (this.#quiet) return;
    const now = this.#now();
    const rate = this.#rate(done, now);
    const numbers = oneLine([
      `${done}/${all}`,
      ...detail === undefined ? [] : [detail],
      rateText(rate, this.#units),
      `${formatDuration(rate > 0 ? (all - done) / rate : 0)} left`,
    ].join("  "));
    const head = label === undefined ? "" : `${oneLine(label)} `;
    if (this.#redraws) {
      const room = this.#columns - ` ${head}${numbers}`.length;
      const cells = Math.max(0, Math.min(BAR, room));
      const filled = Math.round(cells * done / all);
      const bar = "━".repeat(filled) + "─".repeat(cells - filled);
      this.#draw(`${head}${bar} ${numbers}`);
    } else if (done === all || now - this.#written >= this.#intervalMs) {
      this.#stream.write(`${head}${numbers}\n`);
      this.#written = now;
    }
  }

  /**
   * Draws what goes on while there are no steps to count, where it can be drawn
   * over only.
   *
   * @param text A few words.
   */
  status(text: string): void {
    if (!this.#quiet && this.#redraws) this.#draw(oneLine(text));
  }

  /**
   * Writes a line for the user, below the bar if one is drawn.
   *
   * @param text The line.
   */
  note(text: string): void {
    if (this.#quiet) return;
    this.end();
    this.#stream.write(`${oneLine(text)}\n`);
  }

  /** Ends the line that is drawn, if any. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stream.write("\n");
  }

  /** Columns that a line may fill without a break. */
  get #columns(): number {
    return (this.#stream.columns || 80) - 1;
  }

  #draw(line: string): void {
    this.#stream.write(`\r\x1b[K${line.slice(0, this.#columns)}`);
    this.#open = true;
  }

  /** Units a second, of the last minutes. */
  #rate(done: number, now: number): number {
    const seconds = (now - this.#last) / 1000;
    const kept = Math.exp(-seconds / MEMORY);
    this.#seconds = this.#seconds * kept + seconds;
    // fewer than before: the next of several rounds has begun
    const more = done < this.#done ? done : done - this.#done;
    this.#counted = this.#counted * kept + more;
    this.#last = now;
    this.#done = done;
    return this.#seconds > 0 ? this.#counted / this.#seconds : 0;
  }
}

/** Units a second, or seconds a unit where it is slower than that. */
function rateText(
  rate: number,
  [many, one]: readonly [string, string],
): string {
  return rate >= 1 || rate === 0
    ? `${rate.toFixed(1)} ${many}/s`
    : `${(1 / rate).toFixed(1)} s/${one}`;
}
