import {
  type Device,
  keep,
  type Linear,
  type LowRankBranch,
  Tensor,
} from "@edit-transfer/tensor";
import { widened } from "./_matrix.ts";
import type { UnmatchedLora } from "./lora_error.ts";
import type { LoraFile, LoraMatrix, LoraPair } from "./lora_file.ts";
import { requireMatch, shapesOf } from "./match_lora.ts";

/** Options of {@linkcode attachLora}. */
export interface AttachLoraOptions {
  /**
   * Factor of the whole LoRA; 1 uses it as trained, 0 not at all.
   *
   * @default {1}
   */
  readonly scale?: number | undefined;
  /**
   * Device the branches run on.
   *
   * @default {the device of each layer}
   */
  readonly device?: Device | undefined;
  /**
   * Leaves out layers that the model does not have, instead of throwing; one
   * layer at least has to match.
   *
   * @default {false}
   */
  readonly allowUnmatched?: boolean | undefined;
}

/** A LoRA that is in use, until it is detached. */
export interface AttachedLora extends Disposable {
  /** Layers that have a branch of it. */
  readonly matched: number;
  /** Entries that were left out. */
  readonly unmatched: readonly UnmatchedLora[];
  /** Takes the branches away and frees them; a second call does nothing. */
  detach(): void;
}

/**
 * Adds the branches of a LoRA to the layers of a model.
 *
 * `y = W x + s · scaling · B (A x)`, beside the branches that are there: several
 * LoRAs add up. The weights of the model are not changed. Nothing is added if
 * anything does not fit.
 *
 * Source: Hu et al. 2021, https://arxiv.org/abs/2106.09685, section 4.1.
 *
 * @param linears Layers of the model by path.
 * @param file LoRA, from {@linkcode readLora}.
 * @param options See {@linkcode AttachLoraOptions}.
 * @returns A handle that detaches it, owned by the caller.
 *
 * @throws {LoraError} If a layer is missing or of another width.
 * @throws {RangeError} If the scale is not finite.
 *
 * @example Usage
 * ```ts
 * import { attachLora, readLora } from "@edit-transfer/lora";
 * import { Linear, openDevice, Tensor } from "@edit-transfer/tensor";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const one = (value: number) => ({
 *   dtype: "F32" as const,
 *   shape: [1, 1],
 *   data: Float32Array.of(value),
 * });
 * const file = await readLora(memoryWeights({
 *   "transformer.proj_out.lora_A.weight": one(2),
 *   "transformer.proj_out.lora_B.weight": one(3),
 * }));
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1], { shape: [1, 1] });
 * const layer = new Linear(Tensor.from(device, [10], { shape: [1, 1] }));
 * using lora = attachLora(new Map([["proj_out", layer]]), file, { scale: 0.5 });
 *
 * using y = layer.forward(x); // 10 + 0.5 · 3 · 2
 * assert.deepEqual([...await y.data()], [13]);
 * assert.equal(lora.matched, 1);
 * lora.detach();
 * assert.equal(layer.branches.length, 0);
 * ```
 */
export function attachLora(
  linears: ReadonlyMap<string, Linear>,
  file: LoraFile,
  options: AttachLoraOptions = {},
): AttachedLora {
  const { scale = 1, allowUnmatched = false } = options;
  if (!Number.isFinite(scale)) {
    throw new RangeError(
      `Cannot attach LoRA as its scale must be finite: got ${scale}`,
    );
  }
  const { matched, unmatched } = requireMatch(shapesOf(linears), {
    file,
    verb: "attach",
    allowUnmatched,
  });

  const added: { layer: Linear; branch: LowRankBranch<Tensor> }[] = [];
  const detach = () => {
    for (const { layer, branch } of added.splice(0)) {
      const index = layer.branches.indexOf(branch);
      if (index !== -1) layer.branches.splice(index, 1);
      branch.A.dispose();
      branch.B.dispose();
    }
  };
  try {
    for (const [path, pair] of scale === 0 ? [] : file.pairs) {
      const layer = linears.get(path);
      if (layer === undefined) continue;
      const device = options.device ?? layer.weight.device;
      const branch = upload(pair, { device, layer, scale });
      layer.branches.push(branch);
      added.push({ layer, branch });
    }
  } catch (error) {
    detach(); // out of memory half way
    throw error;
  }
  return {
    matched: matched.length,
    unmatched,
    detach,
    [Symbol.dispose]: detach,
  };
}

/** Uploads a pair as a branch; as f32 where the layer's own weight is that. */
function upload(
  { A, B, scaling }: LoraPair,
  options: { device: Device; layer: Linear; scale: number },
): LowRankBranch<Tensor> {
  const { device, layer, scale } = options;
  const wide = layer.weight.dtype === "f32";
  const down = tensor(device, wide ? widened(A) : A);
  try {
    const up = tensor(device, wide ? widened(B) : B);
    return { A: down, B: up, scale: scale * scaling };
  } catch (error) {
    down.dispose();
    throw error;
  }
}

const DTYPES = { F32: "f32", F16: "f16", BF16: "bf16" } as const;

function tensor(device: Device, { dtype, shape, data }: LoraMatrix): Tensor {
  return keep(Tensor.from(device, data, { shape, dtype: DTYPES[dtype] }));
}
