import { filterWeights, type WeightSource } from "@edit-transfer/weights";

/** Part of a pipeline that weights are of. */
export type Role = "transformer" | "vae" | "clip" | "t5";

/**
 * Arrays that files have beside those of a part's layers, and that no result
 * depends on: the other halves of CLIP and T5, projections that FLUX.1 does not
 * use, positions 0, 1, 2, …, and a tokeniser's file as an array.
 *
 * Source: `_keys_to_ignore_on_load_unexpected` of `CLIPTextModel` and
 * `T5EncoderModel` in huggingface/transformers 5.23.0; `comfy/sd1_clip.py` and
 * `comfy/text_encoders/t5.py` in comfyanonymous/ComfyUI@v0.3.40.
 */
const EXTRAS: Readonly<Partial<Record<Role, RegExp>>> = {
  clip:
    /^(vision_model\.|visual_projection\.|text_projection(\.|$)|logit_scale$|(text_model\.)?embeddings\.position_ids$)/,
  t5: /^(decoder\.|dec\.|lm_head\.|output\.weight$|spiece_model$)/,
};

/** Arrays beside the parts of ComfyUI's checkpoints that nothing depends on. */
const BESIDE =
  /^(text_encoders\.[^.]+\.logit_scale$|text_encoders\.[^.]+\.(transformer\.)?spiece_model$|model_ema\.)/;

/** Second name that files give T5's table. */
const ALIAS = "encoder.embed_tokens.weight";

/** Whether an array of a checkpoint is of none of its parts, and harmless. */
export function isBesideParts(name: string): boolean {
  return BESIDE.test(name);
}

/** The arrays of a part without those that no layer of any file's part needs. */
export function withoutExtras(weights: WeightSource, role: Role): WeightSource {
  const extras = EXTRAS[role];
  const twice = role === "t5" && weights.has("shared.weight");
  return filterWeights(
    weights,
    (name) => extras?.test(name) !== true && !(twice && name === ALIAS),
  );
}
