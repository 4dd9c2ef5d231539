import { keepClean, type TokenLayout } from "@edit-transfer/composite";
import { latentNoise } from "@edit-transfer/flow";
import { Tensor } from "@edit-transfer/tensor";
import { editKept, seedsAtOnce } from "./edit_kept.ts";
import type { EditOptions, EditResult } from "./edit_options.ts";
import { jointVelocity } from "./joint_velocity.ts";
import { KeptOnce } from "./kept_once.ts";
import type { Pipeline } from "./pipeline.ts";
import { runEdit } from "./run_edit.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** An edit of which text and panels are encoded. */
export interface EncodedEdit {
  /** Model to edit with. */
  readonly pipeline: Pipeline;
  /** Conditioning of the caption. */
  readonly text: TextConditioning;
  /** Latents of before, after and query, each `[c, h, w]`. */
  readonly latents: readonly [Float32Array, Float32Array, Float32Array];
  /** Where their tokens stand, and those of the answer. */
  readonly layout: TokenLayout;
}

/**
 * Runs an encoded edit for one seed.
 *
 * `x = noise · m + z (1 − m)`; for each σ: `x += (σ' − σ) v(x, σ)`, then the
 * tokens outside the mask `m` are set back to `z`; the answer is decoded.
 *
 * Source: Edit Transfer, https://arxiv.org/abs/2503.13327;
 * CUC-MIPG/Edit-Transfer@c44a846, `toolkit/pipeline_flux_inpaint.py`.
 *
 * @param encoded See {@linkcode EncodedEdit}; it stays the caller's.
 * @param options See {@linkcode EditOptions}.
 * @returns The result.
 *
 * @throws {RangeError} If the seed or the number of steps is out of range.
 *
 * @example Usage
 * ```ts
 * import { quadLayout } from "@edit-transfer/composite";
 * import { edit, loadPipeline } from "@edit-transfer/pipeline";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   using text = await pipeline.encodeText("");
 *   const layout = quadLayout([16, 8, 8]);
 *   const panel = new Float32Array(16 * 8 * 8); // [16, 8, 8]
 *   const latents = [panel, panel, panel] as const;
 *   const encoded = { pipeline, text, latents, layout };
 *   const { image } = await edit(encoded, { seed: 1, steps: 1 });
 *   assert.equal(image.width, 64);
 * }
 * ```
 */
export async function edit(
  encoded: EncodedEdit,
  options: EditOptions = {},
): Promise<EditResult> {
  const { seed = 42, ...rest } = options;
  using kept = new KeptOnce(encoded);
  const [result] = await editSeeds(encoded, { ...rest, seeds: [seed], kept });
  return result!;
}

/** Runs an encoded edit for some seeds, as many together as may be. */
export async function editSeeds(
  encoded: EncodedEdit,
  options: Omit<EditOptions, "seed"> & {
    readonly seeds: readonly number[];
    readonly kept: KeptOnce;
  },
): Promise<EditResult[]> {
  const { pipeline, text, layout } = encoded;
  const { seeds, kept, conditionSigma: sigma, ...rest } = options;
  const { conditions = pipeline.defaults.conditions } = options;
  const count = seedsAtOnce(layout, conditions);
  const results: EditResult[] = [];
  for (let i = 0; i < seeds.length; i += count) {
    if (conditions === "joint") {
      results.push(...await editJoint(encoded, { ...rest, seed: seeds[i]! }));
      continue;
    }
    const start = performance.now();
    const query = await kept.get({ sigma, signal: rest.signal });
    const keep = performance.now() - start;
    const together = seeds.slice(i, i + count);
    const made = await editKept(query, { ...rest, seeds: together });
    results.push(...made.map(({ timings, ...result }) => ({
      ...result,
      timings: { keep: keep / together.length, ...timings },
    })));
  }
  return results.map(({ notices, ...result }) => ({
    ...result,
    notices: [...text.notices, ...notices],
  }));
}

/** All tokens in each step, of which the known ones are put back after it. */
async function editJoint(
  { pipeline, text, layout, latents }: EncodedEdit,
  options: Omit<EditOptions, "seed"> & { readonly seed: number },
): Promise<EditResult[]> {
  const { tokens, ids: imgIds, shape } = layout;
  const { seed, guidance = 1, signal } = options;
  const composed = layout.compose(latents, {
    noise: latentNoise(seed, shape, options.noise),
  });
  const tensor = (values: Float32Array) =>
    Tensor.from(pipeline.device, values, {
      shape: [1, tokens, values.length / tokens],
    });
  using clean = tensor(composed.clean); // [1, I, 4c]
  using mask = tensor(layout.mask); // [1, I, 1]
  return await runEdit(pipeline, {
    layout,
    latents: tensor(composed.latents), // [1, I, 4c]
    velocity: jointVelocity(pipeline, { text, guidance, imgIds, signal }),
    after: (latents) => keepClean(latents, { clean, mask }),
    tokens: (latents) => latents,
  }, { ...options, conditions: "joint" });
}
