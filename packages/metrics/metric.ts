import type { Image } from "@edit-transfer/image";

/** What an output is compared with. */
export interface EditCase {
  /** Picture that was edited. */
  readonly query: Image;
  /** What the edit should have made of it. */
  readonly answer: Image;
}

/** What a model that scores is, so that its figures can be compared. */
export interface MetricSource {
  /** Name of the model, e.g. `"CLIP ViT-L/14"`. */
  readonly model: string;
  /** SHA-256 of its weights. */
  readonly hash: string;
  /** What becomes of a picture before the model sees it. */
  readonly preprocessing: string;
}

/** What a report tells of a metric. */
export interface MetricFacts {
  /** Name in reports, e.g. `"gain"`. */
  readonly name: string;
  /** Value of a perfect output. */
  readonly best: number;
  /** Decimals in reports. */
  readonly digits: number;
  /** Unit in reports, e.g. `"dB"`; none by default. */
  readonly unit?: string | undefined;
  /** The model that scores; none by default. */
  readonly source?: MetricSource | undefined;
}

/**
 * A measure of edits.
 *
 * A set is measured by `summarize(scores)`, one case by `summarize([score])`:
 * the formula stands once, and decides whether large changes count more.
 *
 * `Known` is what a score is made from besides the output: query and answer, or
 * less, or the example pair and the words of the edit, too.
 */
export interface Metric<Score = unknown, Known = EditCase> extends MetricFacts {
  /**
   * What one output adds to the measure of a set. A report leaves out scores that
   * are undefined: there was nothing to measure, as the pose of nobody.
   */
  score(output: Image, known: Known): Score | Promise<Score>;
  /** Measure of a set of scores; NaN of none. */
  summarize(scores: readonly Score[]): number;
}

/** A measure of edits whose answers are known. */
export interface AnswerMetric<Score = unknown, Known = EditCase>
  extends Metric<Score, Known> {
  /** Always true: without an answer there is nothing to compare with. */
  readonly needsAnswer: true;
}

/** A measure of what the seeds of one case gave, taken together. */
export interface SeedsMetric<Score = unknown> extends MetricFacts {
  /** Always true: it sees all outputs of a case at once. */
  readonly acrossSeeds: true;
  /**
   * What the outputs of one case, and the seconds that each took, add to the
   * measure of a set; undefined where there is nothing to measure.
   */
  score(
    outputs: readonly Image[],
    seconds: readonly number[],
  ): Score | undefined | Promise<Score | undefined>;
  /** Measure of a set of scores; NaN of none. */
  summarize(scores: readonly Score[]): number;
}
