/** Part of a model that a LoRA may change, by its folder in a model of diffusers. */
export type ModelPart = "transformer" | "text_encoder" | "text_encoder_2";

/** All of them: the transformer, CLIP, T5. */
export const MODEL_PARTS = [
  "transformer",
  "text_encoder",
  "text_encoder_2",
] as const satisfies readonly ModelPart[];

/** What each is, for people. */
export const PART_NAMES: Readonly<Record<ModelPart, string>> = {
  transformer: "the transformer",
  text_encoder: "the CLIP text encoder",
  text_encoder_2: "the T5 text encoder",
};

/**
 * Part that the key of a layer belongs to, and its path there. A key of the
 * transformer is the path itself; others begin with the folder of their part.
 */
export function partOf(key: string): { part: ModelPart; path: string } {
  const dot = key.indexOf(".");
  const part = key.slice(0, dot);
  return part === "text_encoder" || part === "text_encoder_2"
    ? { part, path: key.slice(dot + 1) }
    : { part: "transformer", path: key };
}

/** Key of a layer, the inverse of {@linkcode partOf}. */
export function layerKey(part: ModelPart, path: string): string {
  return part === "transformer" ? path : `${part}.${path}`;
}
