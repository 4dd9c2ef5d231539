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
import { arrayStart, layerShapes } from "./layer_shapes.ts";
import { LoraError } from "./lora_error.ts";
import type { GainUpdate, LoraFile } from "./lora_file.ts";
import { type LoraMatch, requireMatch } from "./match_lora.ts";
import { type LayerPlan, planLayer } from "./plan_layer.ts";
import { resolveGains, weightReader } from "./resolve_gains.ts";

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
 * Writes the weights of a part of a model with a LoRA merged into them.
 *
 * `W' = W + s · scaling · B A`, or what an update of another kind adds, summed in
 * float64 and rounded once, to float32 and from there to the type of W; biases
 * and gains of norms likewise. Other arrays are copied. One array is in memory
 * at a time. A narrow type loses what is smaller than its steps; to keep
 * it, attach the LoRA instead.
 *
 * Source: `Linear.merge` of huggingface/peft 0.21.2, tuners/lora/layer.py.
 *
 * @param source Weights of a transformer, or of a text encoder, in the names of
 * diffusers.
 * @param lora LoRA, from {@linkcode readLora}, or a part of it, from
 * {@linkcode loraPart}.
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
  lora: Pick<LoraFile, "path" | "layers"> & Partial<LoraFile>,
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
  const changes = await changesOf(source, { lora, match, scale });
  for (const name of changes.keys()) refuseQuantised(source, { lora, name });

  const tensors: Record<string, StreamedTensor> = {};
  const names = [...source.names()];
  let written = 0;
  for (const name of names) {
    const { dtype, shape } = source.info(name);
    const change = changes.get(name);
    const merge = (bytes: Uint8Array<ArrayBuffer>) => {
      if (change === undefined) return bytes;
      const values = widen(bytes, dtype);
      change(values);
      return stored(values, { dtype, name, path: lora.path });
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

/** Changes an array in place. */
type Change = (values: Float32Array<ArrayBuffer>) => void;

/** How the arrays of a model change, by name. */
async function changesOf(
  source: WeightSource,
  { lora, match, scale }: {
    lora: Pick<LoraFile, "path" | "layers">;
    match: LoraMatch;
    scale: number;
  },
): Promise<ReadonlyMap<string, Change>> {
  const { path, layers } = lora;
  const changes = new Map<string, Change>();
  const gains = await resolveGains({ layers }, {
    weightOf: weightReader(source),
    scale,
  });
  for (const key of match.matched) {
    const update = layers.get(key)!;
    const start = arrayStart(source, key);
    if (update.kind === "gain") {
      changes.set(`${start}.weight`, gainChange(update, scale));
      continue;
    }
    const plan = planLayer(update, { key, path, scale, gains });
    if (update.kind !== "bias") {
      changes.set(`${start}.weight`, (values) => addUpdate(values, plan));
    }
    if (plan.bias !== undefined) {
      const { bias } = plan;
      requireBias(source, { path, name: `${start}.bias` });
      changes.set(
        `${start}.bias`,
        (values) => bias.forEach((value, o) => values[o]! += value),
      );
    }
  }
  return changes;
}

function requireBias(
  source: WeightSource,
  { path, name }: { path: string; name: string },
): void {
  if (source.has(name)) return;
  throw new LoraError(
    `Cannot merge LoRA "${path}" as the model must have "${name}", which it changes: got no such array; attach the LoRA instead`,
    { path },
  );
}

function refuseQuantised(
  source: WeightSource,
  { lora: { path }, name }: { lora: { path: string }; name: string },
): void {
  const { dtype, stored, scaled } = source.info(name);
  const blocks = stored?.type ?? (scaled && "8-bit floats");
  if (
    blocks === undefined &&
    (dtype === "F32" || dtype === "F16" || dtype === "BF16")
  ) return;
  throw new LoraError(
    `Cannot merge LoRA "${path}" as "${name}" must be F32, F16 or BF16: got ${
      blocks ?? dtype
    }, which would round the update away; attach the LoRA instead`,
    { path },
  );
}

/** Adds what a layer is planned to add, row by row. */
function addUpdate(weight: Float32Array, plan: LayerPlan): void {
  const { pair, whole, factor, outGain, inGain } = plan;
  const A = pair && widened(pair.A).data; // [r, in]
  const B = pair && widened(pair.B).data; // [out, r]
  const D = whole && widened(whole).data; // [out, in]
  const rank = pair?.A.shape[0] ?? 0;
  const into = (pair?.A ?? whole!).shape[1];
  const row = new Float64Array(into);
  for (let o = 0; o * into < weight.length; o++) {
    const values = weight.subarray(o * into, (o + 1) * into);
    if (D) row.set(D.subarray(o * into, (o + 1) * into));
    else row.fill(0);
    for (let r = 0; r < rank; r++) {
      const b = B![o * rank + r]!;
      for (let i = 0; i < into; i++) row[i]! += b * A![r * into + i]!;
    }
    for (let i = 0; i < into; i++) {
      const gain = (outGain?.[o] ?? 0) + (inGain?.[i] ?? 0);
      values[i] = values[i]! + (factor * row[i]! + gain * values[i]!);
    }
  }
}

function gainChange({ values: change, replaces }: GainUpdate, scale: number) {
  return (values: Float32Array<ArrayBuffer>) =>
    change.forEach((value, i) => {
      const was = values[i]!;
      values[i] = replaces
        ? (1 - scale) * was + scale * value
        : was + scale * value;
    });
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
