import type { KeyMap } from "./key_map.ts";
import { KEY_MAP_BFL } from "./key_map_bfl.ts";
import { KEY_MAP_KOHYA } from "./key_map_kohya.ts";
import {
  KEY_MAP_CLIP,
  KEY_MAP_CLIP_FLAT,
  KEY_MAP_T5,
  KEY_MAP_T5_FLAT,
} from "./key_map_text.ts";
import { KEY_MAP_XLABS } from "./key_map_xlabs.ts";
import { parsePiece, type Piece } from "./lora_pieces.ts";
import type { ModelPart } from "./model_part.ts";

/** Whose names a LoRA file uses. */
export type LoraStyle = "peft" | "kohya" | "bfl" | "xlabs";

/** Names of the layers of a part of the model. */
interface PartSpelling {
  /** Put in front of the name of a module. */
  readonly prefix: string;
  /** Modules; the layers of the model themselves, if absent. */
  readonly keyMap?: KeyMap | undefined;
}

/** How a style spells the names in its files. */
export interface Spelling {
  /** Names of the layers, by part; a part that is absent has none. */
  readonly parts: Partial<Readonly<Record<ModelPart, PartSpelling>>>;
  /** Put after the name of a module for each piece; those absent have none. */
  readonly pieces: Partial<Readonly<Record<Piece, string>>>;
  /** Whether files say alpha: if some is not the rank, always, or never. */
  readonly alpha: "needed" | "always" | "never";
}

/** Names of LyCORIS. */
const LYCORIS = {
  doraScale: ".dora_scale",
  diff: ".diff",
  diffBias: ".diff_b",
  w1: ".lokr_w1",
  w1a: ".lokr_w1_a",
  w1b: ".lokr_w1_b",
  w2: ".lokr_w2",
  w2a: ".lokr_w2_a",
  w2b: ".lokr_w2_b",
  hada1a: ".hada_w1_a",
  hada1b: ".hada_w1_b",
  hada2a: ".hada_w2_a",
  hada2b: ".hada_w2_b",
} as const;

/** How each style is written; ComfyUI reads `bfl` with this prefix. */
export const SPELLINGS: Readonly<Record<LoraStyle, Spelling>> = {
  peft: {
    parts: {
      transformer: { prefix: "transformer." },
      text_encoder: { prefix: "text_encoder.text_model." },
      text_encoder_2: { prefix: "text_encoder_2." },
    },
    pieces: {
      A: ".lora_A.weight",
      B: ".lora_B.weight",
      "B.bias": ".lora_B.bias",
      magnitude: ".lora_magnitude_vector",
      gain: ".weight",
      gainDiff: ".diff",
      ...LYCORIS,
    },
    alpha: "needed",
  },
  kohya: {
    parts: {
      transformer: { prefix: "lora_unet_", keyMap: KEY_MAP_KOHYA },
      text_encoder: { prefix: "lora_te1_", keyMap: KEY_MAP_CLIP_FLAT },
      text_encoder_2: { prefix: "lora_te3_", keyMap: KEY_MAP_T5_FLAT },
    },
    pieces: {
      A: ".lora_down.weight",
      B: ".lora_up.weight",
      gainDiff: ".w_norm",
      ...LYCORIS,
    },
    alpha: "always",
  },
  bfl: {
    parts: {
      transformer: { prefix: "diffusion_model.", keyMap: KEY_MAP_BFL },
      text_encoder: {
        prefix: "text_encoders.clip_l.transformer.text_model.",
      },
      text_encoder_2: { prefix: "text_encoders.t5xxl.transformer." },
    },
    pieces: {
      A: ".lora_A.weight",
      B: ".lora_B.weight",
      gain: ".scale",
      gainDiff: ".scale.diff",
      ...LYCORIS,
    },
    alpha: "needed",
  },
  xlabs: {
    parts: { transformer: { prefix: "", keyMap: KEY_MAP_XLABS } },
    pieces: { A: ".down.weight", B: ".up.weight" },
    alpha: "never",
  },
};

