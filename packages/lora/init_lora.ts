import type { Linear } from "@edit-transfer/tensor";
import { widened } from "./_matrix.ts";
import { kaimingUniform } from "./kaiming_uniform.ts";
import type { LoraFile } from "./lora_file.ts";
import { requireMatch, shapesOf } from "./match_lora.ts";
import { matchTargets } from "./match_targets.ts";
import { plainLayers } from "./plain_layers.ts";
import { TrainableLora } from "./trainable_lora.ts";

/** Options of {@linkcode initLora}. */
export interface InitLoraOptions {
  /** Rank r of every branch, 1 to the smaller width of its layer. */
  readonly rank: number;
  /**
   * Strength; B A is multiplied by alpha / r.
   *
   * @default {rank}
   */
  readonly alpha?: number | undefined;
  /**
   * Layers to train, see {@linkcode matchTargets}.
   *
   * @default {all}
   */
  readonly targets?: readonly (string | RegExp)[] | undefined;
  /** Seed of A, an integer >= 0. */
  readonly seed: number;
}

/**
 * Begins a LoRA: adds a branch to each target that changes nothing yet.
 *
 * `A ~ U(-1/√in, 1/√in)`, which is Kaiming's with a = √5, and `B = 0`, both
 * f32. The values of a layer depend on the seed and its path alone.
 *
 * Source: `LoraLayer.reset_lora_parameters` of huggingface/peft 0.21.2,
 * tuners/lora/layer.py; values are of a generator of our own.
 *
 * @param linears Layers of the model by path.
 * @param options See {@linkcode InitLoraOptions}.
 * @returns The LoRA, attached, owned by the caller.
 *
 * @throws {RangeError} If rank, alpha or seed is out of range, or a target
 * matches no layer.
 *
 * @example Usage
 * ```ts
 * import { initLora } from "@edit-transfer/lora";
 * import { Linear, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * const layer = new Linear(Tensor.from(device, [1, 2, 3, 4], { shape: [2, 2] }));
 * using x = Tensor.from(device, [1, -1], { shape: [1, 2] });
 * {
 *   using lora = initLora(new Map([["proj_out", layer]]), { rank: 1, seed: 42 });
 *   assert.deepEqual(lora.names, ["proj_out.lora_A.weight", "proj_out.lora_B.weight"]);
 *   using same = layer.forward(x);
 *   assert.deepEqual([...await same.data()], [-1, -1]);
 *
 *   lora.replace([
 *     Tensor.from(device, [1, 0], { shape: [1, 2] }),
 *     Tensor.from(device, [0, 10], { shape: [2, 1] }),
 *   ]);
 *   using changed = layer.forward(x);
 *   assert.deepEqual([...await changed.data()], [-1, 9]);
 * }
 * assert.equal(layer.branches.length, 0);
 * ```
 */
export function initLora(
  linears: ReadonlyMap<string, Linear>,
  options: InitLoraOptions,
): TrainableLora {
  const { rank, alpha = rank, targets, seed } = options;
  const paths = [...linears.keys()];
  const chosen = targets === undefined ? paths : matchTargets(paths, targets);
  if (chosen.length === 0) {
    throw new RangeError(
      "Cannot train LoRA as a layer must be a target: got no targets",
    );
  }
  checkOptions({ rank, alpha, seed });
  const layers = chosen.map((path) => ({ path, layer: linears.get(path)! }));
  for (const { path, layer: { weight: { shape } } } of layers) {
    const least = Math.min(...shape);
    if (rank <= least) continue;
    throw new RangeError(
      `Cannot train LoRA as its rank must be at most the smaller width of "${path}", ${least}: got ${rank}`,
    );
  }
  return new TrainableLora(layers.map(({ path, layer }) => {
    const [out, into] = layer.weight.shape as [number, number];
    const A = kaimingUniform([rank, into], { seed, name: path });
    const B = new Float32Array(out * rank);
    return { path, layer, rank, alpha, A, B };
  }));
}

/**
 * Takes up the training of a LoRA: adds its branches as f32.
 *
 * @param linears Layers of the model by path.
 * @param file LoRA, from {@linkcode readLora}; all layers must be in the model.
 * @returns The LoRA, attached, owned by the caller.
 *
 * @throws {LoraError} If a layer is missing or of another width, or has more
 * than A and B.
 *
 * @example Usage
 * ```ts
 * import { initLora, resumeLora } from "@edit-transfer/lora";
 * import { Linear, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * const layer = new Linear(Tensor.from(device, [1, 2, 3, 4], { shape: [2, 2] }));
 * const layers = new Map([["proj_out", layer]]);
 * using first = initLora(layers, { rank: 1, seed: 42 });
 * const saved = await first.download();
 * first.dispose();
 *
 * using second = resumeLora(layers, { path: "lora.safetensors", ...saved });
 * assert.deepEqual(await second.download(), saved);
 * second.dispose();
 * ```
 */
export function resumeLora(
  linears: ReadonlyMap<string, Linear>,
  file: Pick<LoraFile, "path" | "layers">,
): TrainableLora {
  requireMatch(shapesOf(linears), {
    file,
    verb: "attach",
    allowUnmatched: false,
  });
  const plain = plainLayers(file);
  const paths = [...linears.keys()].filter((path) => plain.has(path));
  return new TrainableLora(paths.map((path) => {
    const { A, B, scaling } = plain.get(path)!;
    const rank = A.shape[0];
    return {
      path,
      layer: linears.get(path)!,
      rank,
      alpha: scaling * rank,
      A: widened(A).data as Float32Array,
      B: widened(B).data as Float32Array,
    };
  }));
}

function checkOptions({ rank, alpha, seed }: {
  readonly rank: number;
  alpha: number;
  readonly seed: number;
}): void {
  if (!Number.isSafeInteger(rank) || rank < 1) {
    throw new RangeError(
      `Cannot train LoRA as its rank must be an integer >= 1: got ${rank}`,
    );
  }
  if (!(alpha > 0 && alpha < Infinity)) {
    throw new RangeError(
      `Cannot train LoRA as alpha must be a number > 0: got ${alpha}`,
    );
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `Cannot train LoRA as its seed must be an integer >= 0: got ${seed}`,
    );
  }
}
