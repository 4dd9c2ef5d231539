import type { TensorData } from "@edit-transfer/weights";
import { converted, findNonFinite, scaled, widened } from "./_matrix.ts";
import { formOf, isNothing } from "./forms/mod.ts";
import { fuseUpdates } from "./fuse_updates.ts";
import { placeLayer } from "./key_map.ts";
import { LoraError, type UnmatchedLora } from "./lora_error.ts";
import type { LayerUpdate, LoraMatrix } from "./lora_file.ts";
import { type LoraStyle, SPELLINGS } from "./lora_style.ts";
import { partOf } from "./model_part.ts";
import { piecesOf } from "./pieces_of.ts";

/** A module to be written: its layers, those without an update undefined. */
interface Module {
  readonly layers: readonly string[];
  readonly parts: (LayerUpdate | undefined)[];
  readonly halvesSwapped: boolean;
}

/** Arrays of a LoRA file in the names of a style. */
export function loraTensors(
  layers: ReadonlyMap<string, LayerUpdate>,
  options: {
    path: string;
    style: LoraStyle;
    dtype: LoraMatrix["dtype"] | undefined;
  },
): Record<string, TensorData> {
  const { path, style, dtype } = options;
  const spelling = SPELLINGS[style];
  const tensors: Record<string, TensorData> = {};
  const modules = modulesOf(layers, { path, style });
  // diffusers takes alphas for all layers or for none
  const alphas = spelling.alpha === "always" ||
    spelling.alpha === "needed" &&
      [...modules.values()].some((update) =>
        "scaling" in update && update.scaling !== 1
      );
  for (const [start, update] of modules) {
    const plain = spelling.alpha === "never" ? folded(update) : update;
    for (const { piece, matrix, shape } of piecesOf(plain, style)) {
      const end = spelling.pieces[piece];
      if (end === undefined) {
        throw new LoraError(
          `Cannot write LoRA "${path}" as ${style} must have a name for each of its arrays: got ${
            formOf(update).name
          } with ${piece} for "${start}"`,
          { path },
        );
      }
      const name = start + end;
      const data = tensorData(matrix, { path, name, dtype });
      tensors[name] = shape === undefined ? data : { ...data, shape };
    }
    const alpha = alphas ? writtenAlpha(plain) : undefined;
    if (alpha === undefined) continue;
    const data = Float32Array.of(alpha);
    tensors[`${start}.alpha`] = { dtype: "F32", shape: [], data };
  }
  return tensors;
}

/** Alpha whose share of the rank is the scaling, if there is a rank. */
function writtenAlpha(update: LayerUpdate): number | undefined {
  if (!("alpha" in update)) return undefined;
  const rank = update.kind === "kronecker"
    ? (update.w1[1] ?? update.w2[1])?.shape[0]
    : update.kind === "lowRank"
    ? update.A.shape[0]
    : update.w1b.shape[0];
  if (rank === undefined) return undefined;
  const { alpha, scaling } = update;
  // rsLoRA has another rule than alpha / r
  return scaling === alpha / rank ? alpha : scaling * rank;
}

