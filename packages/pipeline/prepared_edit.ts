import type { Seed } from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import type { Rank } from "@edit-transfer/metrics";
import type { EncodedEdit } from "./encoded_edit.ts";
import type { EditOptions, EditResult } from "./edit_options.ts";
import type { KeptEdit } from "./kept_edit.ts";

/** Everything about an edit that does not depend on the seed. */
export interface PreparedEdit extends EncodedEdit, Disposable {
  /** Caption in full. */
  readonly prompt: string;
  /** Side of a square panel in pixels; others have its area. */
  readonly panelSize: number;
  /** Before, after and query as panels, of one size. */
  readonly panels: readonly [before: Image, after: Image, query: Image];
  /** Facts that a user should know, e.g. that the prompt was cut. */
  readonly notices: readonly string[];
  /** Milliseconds that the text and the panels took, with loading. */
  readonly timings: { readonly text: number; readonly encode: number };
  /**
   * Runs the edit for one seed.
   *
   * @param options See {@linkcode EditOptions}.
   * @returns The result.
   *
   * @throws {RangeError} If the seed or the number of steps is out of range.
   */
  run(options?: EditOptions): Promise<EditResult>;
  /**
   * Runs the edit for some seeds; under kept conditions they share what is kept,
   * and some are made together, see {@linkcode seedsAtOnce}.
   *
   * @param seeds Seeds of the noise, integers >= 0.
   * @param options See {@linkcode EditOptions}.
   * @returns A result for each.
   *
   * @throws {RangeError} If a seed or the number of steps is out of range.
   */
  runSeeds(
    seeds: readonly Seed[],
    options?: Omit<EditOptions, "seed">,
  ): Promise<EditResult[]>;
  /**
   * Text and example, computed once, as {@linkcode writeEditFile} takes them.
   *
   * @param options Noise level that they are told; a signal that stops before
   * the next block.
   * @returns What is kept; it stays the edit's.
   */
  keep(
    options?: Pick<EditOptions, "conditionSigma" | "signal">,
  ): Promise<KeptEdit>;
  /**
   * Ranks results of several seeds without an answer, in a step each.
   *
   * @param results What `run` gave.
   * @param signal Stops before the next result.
   * @returns A rank for each result, in their order.
   *
   * @throws {RangeError} If there are no results.
   */
  rank(
    results: readonly Pick<EditResult, "latents">[],
    signal?: AbortSignal,
  ): Promise<Rank[]>;
}
