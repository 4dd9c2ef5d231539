/** A format that is recognised and not read, by what its names look like. */
const OTHERS: readonly (readonly [pattern: RegExp, format: string])[] = [
  [/^lora_(unet|te\d?|transformer)_/, "a kohya LoRA (lora_unet_...)"],
  [/\.processor\./, "an xlabs LoRA (...processor...)"],
  [/\.(lokr|hada|oft)_?\w*|\.glora_/, "a LyCORIS adapter"],
  [
    /\.lora_magnitude_vector|\.dora_scale$/,
    "a DoRA, which also scales columns",
  ],
  [
    /(^|\.)(double|single)_blocks\.\d/,
    "a LoRA in the names of flux (double_blocks...)",
  ],
  [
    /\.lora_(down|up)\.weight$|\.lora\.(down|up)\.weight$/,
    "an old diffusers LoRA (lora_down, lora_up)",
  ],
];

/** Prefixes that formats put in front of the path of a layer, longest first. */
const PREFIXES = [
  "base_model.model.transformer.",
  "base_model.model.",
  "transformer.",
];

/** The other format that a name belongs to, or undefined. */
export function otherFormat(name: string): string | undefined {
  return OTHERS.find(([pattern]) => pattern.test(name))?.[1];
}

/** Part of a low-rank update that a name of the PEFT format stands for. */
export interface LoraName {
  /** Path of the layer. */
  readonly layer: string;
  /** Which of its arrays. */
  readonly part: "A" | "B" | "alpha";
}

/** Takes a name of the PEFT format apart; undefined if it is none. */
export function parseName(name: string): LoraName | undefined {
  const prefix = PREFIXES.find((prefix) => name.startsWith(prefix)) ?? "";
  const match = name.slice(prefix.length).match(
    /^(.+?)\.(?:lora_([AB])(?:\.\w+)?\.weight|(alpha))$/,
  );
  if (match === null) return undefined;
  const [, layer, matrix] = match;
  return {
    layer: layer!,
    part: matrix === undefined ? "alpha" : matrix as "A" | "B",
  };
}