/** Array of an update that a name stands for. */
export interface LoraName {
  /** Style of the name. */
  readonly style: LoraStyle;
  /** Part of the model; undefined if it is of another kind of model. */
  readonly part: ModelPart | undefined;
  /** Module, without what says the part. */
  readonly module: string;
  /** Names of the modules that this style has for the part. */
  readonly keyMap: KeyMap | undefined;
  /** Which of its arrays. */
  readonly piece: Piece;
}

/** What stands in front of names with underscores, and the part it means. */
const FLAT = /^(?:lora_(?:unet|transformer)|lycoris|(lora_te\d?))_/;
/** What stands in front of names with dots, and the part it means. */
const DOTTED: readonly (readonly [start: RegExp, part: ModelPart])[] = [
  [
    /^(?:text_encoders\.t5xxl\.(?:transformer\.)?|t5xxl\.(?:transformer\.)?|text_encoder_2\.)/,
    "text_encoder_2",
  ],
  [/^(?=encoder\.block\.)/, "text_encoder_2"],
  [
    /^(?:text_encoders\.clip_l\.(?:transformer\.)?|clip_l\.(?:transformer\.)?|text_encoder\.)/,
    "text_encoder",
  ],
  [/^(?=text_model\.)/, "text_encoder"],
  [/^(?:model\.)?(?:diffusion_model\.|transformer\.)?/, "transformer"],
];
const BFL_MODULE =
  /^(?:(?:double|single)_blocks\.|(?:img|txt|time|vector|guidance)_in(?:\.|$)|final_layer\.)/;

/** Whether a path is a module of flux rather than a layer of diffusers. */
export function isBflModule(path: string): boolean {
  return BFL_MODULE.test(path);
}

/** Takes a name apart; undefined if it is no array of a LoRA. */
export function parseName(name: string): LoraName | undefined {
  const parsed = parsePiece(name);
  if (parsed === undefined) return undefined;
  const { start, piece } = parsed;
  const flat = start.match(FLAT);
  if (flat !== null) {
    const module = start.slice(flat[0].length);
    return { style: "kohya", piece, module, ...flatPart(module, flat[1]) };
  }
  const rest = start.replace(/^base_model\.model\./, "");
  for (const [prefix, part] of DOTTED) {
    if (!prefix.test(rest)) continue;
    const module = rest.replace(prefix, "");
    return part === "transformer"
      ? { ...dottedStyle(module), part, piece }
      : { style: "peft", part, module, piece, keyMap: TEXT_MAPS[part] };
  }
  return undefined;
}

const TEXT_MAPS: Partial<Readonly<Record<ModelPart, KeyMap>>> = {
  text_encoder: KEY_MAP_CLIP,
  text_encoder_2: KEY_MAP_T5,
};

/** Trainers number the text encoders as they like, so the module decides. */
function flatPart(
  module: string,
  encoder: string | undefined,
): Pick<LoraName, "part" | "keyMap"> {
  if (encoder === undefined) {
    return { part: "transformer", keyMap: KEY_MAP_KOHYA };
  }
  if (/^encoder_block_/.test(module)) {
    return { part: "text_encoder_2", keyMap: KEY_MAP_T5_FLAT };
  }
  return encoder === "lora_te2"
    ? { part: undefined, keyMap: undefined } // the second CLIP of SDXL
    : { part: "text_encoder", keyMap: KEY_MAP_CLIP_FLAT };
}

function dottedStyle(
  module: string,
): Pick<LoraName, "style" | "module" | "keyMap"> {
  if (/\.processor\.(?:qkv|proj)_lora\d?$/.test(module)) {
    return { style: "xlabs", module, keyMap: KEY_MAP_XLABS };
  }
  if (isBflModule(module)) {
    return { style: "bfl", module, keyMap: KEY_MAP_BFL };
  }
  // attention processors of diffusers before PEFT
  const layer = module.replace(".processor.", ".").replace(
    /\.attn\.to_out$/,
    ".attn.to_out.0",
  );
  return { style: "peft", module: layer, keyMap: undefined };
}
