import {
  f32ToBf16,
  f32ToF16,
  type StreamedTensor,
  type TensorInfo,
  type WeightSource,
  widen,
  writeSafetensors,
} from "@edit-transfer/weights";
import { findNonFinite, widened } from "./_matrix.ts";
import { LoraError } from "./lora_error.ts";
import type { LoraFile, LoraPair } from "./lora_file.ts";
import { type LoraMatch, requireMatch } from "./match_lora.ts";

/** Options of {@linkcode mergeLora}. */
export interface MergeLoraOptions {
  /** File to write; one that exists is replaced. */
  output: string;
  /**
   * Factor of the whole LoRA; 1 uses it as trained.
   *
   * @default {1}
   */
  readonly scale?: number | undefined;
  /**
   * Leaves out layers that the model does not have, instead of throwing; one
   * layer at least has to match.
   *
   * @default {false}
   */
  readonly allowUnmatched?: boolean | undefined;
  /** Called after each array, with how many are written and how many there are. */
  readonly onProgress?: ((written: number, total: number) => void) | undefined;
  /** Stops the merge between two arrays; nothing is written then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes the weights of a model with a LoRA merged into them.
 *
 * `W' = W + s · scaling · B A`, summed in float64 and rounded once, to float32
 * and from there to the type of W. Other arrays are copied. One array is in
 * memory at a time. A narrow type loses what is smaller than its steps; to keep
 * it, attach the LoRA instead.
 *
 * Source: `Linear.merge` of huggingface/peft 0.21.2, tuners/lora/layer.py.
 *
 * @param source Weights of a transformer in the names of diffusers.
 * @param lora LoRA, from {@linkcode readLora}.
 * @param options See {@linkcode MergeLoraOptions}.
 * @returns Which layers were merged, and which were not.
 *
 * @throws {LoraError} If a layer is missing, of another width, or quantised, or
 * if a merged weight is not finite; nothing is written then.
 * @throws {RangeError} If the scale is not finite.
 *
 * @example Usage
 * ```ts
 * import { mergeLora, readLora } from "@edit-transfer/lora";
 * import { memoryWeights, openSafetensors, widen } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const one = (value: number) => ({
 *   dtype: "F32" as const,
 *   shape: [1, 1],
 *   data: Float32Array.of(value),
 * });
 * const model = memoryWeights({ "proj_out.weight": one(10) });
 * const lora = await readLora(memoryWeights({
 *   "transformer.proj_out.lora_A.weight": one(2),
 *   "transformer.proj_out.lora_B.weight": one(3),
 * }));
 *
 * const folder = await mkdtemp(join(tmpdir(), "merge-"));
 * const output = join(folder, "merged.safetensors");
 * await mergeLora(model, lora, { output, scale: 0.5 });
 * {
 *   await using merged = await openSafetensors(output);
 *   const bytes = await merged.read("proj_out.weight");
 *   assert.deepEqual([...widen(bytes, "F32")], [13]);
 * }
 * await rm(folder, { recursive: true });
 * ```
 */
export async function mergeLora(
  source: WeightSource,
  lora: Pick<LoraFile, "path" | "pairs">,
  options: MergeLoraOptions,
): Promise<LoraMatch> {
  const { output, scale = 1, allowUnmatched = false } = options;
  if (!Number.isFinite(scale)) {
    throw new RangeError(
      `Cannot merge LoRA as its scale must be finite: got ${scale}`,
    );
  }
  const match = requireMatch(layerShapes(source), {
    file: lora,
    verb: "merge",
    allowUnmatched,
  });
  const merged = new Map(
    match.matched.map((path) => [`${path}.weight`, lora.pairs.get(path)!]),
  );
  for (const name of merged.keys()) refuseQuantised(source, { lora, name });

  const tensors: Record<string, StreamedTensor> = {};
  const names = [...source.names()];
  let written = 0;
  for (const name of names) {
    const { dtype, shape } = source.info(name);
    const pair = merged.get(name);
    const merge = (bytes: Uint8Array<ArrayBuffer>) => {
      if (pair === undefined) return bytes;
      const sum = addUpdate(widen(bytes, dtype), { pair, scale });
      return stored(sum, { dtype, name, path: lora.path });
    };
    const data = async () => {
      options.signal?.throwIfAborted();
      const bytes = merge(await source.read(name));
      options.onProgress?.(++written, names.length);
      return bytes;
    };
    tensors[name] = { dtype, shape, data };
  }
  await writeSafetensors(output, tensors, {
    metadata: { ...source.metadata, format: "pt" },
  });
  return match;
}

/**
 * Shapes of the layers of a model, by path.
 *
 * @param source Weights of a transformer.
 * @returns `[out, in]` of each matrix whose name ends in `.weight`.
 *
 * @example Usage
 * ```ts
 * import { layerShapes } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const data = new Float32Array(6);
 * const source = memoryWeights({
 *   "proj_out.weight": { dtype: "F32", shape: [2, 3], data },
 * });
 *
 * assert.deepEqual(layerShapes(source), new Map([["proj_out", [2, 3]]]));
 * ```
 */
export function layerShapes(
  source: WeightSource,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const name of source.names()) {
    const { shape } = source.info(name);
    if (name.endsWith(".weight") && shape.length === 2) {
      shapes.set(name.slice(0, -".weight".length), shape);
    }
  }
  return shapes;
}

function refuseQuantised(
  source: WeightSource,
  { lora: { path }, name }: { lora: { path: string }; name: string },
): void {
  const { dtype } = source.info(name);
  if (dtype === "F32" || dtype === "F16" || dtype === "BF16") return;
  throw new LoraError(
    `Cannot merge LoRA "${path}" as "${name}" must be F32, F16 or BF16: got ${dtype}, which would round the update away; attach the LoRA instead`,
    { path },
  );
}

/** Adds `s · scaling · B A` to a weight, row by row. */
function addUpdate(
  weight: Float32Array<ArrayBuffer>,
  { pair, scale }: { pair: LoraPair; scale: number },
): Float32Array<ArrayBuffer> {
  const A = widened(pair.A).data; // [r, in]
  const B = widened(pair.B).data; // [out, r]
  const [rank, into] = pair.A.shape;
  const row = new Float64Array(into);
  for (let o = 0; o < pair.B.shape[0]; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const b = B[o * rank + r]!;
      for (let i = 0; i < into; i++) row[i]! += b * A[r * into + i]!;
    }
    for (let i = 0; i < into; i++) {
      weight[o * into + i]! += scale * pair.scaling * row[i]!;
    }
  }
  return weight;
}

/** Bytes of the merged weight in its own type. */
function stored(
  values: Float32Array<ArrayBuffer>,
  { dtype, name, path }: {
    dtype: TensorInfo["dtype"];
    name: string;
    path: string;
  },
): Uint8Array<ArrayBuffer> {
  const data = dtype === "F16"
    ? f32ToF16(values)
    : dtype === "BF16"
    ? f32ToBf16(values)
    : values;
  const bad = findNonFinite({
    dtype: dtype as "F32",
    shape: [1, values.length],
    data,
  });
  if (bad !== -1) {
    throw new LoraError(
      `Cannot merge LoRA "${path}" as merged weights must be finite: got ${
        values[bad]
      } for "${name}" at element ${bad}, ${dtype} in the model`,
      { path },
    );
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
