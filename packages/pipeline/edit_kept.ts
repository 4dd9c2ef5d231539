import { putRows, takeRows, type TokenLayout } from "@edit-transfer/composite";
import type { KeptTokens } from "@edit-transfer/dit";
import { latentNoise, type Seed } from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import { Tensor } from "@edit-transfer/tensor";
import type { Conditions } from "./conditions.ts";
import type { EditRunOptions } from "./edit_options.ts";
import { type KeptEdit, keptVelocity } from "./kept_edit.ts";
import type { Pipeline } from "./pipeline.ts";
import { type MadePanel, runEdit } from "./run_edit.ts";
import { withStrength } from "./strength.ts";

/** A query beside what is kept of an edit, and of itself. */
export interface KeptQuery {
  /** Model to edit with. */
  readonly pipeline: Pipeline;
  /** Text and example. */
  readonly edit: KeptEdit;
  /** The query. */
  readonly query: KeptTokens;
  /** The query as it was, at whose size previews are given back. */
  readonly original?: Image | undefined;
  /** Latents of before, after and query as far as they are known. */
  readonly latents: readonly (Float32Array | undefined)[];
}

/**
 * Pictures that are made together: as many as have no more tokens than one
 * picture with joint conditions.
 *
 * @param layout Layout of an edit.
 * @param conditions How its answers see the rest.
 * @returns Their number.
 *
 * @example Usage
 * ```ts
 * import { quadLayout } from "@edit-transfer/composite";
 * import { seedsAtOnce } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * assert.equal(seedsAtOnce(quadLayout([16, 8, 8]), "kept"), 4);
 * assert.equal(seedsAtOnce(quadLayout([16, 8, 8]), "joint"), 1);
 * ```
 */
export function seedsAtOnce(
  layout: TokenLayout,
  conditions: Conditions,
): number {
  const { tokens, turns } = layout;
  return conditions === "joint" ? 1 : Math.floor(tokens / turns.at(-1)!.length);
}

/**
 * Runs an edit whose text and given panels are kept, for seeds together: for
 * each σ: `x += (σ' − σ) v(x, σ)`, with the tokens of the answers alone.
 *
 * Source: the conditions of OminiControl2, https://arxiv.org/abs/2503.08280,
 * in the order of Qwen-Image-2.1: text, example, query, answer.
 *
 * @param kept See {@linkcode KeptQuery}; it stays the caller's.
 * @param options See {@linkcode EditRunOptions}; the seeds; the strength, and for
 * others than 1 what is kept of the query beside an example that changes nothing.
 * @returns A result for each seed.
 *
 * @throws {RangeError} If a seed or the number of steps is out of range.
 */
export async function editKept(
  { pipeline, edit, query, original, latents }: KeptQuery,
  options: EditRunOptions & {
    readonly seeds: readonly Seed[];
    readonly strength?: number | undefined;
    readonly unedited?: KeptQuery | undefined;
  },
): Promise<MadePanel[]> {
  const { seeds, guidance = 1, strength = 1, unedited, signal } = options;
  const { layout } = edit;
  const { shape, answerShape } = layout;
  const rows = layout.turns.at(-1)!;
  const width = 4 * shape[0];
  const unknown = new Float32Array(answerShape.reduce((a, b) => a * b));
  const panels = latents.map((panel) => panel ?? unknown);
  const made = new Float32Array(seeds.length * rows.length * width); // [B, n, 4c]
  let clean = new Float32Array();
  for (const [b, seed] of seeds.entries()) {
    const noise = latentNoise(seed, shape, options.noise);
    const composed = layout.compose(panels, { noise });
    clean = Float32Array.from(composed.clean);
    made.set(
      takeRows(composed.latents, rows, width),
      b * rows.length * width,
    );
  }
  const velocity = ({ edit, query }: Pick<KeptQuery, "edit" | "query">) =>
    keptVelocity(pipeline, { edit, query, guidance, signal });
  return await runEdit(pipeline, {
    layout,
    query: original,
    latents: () =>
      Tensor.from(pipeline.device, made, {
        shape: [seeds.length, rows.length, width],
      }), // [B, n, 4c]
    velocity: withStrength(strength, {
      edited: velocity({ edit, query }),
      unedited: velocity(unedited ?? { edit, query }),
    }),
    after: (latents) => latents,
    tokens: (latents) => putRows(clean, rows, latents), // [I, 4c]
  }, { ...options, conditions: "kept" });
}
