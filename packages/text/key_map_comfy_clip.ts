import type { KeyMap } from "@edit-transfer/weights";

const LAYER = "encoder.layers.{i}";

const SAME = [
  "embeddings.token_embedding",
  "embeddings.position_embedding",
  ...["q_proj", "k_proj", "v_proj", "out_proj"].map((name) =>
    `${LAYER}.self_attn.${name}`
  ),
  `${LAYER}.layer_norm1`,
  `${LAYER}.layer_norm2`,
  `${LAYER}.mlp.fc1`,
  `${LAYER}.mlp.fc2`,
  "final_layer_norm",
];

/**
 * Names of ComfyUI's `clip_l.safetensors`: those of transformers, beside which
 * there may be the image side, projections and positions as integers.
 *
 * Source: `CLIPTextModel` in comfyanonymous/ComfyUI@v0.3.40,
 * `comfy/clip_model.py`.
 */
export const KEY_MAP_COMFY_CLIP: KeyMap = SAME.map((name) => ({
  from: `text_model.${name}`,
  to: `text_model.${name}`,
}));
