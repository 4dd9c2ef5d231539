import { keepClean } from "@edit-transfer/composite";
import { latentNoise, type Seed } from "@edit-transfer/flow";
import { Tensor } from "@edit-transfer/tensor";
import { answerOf } from "./answer_of.ts";
import type { EncodedEdit } from "./encoded_edit.ts";
import { editKept, seedsAtOnce } from "./edit_kept.ts";
import type { EditOptions, EditResult } from "./edit_options.ts";
import { KeptOnce } from "./kept_once.ts";
import { lockResult } from "./lock_result.ts";
import { type MadePanel, runEdit } from "./run_edit.ts";
import { withStrength } from "./strength.ts";
import type { TextConditioning } from "./text_conditioning.ts";
import { velocityOf } from "./velocity.ts";

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
 * @throws {RangeError} If the seed, the number of steps or the strength is out
 * of range.
 * @throws {TypeError} If it is to be locked without pictures to compare.
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
    readonly seeds: readonly Seed[];
    readonly kept: KeptOnce;
  },
): Promise<EditResult[]> {
  const { pipeline, layout } = encoded;
  const { seeds, kept, conditions = pipeline.defaults.conditions } = options;
  const count = seedsAtOnce(layout, conditions);
  const results: EditResult[] = [];
  for (let i = 0; i < seeds.length; i += count) {
    const together = { ...options, seeds: seeds.slice(i, i + count) };
    const made = conditions === "joint"
      ? await editJoint(encoded, { ...options, seed: seeds[i]! })
      : await editWithKept(kept, together);
    for (const result of made) {
      results.push(await finished(result, encoded, options));
    }
  }
  return results;
}

/** A result at its size, locked if that is asked for, with what is to be told. */
async function finished(
  result: MadePanel,
  encoded: EncodedEdit,
  { lock = false }: Pick<EditOptions, "lock">,
): Promise<EditResult> {
  const { locked, shift, notices = [] } = lock
    ? await lockResult(encoded, result)
    : {};
  return {
    ...result,
    image: await answerOf(result.panel, encoded.query, locked),
    panel: locked?.image ?? result.panel,
    shift,
    notices: [
      ...encoded.text.notices,
      ...notices,
      ...result.notices,
    ],
  };
}

/** Computes what is kept, unless it is there, and runs the answers alone. */
async function editWithKept(
  kept: KeptOnce,
  options: Omit<EditOptions, "seed"> & { readonly seeds: readonly Seed[] },
): Promise<MadePanel[]> {
  const { seeds, strength = 1, conditionSigma: sigma, signal } = options;
  const start = performance.now();
  const edited = await kept.get({ sigma, signal });
  const unedited = strength === 1
    ? undefined
    : await kept.unedited({ sigma, signal });
  const keep = (performance.now() - start) / seeds.length;
  const made = await editKept(edited, { ...options, unedited });
  return made.map((result) => ({
    ...result,
    timings: { keep, ...result.timings },
  }));
}

/** All tokens in each step, of which the known ones are put back after it. */
async function editJoint(
  { pipeline, text, layout, latents, query: original, wordless }: EncodedEdit,
  options: Omit<EditOptions, "seed"> & { readonly seed: Seed },
): Promise<MadePanel[]> {
  const { tokens, ids: imgIds, shape } = layout;
  const { seed, guidance = 1, strength = 1, signal } = options;
  const noise = latentNoise(seed, shape, options.noise);
  const composed = layout.compose(latents, { noise });
  const tensor = (values: Float32Array) =>
    Tensor.from(pipeline.device, values, {
      shape: [1, tokens, values.length / tokens],
    });
  using clean = tensor(composed.clean); // [1, I, 4c]
  using mask = tensor(layout.mask); // [1, I, 1]
  const velocity = (text: TextConditioning) =>
    velocityOf({
      transformer: () => pipeline.transformer(),
      text,
      guidance,
      imgIds,
      signal,
    });
  const [before, , query] = latents;
  const same = layout.compose([before, before, query], { noise });
  const plain = strength === 1 ? text : await wordless?.() ?? text;
  return await runEdit(pipeline, {
    layout,
    query: original,
    latents: () => tensor(composed.latents), // [1, I, 4c]
    velocity: withStrength(strength, {
      edited: velocity(text),
      async unedited(x, sigma) {
        using clean = tensor(same.clean); // [1, I, 4c]
        using unedited = keepClean(x, { clean, mask }); // [1, I, 4c]
        return await velocity(plain)(unedited, sigma);
      },
    }),
    after: (latents) => keepClean(latents, { clean, mask }),
    tokens: (latents) => latents,
  }, { ...options, conditions: "joint" });
}
