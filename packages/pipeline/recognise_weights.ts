import { KEY_MAP_GGUF_T5 } from "@edit-transfer/text";
import { KEY_MAP_BFL_VAE } from "@edit-transfer/vae";
import {
  filterWeights,
  foreignQuantization,
  KEY_MAP_BFL_FLUX,
  type KeyMap,
  mapKeys,
  TAKE_ANOTHER,
  type WeightSource,
} from "@edit-transfer/weights";
import { isBesideParts, type Role, withoutExtras } from "./extra_arrays.ts";

/** How the weights of one part are named in the files that people have. */
interface Layout {
  readonly role: Role;
  /** Arrays that only this layout has, below the prefix. */
  readonly marks: readonly string[];
  /** Text in front of all names: none, or where ComfyUI puts the part. */
  readonly prefixes: readonly string[];
  /** Names of the layout; others are those that are loaded. */
  readonly map: KeyMap;
}

const LAYOUTS: readonly Layout[] = [
  {
    role: "transformer",
    marks: [
      "double_blocks.0.img_attn.qkv.weight",
      "double_blocks.0.img_mod.lin.weight",
      "single_blocks.0.linear1.weight",
    ],
    prefixes: ["", "model.diffusion_model."],
    map: KEY_MAP_BFL_FLUX,
  },
  {
    role: "transformer",
    marks: [
      "x_embedder.weight",
      "time_text_embed.text_embedder.linear_1.weight",
      "transformer_blocks.0.attn.to_q.weight",
      "single_transformer_blocks.0.attn.to_q.weight",
    ],
    prefixes: ["", "transformer."],
    map: [],
  },
  {
    role: "vae",
    marks: ["encoder.down.0.block.0.conv1.weight", "decoder.conv_in.weight"],
    prefixes: ["", "vae."],
    map: KEY_MAP_BFL_VAE,
  },
  {
    role: "vae",
    marks: [
      "encoder.down_blocks.0.resnets.0.conv1.weight",
      "decoder.conv_in.weight",
    ],
    prefixes: ["", "vae."],
    map: [],
  },
  {
    role: "clip",
    marks: ["text_model.encoder.layers.0.mlp.fc1.weight"],
    prefixes: ["", "text_encoders.clip_l.transformer."],
    map: [],
  },
  {
    role: "t5",
    marks: ["encoder.block.0.layer.1.DenseReluDense.wi_0.weight"],
    prefixes: ["", "text_encoders.t5xxl.transformer."],
    map: [],
  },
  {
    role: "t5",
    marks: ["enc.blk.0.ffn_gate.weight"],
    prefixes: [""],
    map: KEY_MAP_GGUF_T5,
  },
];

/** Other models by a part of a name that only they have. */
const OTHERS: readonly [RegExp, string][] = [
  [/(^|\.)lora_(A|B|up|down)\b|\.lora_(up|down)\./, "a LoRA"],
  [/double_stream_modulation_img\./, "a FLUX.2 transformer"],
  [/distilled_guidance_layer\./, "a Chroma transformer"],
  [/double_blocks\.0\.img_attn_qkv\./, "a HunyuanVideo transformer"],
  [/joint_blocks\.0\.context_block\./, "a Stable Diffusion 3 transformer"],
  [/label_emb\.0\.0\.weight/, "a Stable Diffusion XL UNet"],
  [/input_blocks\.0\.0\.weight/, "a Stable Diffusion UNet"],
  [/controlnet_blocks\.|controlnet_/, "a ControlNet"],
  [/single_transformer_blocks\./, "a part of a FLUX transformer"],
  [/transformer_blocks\.0\.img_mod\./, "a Qwen-Image transformer"],
  [/cap_embedder\./, "a Lumina transformer"],
  [/blocks\.0\.self_attn\.q\./, "a Wan transformer"],
  [/(^|\.)model\.layers\.0\.self_attn\./, "a language model"],
];

/** Architectures of GGUF files of parts. */
const GGUF_ROLES: Readonly<Record<string, Role>> = {
  flux: "transformer",
  t5: "t5",
  t5encoder: "t5",
};

/** A part of a pipeline, under the names that the models load. */
export interface RecognisedPart {
  readonly role: Role;
  readonly weights: WeightSource;
}

/** What a file holds. */
export interface RecognisedFile {
  /** Parts: one in most files, all four in some of ComfyUI's. */
  readonly parts: readonly RecognisedPart[];
  /** Names of arrays that are of none of them. */
  readonly rest: readonly string[];
}

/** The parts in one file, and what is beside them. */
export function recogniseFile(source: WeightSource): RecognisedFile {
  if (foreignQuantization(source) !== undefined) return { parts: [], rest: [] };
  const architecture = source.metadata["general.architecture"];
  const found: { role: Role; prefix: string; map: KeyMap }[] = [];
  for (const { role, marks, prefixes, map } of LAYOUTS) {
    if (architecture !== undefined && GGUF_ROLES[architecture] !== role) {
      continue;
    }
    const prefix = prefixes.find((p) => marks.every((m) => source.has(p + m)));
    if (prefix !== undefined) found.push({ role, prefix, map });
  }
  // an array is of the part with the longest prefix that its name begins with
  found.sort((a, b) => b.prefix.length - a.prefix.length);
  const ownerOf = (name: string) =>
    found.find(({ prefix }) => name.startsWith(prefix));
  const named = filterWeights(source, (name) => !isBesideParts(name));
  const parts = found.map((part) => {
    const { role, prefix, map } = part;
    const own = filterWeights(named, (name) => ownerOf(name) === part);
    return {
      role,
      weights: withoutExtras(mapKeys(own, map, { prefix }), role),
    };
  });
  const rest = [...named.names()].filter((name) => ownerOf(name) === undefined);
  return { parts, rest };
}

/** What a file without any part is, in a few words. */
export function describeWeights(source: WeightSource): string {
  const foreign = foreignQuantization(source);
  if (foreign !== undefined) {
    const { scheme, example } = foreign;
    return `weights in ${scheme}, as ${
      JSON.stringify(example)
    } tells; ${TAKE_ANOTHER}`;
  }
  const architecture = source.metadata["general.architecture"];
  if (
    architecture !== undefined && !Object.hasOwn(GGUF_ROLES, architecture)
  ) {
    return `a GGUF of architecture ${JSON.stringify(architecture)}`;
  }
  const names = [...source.names()];
  for (const [pattern, description] of OTHERS) {
    if (names.some((name) => pattern.test(name))) return description;
  }
  const [first] = names;
  return first === undefined
    ? "a file without arrays"
    : `an unknown model with ${JSON.stringify(first.slice(0, 80))}`;
}
