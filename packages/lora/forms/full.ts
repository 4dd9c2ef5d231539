import { takeRows, widened } from "../_matrix.ts";
import type { BiasUpdate, FullUpdate, GainUpdate } from "../lora_file.ts";
import type { Form } from "./form.ts";

/** ΔW itself. */
export const full: Form<FullUpdate> = {
  name: "whole difference",
  shape: ({ diff }) => diff.shape,
  rows: (update, rows) => ({ ...update, diff: takeRows(update.diff, rows) }),
  rank: () => undefined,
  dense: ({ diff }) => widened(diff).data as Float32Array<ArrayBuffer>,
  matrices: ({ diff }) => [diff],
};

/** Gain of a norm. */
export const gain: Form<GainUpdate> = {
  name: "norm",
  shape: ({ values }) => [values.length],
  rows: (update) => update,
  rank: () => undefined,
  dense: ({ values }) => values,
  matrices: () => [],
};

/** A bias alone. */
export const bias: Form<BiasUpdate> = {
  name: "bias",
  shape: ({ bias }) => [bias.length, NaN],
  rows: (update) => update,
  rank: () => undefined,
  dense: () => new Float32Array(),
  matrices: () => [],
};
