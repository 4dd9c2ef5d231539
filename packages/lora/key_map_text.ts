import type { KeyMap } from "./key_map.ts";

/** Layers of CLIP's text encoder, the names of transformers without `text_model.`. */
const CLIP: readonly string[] = [
  ...["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
  ...["self_attn.out_proj", "mlp.fc1", "mlp.fc2"],
].map((layer) => `encoder.layers.{i}.${layer}`);

/** Layers of T5's encoder, the names of transformers. */
const T5: readonly string[] = [
  ...["q", "k", "v", "o"].map((name) => `layer.0.SelfAttention.${name}`),
  ...["wi_0", "wi_1", "wo"].map((name) => `layer.1.DenseReluDense.${name}`),
].map((layer) => `encoder.block.{i}.${layer}`);

/** Names of diffusers before PEFT, in CLIP. */
const OLD: Readonly<Record<string, string>> = {
  q_proj: "to_q",
  k_proj: "to_k",
  v_proj: "to_v",
  out_proj: "to_out",
};

const flat = (path: string) => path.replaceAll(".", "_");

/** Layers of CLIP by the names that LoRAs have for them. */
export const KEY_MAP_CLIP: KeyMap = CLIP.flatMap((layer) => {
  const [start, last] = [
    layer.slice(0, layer.lastIndexOf(".") + 1),
    layer.split(".").at(-1)!,
  ];
  const names = [layer, ...OLD[last] === undefined ? [] : [start + OLD[last]]];
  return names.flatMap((name) => [
    { module: name, layers: [layer] },
    { module: `text_model.${name}`, layers: [layer] },
  ]);
});

/** Layers of CLIP by their names with underscores. */
export const KEY_MAP_CLIP_FLAT: KeyMap = CLIP.map((layer) => ({
  module: `text_model_${flat(layer)}`,
  layers: [layer],
}));

/** Layers of T5 by their own names. */
export const KEY_MAP_T5: KeyMap = T5.map((layer) => ({
  module: layer,
  layers: [layer],
}));

/** Layers of T5 by their names with underscores. */
export const KEY_MAP_T5_FLAT: KeyMap = T5.map((layer) => ({
  module: flat(layer),
  layers: [layer],
}));
