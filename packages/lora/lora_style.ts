import type { KeyMap } from "./key_map.ts";
import { KEY_MAP_BFL } from "./key_map_bfl.ts";
import { KEY_MAP_KOHYA } from "./key_map_kohya.ts";
import { KEY_MAP_XLABS } from "./key_map_xlabs.ts";

/** Whose names a LoRA file uses. */
export type LoraStyle = "peft" | "kohya" | "bfl" | "xlabs";

/** How a style spells the names in its files. */
export interface Spelling {
  /** Put in front of the name of a module. */
  readonly prefix: string;
  /** Put after the name of a module for A. */
  readonly A: string;
  /** Put after the name of a module for B. */
  readonly B: string;
  /** Modules that hold other layers than one each. */
  readonly keyMap?: KeyMap | undefined;
  /** Whether files say alpha: if some is not the rank, always, or never. */
  readonly alpha: "needed" | "always" | "never";
}

/** How each style is written; ComfyUI reads `bfl` with this prefix. */
export const SPELLINGS: Readonly<Record<LoraStyle, Spelling>> = {
  peft: {
    prefix: "transformer.",
    A: ".lora_A.weight",
    B: ".lora_B.weight",
    alpha: "needed",
  },
  kohya: {
    prefix: "",
    A: ".lora_down.weight",
    B: ".lora_up.weight",
    keyMap: KEY_MAP_KOHYA,
    alpha: "always",
  },
  bfl: {
    prefix: "diffusion_model.",
    A: ".lora_A.weight",
    B: ".lora_B.weight",
    keyMap: KEY_MAP_BFL,
    alpha: "needed",
  },
  xlabs: {
    prefix: "",
    A: ".down.weight",
    B: ".up.weight",
    keyMap: KEY_MAP_XLABS,
    alpha: "never",
  },
};

/** Part of a low-rank update that a name stands for. */
export interface LoraName {
  /** Style of the name. */
  readonly style: LoraStyle;
  /** Module of that style; a layer in `peft`. */
  readonly module: string;
  /** Which of its arrays. */
  readonly part: "A" | "B" | "alpha";
}

/** Adapters that are no plain LoRA, by what their names look like. */
const OTHERS: readonly (readonly [pattern: RegExp, format: string])[] = [
  [/\.(lokr|hada|oft)_?\w*|\.glora_/, "a LyCORIS adapter"],
  [
    /\.lora_magnitude_vector|\.dora_scale$/,
    "a DoRA, which also scales columns",
  ],
];

/** The kind of adapter that a name belongs to, if it is no plain LoRA. */
export function otherAdapter(name: string): string | undefined {
  return OTHERS.find(([pattern]) => pattern.test(name))?.[1];
}

const PARTS =
  /^(.+?)\.(?:(?:lora_|lora\.)?(A|B|down|up)(?:\.\w+)?\.weight|(alpha))$/;
const PREFIX =
  /^(?:base_model\.model\.)?(?:model\.)?(?:diffusion_model\.|transformer\.)?/;
const BFL_MODULE =
  /^(?:(?:double|single)_blocks\.|(?:img|txt|time|vector|guidance)_in(?:\.|$)|final_layer\.)/;

/** Takes a name apart; undefined if it is no array of a LoRA. */
export function parseName(name: string): LoraName | undefined {
  const [, start, matrix] = name.match(PARTS) ?? [];
  if (start === undefined) return undefined;
  const part = matrix === undefined
    ? "alpha"
    : matrix === "A" || matrix === "down"
    ? "A"
    : "B";
  if (/^lora_(unet|transformer|te\d?)_/.test(start)) {
    return { style: "kohya", module: start, part };
  }
  const module = start.replace(PREFIX, "");
  if (module.includes(".processor.")) return { style: "xlabs", module, part };
  if (matrix !== undefined && !/\.lora[_.]\w/.test(name)) return undefined;
  const style = BFL_MODULE.test(module) ? "bfl" : "peft";
  return { style, module, part };
}
