/** Where progress is written. */
export interface ProgressStream {
  /** Whether it is a terminal, where a line can be drawn over. */
  readonly isTTY?: boolean;
  /** Columns of the terminal. */
  readonly columns?: number;
  /** Writes text. */
  write(text: string): unknown;
}

/** Options of {@linkcode Progress}. */
export interface ProgressOptions {
  /** Where to write, usually the standard error stream. */
  readonly stream: ProgressStream;
  /** Whether to write nothing at all. */
  readonly quiet: boolean;
  /**
   * What is counted, many and one.
   *
   * @default {["steps", "step"]}
   */
  readonly units?: readonly [string, string];
  /** Milliseconds now, from any origin. */
  readonly now?: () => number;
}

const BAR = 24;
const PLAIN_INTERVAL_MS = 2000;

/**
 * Tells how far a run is: one line drawn over and over on a terminal, else a
 * plain line every other second.
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #quiet: boolean;
  readonly #units: readonly [string, string];
  readonly #now: () => number;
  #started = 0;
  #written = -Infinity;
  #open = false;

  /** Begins silently. */
  constructor(
    {
      stream,
      quiet,
      units = ["steps", "step"],
      now = () => performance.now(),
    }: ProgressOptions,
  ) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#units = units;
    this.#now = now;
  }

  /** Begins a count of steps. */
  start(): void {
    this.#started = this.#now();
    this.#written = this.#started;
  }

  /** Reports that `step` of `steps` are done. */
  step(step: number, steps: number, label: string): void {
    if (this.#quiet) return;
    const now = this.#now();
    const seconds = (now - this.#started) / 1000;
    const rate = seconds > 0 ? step / seconds : 0;
    const left = rate > 0 ? (steps - step) / rate : 0;
    const numbers = `${step}/${steps}  ${rateText(rate, this.#units)}  ${
      timeText(left)
    } left`;
    if (this.#stream.isTTY === true) {
      const columns = this.#stream.columns || 80;
      const room = columns - 1 - `${label}  ${numbers}`.length;
      const cells = Math.max(0, Math.min(BAR, room));
      const filled = Math.round(cells * step / steps);
      const bar = "━".repeat(filled) + "─".repeat(cells - filled);
      const line = `${label} ${bar} ${numbers}`;
      this.#stream.write(`\r\x1b[K${line.slice(0, columns - 1)}`);
      this.#open = true;
    } else if (step === steps || now - this.#written >= PLAIN_INTERVAL_MS) {
      this.#stream.write(`${label} ${numbers}\n`);
      this.#written = now;
    }
  }

  /** Draws what goes on while there are no steps to count, on a terminal only. */
  status(text: string): void {
    if (this.#quiet || this.#stream.isTTY !== true) return;
    this.#stream.write(`\r\x1b[K${text}`);
    this.#open = true;
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

/** Steps a second, or seconds a step where it is slower than that. */
function rateText(
  rate: number,
  [many, one]: readonly [string, string],
): string {
  return rate >= 1 || rate === 0
    ? `${rate.toFixed(1)} ${many}/s`
    : `${(1 / rate).toFixed(1)} s/${one}`;
}

/** Seconds as `12 s` or `3 min 20 s`. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60
    ? `${whole} s`
    : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