/** Updates by what stands in front of the names of their arrays. */
function modulesOf(
  layers: ReadonlyMap<string, LayerUpdate>,
  { path, style }: { path: string; style: LoraStyle },
): ReadonlyMap<string, LayerUpdate> {
  const modules = new Map<string, Module>();
  const unmatched: UnmatchedLora[] = [];
  for (const [key, update] of layers) {
    const { part, path: layer } = partOf(key);
    const spelling = SPELLINGS[style].parts[part];
    const own = { layers: [layer], halvesSwapped: false };
    const place = spelling?.keyMap === undefined
      ? spelling && { module: layer, found: own, at: 0 }
      : placeLayer(spelling.keyMap, layer);
    if (place === undefined) {
      if (isNothing(update)) continue;
      const reason = `has no name in ${style}`;
      unmatched.push({ key, reason, nearest: undefined });
      continue;
    }
    const start = spelling!.prefix + place.module;
    let module = modules.get(start);
    if (module === undefined) {
      const parts = place.found.layers.map(() => undefined);
      modules.set(start, module = { ...place.found, parts });
    }
    module.parts[place.at] = update;
  }
  const [first] = unmatched;
  if (first !== undefined) {
    throw new LoraError(
      `Cannot write LoRA "${path}" as each layer must have a name in ${style}: got ${unmatched.length} of ${layers.size} without, the first "${first.key}"`,
      { path, unmatched },
    );
  }
  return new Map(
    [...modules].flatMap(([name, module]) => {
      try {
        return [[name, fuseUpdates(module, { path, name })]];
      } catch (error) {
        if (style !== "kohya" || isPlain(module)) throw error;
        return apart(module, path);
      }
    }),
  );
}

/** Whether a module is one layer, or its layers have A and B alone. */
function isPlain({ layers, parts }: Module): boolean {
  return layers.length === 1 ||
    parts.every((part) =>
      part === undefined ||
      part.kind === "lowRank" && part.magnitude === undefined
    );
}

/** Layers that have no update together, by the names of OneTrainer. */
function apart(
  { layers, parts }: Module,
  path: string,
): [start: string, update: LayerUpdate][] {
  return layers.flatMap((layer, i) => {
    const part = parts[i];
    if (part === undefined) return [];
    const name = `lora_transformer_${layer.replaceAll(".", "_")}`;
    const alone = { layers: [layer], parts: [part], halvesSwapped: false };
    return [[name, fuseUpdates(alone, { path, name })]];
  });
}

/** The same update with a scaling of 1. */
function folded(update: LayerUpdate): LayerUpdate {
  if (update.kind !== "lowRank") return update;
  const { A, B, scaling } = update;
  return { ...update, B: scaled(B, scaling), alpha: A.shape[0], scaling: 1 };
}

/** A matrix to be stored, of another type where one is asked for. */
function tensorData(
  matrix: LoraMatrix,
  { path, name, dtype = matrix.dtype }: {
    path: string;
    name: string;
    dtype: LoraMatrix["dtype"] | undefined;
  },
): TensorData {
  const bad = findNonFinite(matrix);
  if (bad !== -1) {
    throw new LoraError(
      `Cannot write LoRA "${path}" as weights must be finite: got NaN or infinity in "${name}" at element ${bad}`,
      { path },
    );
  }
  const { shape, data } = converted(matrix, dtype);
  const over = findNonFinite({ dtype, shape, data });
  if (over !== -1) {
    throw new LoraError(
      `Cannot write LoRA "${path}" as ${dtype} must hold its values: got ${
        widened(matrix).data[over]
      } in "${name}" at element ${over}, which F32 holds`,
      { path },
    );
  }
  const lost = lossOf(matrix, { dtype, shape, data });
  if (lost > MOST_LOST) {
    throw new LoraError(
      `Cannot write LoRA "${path}" as ${dtype} must hold its values: got some so small in "${name}" that ${
        Math.round(100 * lost)
      } % of it would be lost, which F32 and BF16 hold`,
      { path },
    );
  }
  const { buffer, byteOffset, byteLength } = data;
  return { dtype, shape, data: new Uint8Array(buffer, byteOffset, byteLength) };
}

/** Share of an array's norm that rounding may take: BF16 takes 0.4 % at most. */
const MOST_LOST = 0.01;

/** Norm of what conversion changed, relative to that of all. */
function lossOf(before: LoraMatrix, after: LoraMatrix): number {
  if (before.dtype === after.dtype) return 0;
  const [x, y] = [widened(before).data, widened(after).data];
  let [lost, all] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    lost += (x[i]! - y[i]!) ** 2;
    all += x[i]! ** 2;
  }
  return all === 0 ? 0 : Math.sqrt(lost / all);
}
