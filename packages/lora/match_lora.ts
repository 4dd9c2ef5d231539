import type { Gain, Linear } from "@edit-transfer/tensor";
import { formOf, isNothing } from "./forms/mod.ts";
import { LoraError, type UnmatchedLora } from "./lora_error.ts";
import type { LayerUpdate, LoraFile } from "./lora_file.ts";
import { PART_NAMES, partOf } from "./model_part.ts";
import { nearestLayer } from "./nearest_layer.ts";

/** Which layers of a LoRA a model has. */
export interface LoraMatch {
  /** Keys of the layers that the model has, in the order of the file. */
  readonly matched: readonly string[];
  /** The others, layers of other widths, and arrays that are no update. */
  readonly unmatched: readonly UnmatchedLora[];
  /** Keys of layers that the model does not have, whose update is zero. */
  readonly idle: readonly string[];
}

/** What of a LoRA is compared with a model. */
export type LoraContent =
  & Pick<LoraFile, "layers">
  & Partial<Pick<LoraFile, "extras">>;

/** Most unmatched entries for which the nearest layer is looked for. */
const NEAREST_LIMIT = 20;

/**
 * Compares the layers of a LoRA with those of a model.
 *
 * @param shapes Shape of the weight of each layer of the model, by its key.
 * @param lora LoRA, from {@linkcode readLora}.
 * @returns What fits, and what does not and why.
 *
 * @example Usage
 * ```ts
 * import { matchLora, readLora } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const data = new Float32Array(4).fill(1);
 * const lora = await readLora(memoryWeights({
 *   "transformer.blocks.0.lora_A.weight": { dtype: "F32", shape: [1, 4], data },
 *   "transformer.blocks.0.lora_B.weight": { dtype: "F32", shape: [4, 1], data },
 * }));
 *
 * const { unmatched } = matchLora(new Map([["blocks.1", [4, 4]]]), lora);
 * assert.deepEqual(unmatched, [{
 *   key: "blocks.0",
 *   reason: "the model has no such layer",
 *   nearest: "blocks.1",
 * }]);
 * ```
 */
export function matchLora(
  shapes: ReadonlyMap<string, readonly number[]>,
  lora: LoraContent,
): LoraMatch {
  const matched: string[] = [];
  const unmatched: UnmatchedLora[] = [];
  const idle: string[] = [];
  for (const [key, update] of lora.layers) {
    const shape = shapes.get(key);
    const got = formOf(update).shape(update);
    if (shape === undefined) {
      if (isNothing(update)) idle.push(key);
      else unmatched.push({ key, ...absence(key, { got, shapes, unmatched }) });
    } else if (!fits(got, shape)) {
      const reason = `is [${shown(got)}], in the model [${shape.join(", ")}]`;
      unmatched.push({ key, reason, nearest: undefined });
    } else matched.push(key);
  }
  for (const { key, reason, harmless } of lora.extras ?? []) {
    if (!harmless) unmatched.push({ key, reason, nearest: undefined });
  }
  return { matched, unmatched, idle };
}

/** Why the model has no layer of a key, and what it may mean. */
function absence(
  key: string,
  { got, shapes, unmatched }: {
    got: readonly number[];
    shapes: ReadonlyMap<string, readonly number[]>;
    unmatched: readonly UnmatchedLora[];
  },
): Pick<UnmatchedLora, "reason" | "nearest"> {
  const named = OTHER_LAYERS.find(([pattern]) => pattern.test(key));
  if (named !== undefined) return { reason: named[1], nearest: undefined };
  const nearest = unmatched.length < NEAREST_LIMIT
    ? nearestLayer(key, { axes: got.length, shapes })
    : undefined;
  return { reason: "the model has no such layer", nearest };
}

/** Layers that are known, and that no model here has for a LoRA. */
const OTHER_LAYERS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^lora_te2_/, "is of a second CLIP, which FLUX does not have"],
  [
    /^text_encoder\..*embedding$|^lora_te\d?_.*embedding$/,
    "is an embedding table, which takes no update",
  ],
  [
    /^text_encoder\..*text_projection$|^lora_te\d?_.*text_projection$/,
    "is a projection of CLIP that FLUX does not use",
  ],
  [
    /^lora_unet_(?:down|up|input|output|mid(?:dle)?)_block/,
    "is of Stable Diffusion's U-Net",
  ],
  [
    /(?:^|\.)(?:down_blocks|up_blocks|mid_block|input_blocks|output_blocks)\./,
    "is of Stable Diffusion's U-Net",
  ],
  [/(?:^|\.|_)joint_blocks[._]/, "is of Stable Diffusion 3"],
];

