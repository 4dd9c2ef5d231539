import type { Image } from "@edit-transfer/image";

/** What an output is compared with. */
export interface EditCase {
  /** Picture that was edited. */
  readonly query: Image;
  /** What the edit should have made of it. */
  readonly answer: Image;
}

/**
 * A measure of edits whose answers are known.
 *
 * A set is measured by `summarize(scores)`, one case by `summarize([score])`:
 * the formula stands once, and decides whether large changes count more.
 *
 * `Known` may ask for more than query and answer, as the example pair or the
 * words of the edit.
 */
export interface Metric<Score = unknown, Known extends EditCase = EditCase> {
  /** Name in reports, e.g. `"gain"`. */
  readonly name: string;
  /** Value of a perfect output. */
  readonly best: number;
  /** Decimals in reports. */
  readonly digits: number;
  /** Unit in reports, e.g. `"dB"`; none by default. */
  readonly unit?: string | undefined;
  /** What one output adds to the measure of a set. */
  score(output: Image, known: Known): Score | Promise<Score>;
  /** Measure of a set of scores; NaN of none. */
  summarize(scores: readonly Score[]): number;
}
