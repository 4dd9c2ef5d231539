import { formOf, isFactored, isNothing } from "./forms/mod.ts";
import type { LayerUpdate } from "./lora_file.ts";

/** What an update is and how it runs, for people and programs. */
export interface LayerDescription {
  /** `"LoRA"`, `"DoRA"`, `"LoHa"`, `"LoKr"`, and so on, with `"and bias"`. */
  readonly kind: string;
  /** `[out, in]`, or `[n]` of a norm or a bias. */
  readonly shape: readonly number[];
  /** Rank of the two factors that it runs as, if it does. */
  readonly rank: number | undefined;
  /** Strength that it was trained with, where it has one. */
  readonly alpha: number | undefined;
  /** What the difference is multiplied by. */
  readonly scaling: number;
  /** How it runs: `"branch of rank 16"`, `"whole branch"`, `"gain"`, `"bias"`, or `"nothing"`. */
  readonly runs: string;
  /** Type of its first array in the file; 8-bit and 64-bit floats count as F32. */
  readonly dtype: string;
  /** Numbers that it has in the file. */
  readonly parameters: number;
}

/**
 * Tells what an update is and how it runs.
 *
 * @param update Update of a layer.
 * @returns The description.
 *
 * @example Usage
 * ```ts
 * import { describeLayer } from "@edit-transfer/lora";
 * import assert from "node:assert/strict";
 *
 * const { kind, runs } = describeLayer({ kind: "bias", bias: Float32Array.of(1) });
 * assert.deepEqual([kind, runs], ["bias", "bias"]);
 * ```
 */
export function describeLayer(update: LayerUpdate): LayerDescription {
  const form = formOf(update);
  const matrices = form.matrices(update);
  const { bias, magnitude } = update;
  const lines = update.kind === "gain" ? update.values.length : 0;
  return {
    kind: kindOf(update),
    shape: form.shape(update).filter((extent) => !Number.isNaN(extent)),
    rank: isFactored(update) ? form.rank(update) : undefined,
    alpha: "alpha" in update ? update.alpha : undefined,
    scaling: "scaling" in update ? update.scaling : 1,
    runs: runsAs(update),
    dtype: matrices[0]?.dtype ?? "F32",
    parameters: matrices.reduce((n, { data }) => n + data.length, lines) +
      (bias?.length ?? 0) + (magnitude?.values.length ?? 0),
  };
}

function kindOf(update: LayerUpdate): string {
  const { name } = formOf(update);
  const decomposed = update.magnitude === undefined
    ? name
    : name === "LoRA"
    ? "DoRA"
    : `${name} with magnitude`;
  return update.bias === undefined || update.kind === "bias"
    ? decomposed
    : `${decomposed} and bias`;
}

function runsAs(update: LayerUpdate): string {
  if (isNothing(update)) return "nothing";
  if (update.kind === "gain" || update.kind === "bias") return update.kind;
  return isFactored(update)
    ? `branch of rank ${formOf(update).rank(update)}`
    : "whole branch";
}
