import { type WeightSource, widen } from "@edit-transfer/weights";
import { formOf } from "./forms/mod.ts";
import { arrayStart } from "./layer_shapes.ts";
import type { LayerUpdate, LoraFile } from "./lora_file.ts";

/** Factors of a DoRA's layers, by key: one for each row, or for each column. */
export type LoraGains = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** Options of {@linkcode resolveGains}. */
export interface ResolveGainsOptions {
  /**
   * The weights of a layer, `[out, in]`, undefined if it is not there; one is
   * in memory at a time.
   */
  readonly weightOf: (
    key: string,
  ) => Promise<Float32Array<ArrayBuffer> | undefined>;
  /**
   * Factor of the whole LoRA.
   *
   * @default {1}
   */
  readonly scale?: number | undefined;
}

/** What LyCORIS adds to a norm before it divides by it. */
const EPS = 2 ** -23;

/**
 * Factors that give the changed weights of a DoRA their magnitude.
 *
 * `g = m / ‖W + c ΔW‖`, the norm over each row or column, summed in float64, with
 * c the factor of the LoRA in PEFT's manner, and 1 in LyCORIS's.
 *
 * Source: Liu et al. 2024, https://arxiv.org/abs/2402.09353; `DoraLinearLayer` of
 * huggingface/peft 0.21.2, tuners/lora/dora.py; `weight_decompose` of
 * KohakuBlueleaf/LyCORIS, functional/general.py.
 *
 * @param lora LoRA, from {@linkcode readLora}.
 * @param options See {@linkcode ResolveGainsOptions}.
 * @returns The factors of the layers that are DoRAs; empty if none is.
 *
 * @example Usage
 * ```ts
 * import { readLora, resolveGains } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const array = (...values: number[]) => ({
 *   dtype: "F32" as const,
 *   shape: [values.length, 1],
 *   data: Float32Array.from(values),
 * });
 * const lora = await readLora(memoryWeights({
 *   "proj_out.lora_A.weight": array(1),
 *   "proj_out.lora_B.weight": array(1, 2),
 *   "proj_out.lora_magnitude_vector": array(8, 8),
 * }));
 * const weightOf = () => Promise.resolve(Float32Array.of(1, 2)); // [2, 1]
 * const gains = await resolveGains(lora, { weightOf });
 * assert.deepEqual([...gains.get("proj_out")!], [4, 2]);
 * ```
 */
export async function resolveGains(
  lora: Pick<LoraFile, "layers">,
  options: ResolveGainsOptions,
): Promise<LoraGains> {
  const { layers } = lora;
  const { weightOf, scale = 1 } = options;
  const gains = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [key, update] of layers) {
    const { magnitude } = update;
    if (magnitude === undefined || gains.has(key)) continue;
    const { values, axis, manner } = magnitude;
    const together = magnitude.layers.length === 0 ? [key] : magnitude.layers;
    const factor = manner === "peft" ? scale : 1;
    const squares = new Float64Array(values.length);
    let missing = false;
    for (const layer of together) {
      const change = layers.get(layer);
      const weight = await weightOf(layer);
      if (weight === undefined) missing = true;
      else addSquares(squares, { weight, change, factor, axis });
    }
    if (missing) continue;
    const eps = manner === "lycoris" ? EPS : 0;
    const gain = values.map((m, i) => m / (Math.sqrt(squares[i]!) + eps));
    for (const layer of together) gains.set(layer, gain);
  }
  return gains;
}

/**
 * Reads the weights of layers as float32.
 *
 * @param source Weights of a transformer, quantised or not.
 * @returns What gives the weights of a layer by its path.
 *
 * @example Usage
 * ```ts
 * import { weightReader } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const data = Float32Array.of(1, 2);
 * const source = memoryWeights({
 *   "proj_out.weight": { dtype: "F32", shape: [2, 1], data },
 * });
 * assert.deepEqual(await weightReader(source)("proj_out"), data);
 * ```
 */
export function weightReader(
  source: WeightSource,
): (path: string) => Promise<Float32Array<ArrayBuffer> | undefined> {
  return async (path) => {
    const name = `${arrayStart(source, path)}.weight`;
    if (!source.has(name)) return undefined;
    const { dtype } = source.info(name);
    return widen(await source.read(name), dtype);
  };
}

function addSquares(
  squares: Float64Array,
  { weight, change, factor, axis }: {
    weight: Float32Array;
    change: LayerUpdate | undefined;
    factor: number;
    axis: "out" | "in";
  },
): void {
  const delta = change && formOf(change).dense(change);
  const into = axis === "in" ? squares.length : weight.length / squares.length;
  for (let at = 0; at < weight.length; at++) {
    const value = weight[at]! + factor * (delta?.[at] ?? 0);
    squares[axis === "in" ? at % into : Math.floor(at / into)]! += value *
      value;
  }
}