/** Whether an update is of a layer's shape; NaN is any width. */
function fits(got: readonly number[], shape: readonly number[]): boolean {
  return got.length === shape.length &&
    got.every((extent, i) => Number.isNaN(extent) || extent === shape[i]);
}

/** Extents, without those that are not known. */
function shown(shape: readonly number[]): string {
  return shape.filter((extent) => !Number.isNaN(extent)).join(", ");
}

/** Shape of each layer. */
export function shapesOf(
  layers: ReadonlyMap<string, Linear | Gain>,
): Map<string, readonly number[]> {
  return new Map(
    [...layers].map(([path, { weight }]) => [path, weight.shape]),
  );
}

/**
 * Matches a LoRA and a model that are to be used together: all layers must
 * match, or one at least where unmatched ones are allowed; a layer of another
 * width is always an error. What changes nothing matches any model.
 *
 * @param shapes Shape of the weight of each layer of the model, by its key, see
 * {@linkcode layerShapes}.
 * @param options The LoRA, what is to be done with it, whether layers that
 * the model does not have are left out, and the flag that asks for it.
 * @returns Which layers match.
 *
 * @throws {LoraError} If it does not fit.
 *
 * @example Usage
 * ```ts
 * import { requireMatch } from "@edit-transfer/lora";
 * import assert from "node:assert/strict";
 *
 * assert.throws(
 *   () =>
 *     requireMatch(new Map([["proj", [2, 3]]]), {
 *       file: { path: "a.safetensors", layers: new Map() },
 *       verb: "attach",
 *       allowUnmatched: false,
 *     }),
 *   { name: "LoraError" },
 * );
 * ```
 */
export function requireMatch(
  shapes: ReadonlyMap<string, readonly number[]>,
  options: {
    readonly file: LoraContent & Pick<LoraFile, "path">;
    readonly verb: "attach" | "merge";
    readonly allowUnmatched: boolean;
    readonly flag?: string | undefined;
  },
): LoraMatch {
  const { file, verb, allowUnmatched, flag } = options;
  const { path, layers } = file;
  const match = matchLora(shapes, file);
  const { matched, unmatched, idle } = match;
  const other = unmatched.find(({ key }) => shapes.has(key));
  if (other !== undefined) {
    throw new LoraError(
      `Cannot ${verb} LoRA "${path}" as ${
        widthFault(other.key, {
          update: layers.get(other.key)!,
          shape: shapes.get(other.key)!,
        })
      }`,
      { path },
    );
  }
  const some = matched.length > 0 || idle.length > 0;
  if (some && (unmatched.length === 0 || allowUnmatched)) return match;
  const [first] = unmatched;
  const example = first === undefined ? "" : `, the first "${first.key}"` +
    (first.nearest !== undefined
      ? `, nearest is "${first.nearest}"`
      : first.reason.startsWith("is ")
      ? `, which ${first.reason}`
      : "");
  const count = layers.size + unmatched.length -
    unmatched.filter(({ key }) => layers.has(key)).length;
  throw new LoraError(
    some
      ? `Cannot ${verb} LoRA "${path}" as all of its layers must be in the model: got ${unmatched.length} of ${count} that are not${example}` +
        (flag === undefined ? "" : `; ${flag} leaves them out`)
      : `Cannot ${verb} LoRA "${path}" as one of its layers at least must be among the ${shapes.size} of this model: got none of ${count}${example}`,
    { path, unmatched },
  );
}

/** Why an update does not fit a layer that is there. */
function widthFault(
  key: string,
  { update, shape }: { update: LayerUpdate; shape: readonly number[] },
): string {
  const [out, into] = formOf(update).shape(update);
  const [modelOut, modelInto] = shape;
  if (
    key === "x_embedder" && out === modelOut && into! > modelInto! &&
    into! % modelInto! === 0
  ) {
    return `it widens "x_embedder" of this model from ${modelInto} to ${into} channels: got a FLUX control LoRA, whose control picture stands beside the latents, which this program does not feed`;
  }
  if (shape.length !== 2 || into === undefined) {
    return `"${key}" of this model is [${
      shape.join(", ")
    }]: got an update of [${
      shown(formOf(update).shape(update))
    }], made for another model`;
  }
  return `"${key}" of this model is ${modelInto} wide and gives ${modelOut}: got a LoRA for ${
    Number.isNaN(into) ? "any" : into
  } wide that gives ${out}, made for another model`;
}

/** Counts of the layers of each part of a model, for people. */
export function countParts(keys: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const name = PART_NAMES[partOf(key).part];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, n]) => `${n} of ${name}`).join(", ");
}
